import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { Parser } from '@asyncapi/parser';
import { Ajv } from 'ajv';
import addFormats from 'ajv-formats';
import type { Browser } from 'playwright-core';
import { describedService } from '../../scripts/docs/described.ts';
import { eventsPage } from '../../scripts/docs/events-page.ts';
import type { AsyncApiDocument, AsyncApiMessage } from '../../src/events/asyncapi.ts';
import { onTheWire, sidesOf, type CatalogueEntry } from '../../src/events/catalogue.ts';
import { payloadOf } from '../../src/hub/dialects.ts';
import { openBrowser, watchPage } from '../support/browser.ts';
import { startTestService, type TestService } from '../support/service.ts';

const service = describedService();
const catalogue = service.catalogue();
const document = JSON.parse(JSON.stringify(service.asyncApi())) as AsyncApiDocument;
/** The document's messages beside the topics they are of: it has them in the catalogue's order. */
const ids = Object.keys(document.components.messages);
const sides = catalogue.flatMap((entry) => sidesOf(entry.topic).map((side) => ({ entry, side })));
const messages = sides.map((one, index) => {
  const id = ids[index] ?? '';
  return { ...one, id, message: document.components.messages[id] as AsyncApiMessage };
});

/** As the schema of the topic sees it. */
const unwrapped = ({ topic }: CatalogueEntry, message: unknown) =>
  topic.destination === 'hub' ? payloadOf(JSON.stringify(message)) : message;

const ajv = new Ajv({ strict: false });
addFormats.default(ajv);
ajv.addSchema({ $id: 'document', ...document });
const problemsIn = (id: string, payload: unknown): string =>
  ajv.validate({ $ref: `document#/components/messages/${id}/payload` }, payload) ? '' : ajv.errorsText();

describe('the AsyncAPI document', () => {
  it('is valid by AsyncAPI 3', async () => {
    const { diagnostics } = await new Parser().parse(JSON.stringify(document));
    const errors = diagnostics.filter(({ severity }) => Number(severity) === 0); // Error, as the Language Server Protocol counts
    assert.deepEqual(errors.map(({ message, path: at }) => `${at.join('.')}: ${message}`), []);
  });

  it('has an operation for each side of every topic, sorted by context', () => {
    assert.equal(ids.length, messages.length);
    const operations = Object.values(document.operations).map(({ action, messages: [{ $ref }], tags }) => ({
      id: $ref.split('/').at(-1), action, tags,
    }));
    const expected = messages.map(({ id, side, entry }) => ({
      id, action: side === 'in' ? 'receive' : 'send', tags: [{ name: entry.context }],
    }));
    assert.deepEqual(operations, expected);
    for (const { message, entry } of messages) assert.equal(message.name, entry.topic.name);
  });

  it('says how each message travels', () => {
    for (const { id, entry: { topic } } of messages) {
      const channels = Object.values(document.channels).filter((channel) => id in channel.messages);
      assert.equal(channels.length, 1, id);
      if (topic.amqp === undefined) continue;
      assert.equal(channels[0]?.['address'], topic.amqp.routingKey, id);
      const { amqp } = channels[0]?.['bindings'] as { amqp: { exchange: unknown } };
      assert.deepEqual(amqp.exchange, { name: topic.amqp.exchange, type: 'topic', durable: true, autoDelete: false }, id);
    }
  });

  it('names every queue of ours', () => {
    const text = messages.map(({ message }) => String(message['description'])).join('\n');
    for (const queue of service.queues()) assert.ok(text.includes(`\`${queue}\``), queue);
  });

  it('shows examples that its own schemas and zod take, which a parser does not look at', () => {
    for (const { id, message, entry } of messages) {
      for (const { payload } of message.examples) {
        assert.equal(problemsIn(id, payload), '', id);
        assert.ok(entry.topic.schema.safeParse(unwrapped(entry, payload)).success, id);
      }
    }
  });

  it("takes the partners' own messages", () => {
    const folder = path.join(import.meta.dirname, '../fixtures/contracts');
    const files = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((file) => /(?<!\.schema)\.json$/.test(file));
    assert.ok(files.length > 30);
    for (const file of files) {
      const text = JSON.parse(readFileSync(path.join(folder, file), 'utf8')) as unknown;
      const [, side] = /[/\\](in|out)[/\\]/.exec(file) ?? [];
      const name = path.basename(file, '.json');
      const known = messages.filter((one) => one.entry.topic.name === name && (side === undefined || one.side === side));
      assert.ok(known.length > 0, `${file} is of no topic`);
      for (const { id, entry } of known) {
        assert.equal(problemsIn(id, text), '', `${file} as ${id}`);
        assert.ok(entry.topic.schema.safeParse(unwrapped(entry, text)).success, file);
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

describe('docs/events.md', () => {
  const page = eventsPage(catalogue);

  it('has every topic, in and out, with an example, and a table of contents that leads to each', () => {
    for (const { topic } of catalogue) {
      assert.ok(page.includes(`### ${topic.name}\n`), topic.name);
      for (const alias of topic.aliases) assert.ok(page.includes(`\`${alias}\``), alias);
      assert.ok(page.includes(JSON.stringify(onTheWire(topic, topic.example), null, 2)), `the example of ${topic.name}`);
    }
    const [anchors, links] = [/<a id="([^"]+)">/g, /\]\(#([^)]+)\) \|/g].map((each) => [...page.matchAll(each)].map(([, name]) => name));
    assert.deepEqual(anchors, links);
    assert.equal(new Set(anchors).size, catalogue.flatMap(({ topic }) => sidesOf(topic)).length);
  });

  it('says who publishes and takes a message, from which queue, and its keys', () => {
    const of = (context: string, name: string) => page.split(`<a id="${context}-`).find((part) => part.includes(`### ${name}\n`)) ?? '';
    const updated = of('ordering', 'inventory.stock.updated');
    assert.match(updated, /\| producer \| Inventory Service \|/);
    assert.match(updated, /\| consumers \| marketplace-service \(ordering, queue `order_inventory_consumer`\) \|/);
    assert.match(updated, /\| dedupe key \| `\{data\.movement_id\}` \|/);
    assert.match(updated, /\| ordering key \| `variante:\{organization_id\}:\{data\.variant_id\}` \|/);
    assert.match(of('ordering', 'order.placed'), /\| producer \| marketplace-service \(ordering\) \|/);
    assert.match(of('marketplace', 'iva.pedido'), /\| dedupe key \| none: each delivery is answered \|/);
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
      await page.goto(`${it_.url}/docs/events`);
      await page.locator('#introduction').waitFor();
      const text = (await page.locator('#ui').textContent()) ?? '';
      for (const { topic } of catalogue) assert.ok(text.includes(topic.name), topic.name);
      assert.equal(await page.locator('#operations > ul > li').count(), Object.keys(document.operations).length);
      await page.getByRole('link', { name: 'REST' }).click();
      await page.getByRole('link', { name: 'Eventos' }).waitFor();
      assert.deepEqual({ complaints, elsewhere }, { complaints: [], elsewhere: [] });
    });
  });
});
