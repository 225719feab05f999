import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { Browser } from 'playwright-core';
import { describedService } from '../../scripts/docs/described.ts';
import type { AsyncApiDocument } from '../../src/events/asyncapi.ts';
import { sidesOf, type CatalogueEntry } from '../../src/events/catalogue.ts';
import { payloadOf } from '../../src/hub/dialects.ts';
import { openBrowser, watchPage } from '../support/browser.ts';
import { startTestService, type TestService } from '../support/service.ts';

const service = describedService();
const catalogue = service.catalogue();
const document = JSON.parse(JSON.stringify(service.asyncApi())) as AsyncApiDocument;
const messages = Object.entries(document.components.messages);

/** The document's own words for a side of a topic; a message of the hub's is in its wrapper there. */
const messagesOf = ({ topic, context }: CatalogueEntry, side: 'in' | 'out') =>
  messages.filter(([id, { name }]) => name === topic.name && id.startsWith(`${context}.${side}.`));

const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
ajv.addSchema({ $id: 'document', ...document });
const problemsIn = (id: string, payload: unknown): string =>
  ajv.validate({ $ref: `document#/components/messages/${id}/payload` }, payload) ? '' : ajv.errorsText();

describe('the AsyncAPI document', () => {
  it('is valid by AsyncAPI 3', async () => {
    const { diagnostics } = await new Parser().parse(JSON.stringify(document));
    const errors = diagnostics.filter(({ severity }) => severity === 0);
    assert.deepEqual(errors.map(({ message, path: at }) => `${at.join('.')}: ${message}`), []);
  });

  it('has an operation for each side of every topic, sorted by context', () => {
    const sides = catalogue.flatMap(({ topic, context }) => sidesOf(topic).map((side) => `${context} ${side} ${topic.name}`));
    const operations = Object.values(document.operations).map(({ action, messages: [message], tags }) => {
      const id = message.$ref.split('/').at(-1) as string;
      const [{ name: context }] = tags as [{ name: string }];
      return `${context} ${action === 'receive' ? 'in' : 'out'} ${document.components.messages[id]?.name}`;
    });
    assert.deepEqual(operations.sort(), sides.sort());
  });

  it('says how each message travels', () => {
    for (const { topic, context } of catalogue) {
      for (const [id] of sidesOf(topic).flatMap((side) => messagesOf({ topic, context } as CatalogueEntry, side))) {
        const channels = Object.values(document.channels).filter(({ messages: all }) => id in all);
        assert.equal(channels.length, 1, id);
        if (topic.amqp === undefined) continue;
        assert.equal(channels[0]?.['address'], topic.amqp.routingKey, id);
        const { amqp } = channels[0]?.['bindings'] as { amqp: { exchange: unknown } };
        assert.deepEqual(amqp.exchange, { name: topic.amqp.exchange, type: 'topic', durable: true, autoDelete: false }, id);
      }
    }
  });

  it('names every queue of ours', () => {
    const text = messages.map(([, { description }]) => String(description)).join('\n');
    for (const queue of service.queues()) assert.ok(text.includes(`\`${queue}\``), queue);
  });

  it('shows examples that its own schemas and zod take, which a parser does not look at', () => {
    for (const [id, { name, examples }] of messages) {
      const entry = catalogue.find(({ topic, context }) => topic.name === name && id.startsWith(`${context}.`)) as CatalogueEntry;
      for (const { payload } of examples) {
        assert.equal(problemsIn(id, payload), '', id);
        const inside = entry.topic.destination === 'hub' ? payloadOf(JSON.stringify(payload)) : payload;
        assert.ok(entry.topic.schema.safeParse(inside).success, id);
      }
    }
  });

  it("takes the partners' own messages", () => {
    const folder = path.join(import.meta.dirname, '../fixtures/contracts');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /(?<!\.schema)\.json$/.test(file));
    assert.ok(files.length > 30);
    for (const file of files) {
      const message = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as unknown;
      const sides = (['in', 'out'] as const).filter((side) => !/[/\\](in|out)[/\\]/.test(file) || file.includes(`${path.sep}${side}${path.sep}`));
      const entries = catalogue.filter(({ topic }) => topic.name === path.basename(file, '.json'));
      const known = entries.flatMap((entry) => sides.flatMap((side) => messagesOf(entry, side).map(([id]) => ({ id, entry }))));
      assert.ok(known.length > 0, `${file} is of no topic`);
      for (const { id, entry } of known) {
        assert.equal(problemsIn(id, message), '', `${file} as ${id}`);
        const inside = entry.topic.destination === 'hub' ? payloadOf(JSON.stringify(message)) : message;
        assert.ok(entry.topic.schema.safeParse(inside).success, file);
      }
    }
  });

  it('says what JSON Schema has no word for', () => {
    const { pedidoId, total } = (document.components.messages['marketplace.in.pedido.creado']?.payload.properties?.['payload']?.properties ?? {});
    assert.match(String(pedidoId?.description), /«está vacío»/);
    assert.match(JSON.stringify(total), /«tiene más de dos decimales»/);
  });

  it('points at nothing that is not there', () => {
    const references = [...JSON.stringify(document).matchAll(/"\$ref":"#\/([^"]+)"/g)].map(([, pointer]) => pointer as string);
    for (const pointer of new Set(references)) {
      const found = pointer.split('/').reduce<unknown>((node, step) => (node as Record<string, unknown> | undefined)?.[step], document);
      assert.ok(found, pointer);
    }
  });
});

describe('the pages about events', () => {
  let it_: TestService;
  before(async () => void (it_ = await startTestService({ settings: { ROLES: 'web' } })));
  after(() => it_.close());

  it('serve the very document that the docs print', async () => {
    assert.deepEqual(await (await fetch(`${it_.url}/docs/asyncapi.json`)).json(), document);
  });

  it('may evaluate code in the viewer alone; every other rule is that of all pages', async () => {
    const policyOf = async (at: string) => (await fetch(it_.url + at)).headers.get('content-security-policy') ?? '';
    const usual = await policyOf('/docs');
    assert.match(usual, /script-src 'self';/);
    assert.equal(await policyOf('/docs/events'), usual.replace("script-src 'self'", "script-src 'self' 'unsafe-eval'"));
    const others = ['/docs/asyncapi.json', '/docs/events/start.js', '/docs/events/viewer/nothing', '/docs/eventsx', '/panel', '/api/nowhere'];
    for (const at of others) assert.doesNotMatch(await policyOf(at), /unsafe-eval/, at);
  });

  describe('in a browser', () => {
    let browser: Browser;
    before(async function () {
      browser = await openBrowser(this);
    });
    after(() => browser?.close());

    it('show every topic, with nothing from elsewhere and nothing that the policy forbids, and lead to each other', async () => {
      const page = await browser.newPage();
      const { complaints, elsewhere } = watchPage(page, it_.url);
      await page.goto(`${it_.url}/docs`);
      await page.getByRole('link', { name: 'Eventos' }).click();
      await page.locator('#introduction').waitFor();
      const text = (await page.locator('#ui').textContent()) ?? '';
      for (const { topic } of catalogue) assert.ok(text.includes(topic.name), topic.name);
      assert.equal(await page.locator('#operations > ul > li').count(), Object.keys(document.operations).length);
      await page.getByRole('link', { name: 'REST' }).click();
      await page.locator('.opblock').first().waitFor();
      assert.deepEqual({ complaints, elsewhere }, { complaints: [], elsewhere: [] });
    });
  });
});
