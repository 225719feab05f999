import assert from 'node:assert/strict';
import { request } from 'node:http';
import { Validator } from '@seriousme/openapi-schema-validator';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Browser } from 'playwright-core';
import { describedService } from '../../scripts/docs/described.ts';
import { openBrowser, watchPage } from '../support/browser.ts';
import { startTestService, type TestService } from '../support/service.ts';

type Json = Record<string, unknown>;
interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security: unknown[];
  parameters?: Array<{ in: string; name: string; required?: boolean }>;
  requestBody?: { content: Record<string, { schema?: Json; example?: unknown }> };
  responses: Record<string, { description: string; content?: Record<string, { schema?: Json }> }>;
}

const service = describedService();
const document = JSON.parse(JSON.stringify(service.document())) as {
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Json };
};
const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
  Object.entries(methods).map(([method, operation]) => ({
    path,
    method,
    name: `${method.toUpperCase()} ${path}`,
    operation,
  })),
);
/** Served before Express, by the receiver. */
const isCallback = (path: string) => path === '/' || path.startsWith('/callback');

/** Where an object may have members that the schema does not name. */
function openObjects(schema: unknown, at: string, seen = new Set<unknown>()): string[] {
  if (typeof schema !== 'object' || schema === null || seen.has(schema)) return [];
  seen.add(schema);
  const { $ref, type, additionalProperties, properties, items, allOf, anyOf, oneOf } = schema as Json;
  if (typeof $ref === 'string') {
    const name = $ref.split('/').at(-1) as string;
    return openObjects(document.components.schemas[name], `${at} → ${name}`, seen);
  }
  const parts = [
    ...[allOf, anyOf, oneOf].flatMap((all) => (Array.isArray(all) ? (all as unknown[]) : [])),
    items,
    additionalProperties,
  ];
  const members = Object.entries((properties ?? {}) as Json);
  const open = type === 'object' && additionalProperties === undefined && allOf === undefined ? [at] : [];
  return [
    ...open,
    ...(Object.keys(schema).length === 0 ? [`${at} says nothing`] : []),
    ...parts.flatMap((part) => openObjects(part, at, seen)),
    ...members.flatMap(([name, member]) => openObjects(member, `${at}.${name}`, seen)),
  ];
}

describe('the OpenAPI document', () => {
  it('is valid by the meta-schema of OpenAPI 3.1', async () => {
    const result = await new Validator().validate(JSON.parse(JSON.stringify(document)) as Json);
    assert.ok(result.valid, JSON.stringify(result.errors, null, 2));
  });

  it('has schemas that a validator of JSON Schema 2020-12 takes', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'api', ...(document as unknown as Json) });
    const pointers = (value: unknown, at: string): string[] =>
      typeof value !== 'object' || value === null
        ? []
        : Object.entries(value).flatMap(([key, member]) => {
            const here = `${at}/${encodeURIComponent(key.replace(/~/g, '~0').replace(/\//g, '~1'))}`;
            if (key !== 'schema') return pointers(member, here);
            return Object.keys(member as Json).length === 0 ? [] : [here]; // {} is anything
          });
    for (const pointer of pointers(document.paths, 'api#/paths'))
      assert.doesNotThrow(() => ajv.compile({ $ref: pointer }), pointer);
  });

  it('names, sorts and guards every operation', () => {
    for (const { name, operation } of operations) {
      assert.ok(operation.summary?.trim(), `${name} has no summary`);
      assert.equal(operation.tags?.length, 1, `${name} belongs to one chapter`);
      assert.ok(Array.isArray(operation.security), `${name} does not say whether a token is needed`);
      assert.equal(
        '401' in operation.responses && !isCallback(name.split(' ')[1] as string),
        operation.security.length > 0 || /auth\/(login|refresh)/.test(name),
        `${name}: 401 and a token go together`,
      );
    }
    const ids = operations.map(({ operation }) => operation.operationId);
    assert.deepEqual(
      ids.filter((id, index) => ids.indexOf(id) !== index),
      [],
      'operationIds are unique',
    );
  });

  it('has no two templates that the same address fits equally well', () => {
    const shapes = Object.keys(document.paths).map((path) =>
      path
        .replace(/\{[^}]+\}/g, '{}')
        .toLowerCase()
        .replace(/\/+$/, ''),
    );
    assert.deepEqual(
      shapes.filter((shape, index) => shapes.indexOf(shape) !== index),
      [],
    );
  });

  it('declares exactly the parameters of its templates', () => {
    for (const { path, name, operation } of operations) {
      const inPath = [...path.matchAll(/\{([^}]+)\}/g)].map(([, parameter]) => parameter).sort();
      const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
      assert.deepEqual(declared.map((parameter) => parameter.name).sort(), inPath, name);
      assert.ok(
        declared.every(({ required }) => required),
        name,
      );
    }
  });

  it('says what every success looks like, and closes it', () => {
    const problems = operations.flatMap(({ name, operation }) =>
      Object.entries(operation.responses)
        .filter(([status]) => status.startsWith('2'))
        .flatMap(([status, { content }]) => openObjects(content?.['application/json']?.schema, `${name} ${status}`)),
    );
    assert.deepEqual(problems, []);
  });

  it('answers every failure of the REST interface as a problem', () => {
    for (const { name, path, operation } of operations) {
      if (isCallback(path) || path === '/readyz') continue;
      for (const [status, { content, description }] of Object.entries(operation.responses)) {
        if (status < '400') continue;
        const schema =
          content?.['application/problem+json']?.schema ??
          (path === '/api/status' ? content?.['application/json']?.schema : undefined);
        assert.ok(String(schema?.['$ref']).endsWith('/Problema'), `${name} ${status}`);
        assert.ok(description, `${name} ${status}`);
      }
    }
  });

  it('shows a body for everything that is made, and each fits its schema', () => {
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    ajv.addSchema({ $id: 'api', ...(document as unknown as Json) });
    const step = (part: string) => encodeURIComponent(part.replace(/~/g, '~0').replace(/\//g, '~1'));
    const without = operations.flatMap(({ name, path, method, operation }) => {
      const body = operation.requestBody?.content['application/json'];
      if (body === undefined) return [];
      if (body.example === undefined) return method === 'post' && '201' in operation.responses ? [name] : [];
      const pointer = ['paths', path, method, 'requestBody', 'content', 'application/json', 'schema']
        .map(step)
        .join('/');
      if (Object.keys(body.schema ?? {}).some((key) => key !== 'description')) {
        assert.ok(ajv.validate({ $ref: `api#/${pointer}` }, body.example), `${name}: ${ajv.errorsText()}`);
      }
      return [];
    });
    assert.deepEqual(
      without.filter((name) => name !== 'POST /api/tenants'),
      [],
      'POST /api/tenants is refused for everybody',
    );
  });
});

/** Also methods that fetch refuses to send. */
const send = (url: string, method: string, headers: Record<string, string> = {}) =>
  new Promise<{ status: number; allow: string[]; type: string; text: string }>((resolve, reject) => {
    const outgoing = request(url, { method, headers }, (res) => {
      let text = '';
      res.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
      res.on('end', () => {
        const allow = (res.headers.allow ?? '').split(', ').filter(Boolean).sort();
        resolve({ status: res.statusCode ?? 0, allow, type: res.headers['content-type'] ?? '', text });
      });
    });
    outgoing.on('error', reject).end();
  });

describe('the REST interface, beside its operations', () => {
  let it_: TestService;
  before(async () => void (it_ = await startTestService({ settings: { ROLES: 'web' } })));
  after(() => it_.close());

  const methodsOf = (path: string) => {
    const methods = Object.keys(document.paths[path] ?? {}).map((method) => method.toUpperCase());
    return [...new Set([...methods, ...(methods.includes('GET') ? ['HEAD'] : [])])].sort();
  };

  it('serves the very document that the docs print', async () => {
    const served = await (await fetch(`${it_.url}/docs/openapi.json`)).json();
    assert.deepEqual(served, JSON.parse(JSON.stringify(document)));
  });

  it('tells OPTIONS what an address takes, and refuses everything else with 405', async () => {
    for (const path of Object.keys(document.paths)) {
      const url = it_.url + path.replace(/\{[^}]+\}/g, '1');
      const taken = methodsOf(path);
      const options = await send(url, 'OPTIONS');
      assert.deepEqual([options.status, options.allow], [isCallback(path) ? 405 : 204, taken], `OPTIONS ${path}`);
      for (const method of ['DELETE', 'PUT', 'POST', 'TRACE', 'PROPFIND']) {
        if (taken.includes(method)) continue;
        const refused = await send(url, method);
        assert.deepEqual([refused.status, refused.allow], [405, taken], `${method} ${path}`);
        assert.match(refused.type, /json/, `${method} ${path}`);
        assert.equal((JSON.parse(refused.text) as Json)['success'], false, `${method} ${path}`);
      }
    }
  });

  it('answers HEAD as GET, without a body', async () => {
    for (const path of Object.keys(document.paths).filter((one) => 'get' in (document.paths[one] ?? {}))) {
      const url = it_.url + path.replace(/\{[^}]+\}/g, '1');
      const [get, head] = [await send(url, 'GET'), await send(url, 'HEAD')];
      assert.deepEqual([head.status, head.type, head.text], [get.status, get.type, ''], path);
    }
  });

  it('answers what nobody serves with a problem in Spanish', async () => {
    for (const path of [
      '/nowhere',
      '/api',
      '/api/nowhere',
      '/api/sellers/1/nowhere',
      '/docs/../../package.json',
      '/callback/nothing',
    ]) {
      const { status, type, text } = await send(it_.url + path, 'GET');
      assert.deepEqual([status, type.split(';')[0]], [404, 'application/problem+json'], path);
      assert.equal((JSON.parse(text) as Json)['message'], 'La dirección no existe.');
    }
  });
});

describe('the callback behind a token', () => {
  it('is described without telling the token, and other tokens are addresses that nobody serves', async () => {
    const token = 'unguessable-token-123';
    const it_ = await startTestService({ settings: { ROLES: 'web', CALLBACK_TOKEN: token } });
    try {
      const text = await (await fetch(`${it_.url}/docs/openapi.json`)).text();
      assert.ok(!text.includes(token) && text.includes('"/callback/{token}"'));
      assert.equal((await send(`${it_.url}/callback/${token}?topic=pedido.creado&challenge=x`, 'GET')).text, 'x');
      for (const [method, path] of [
        ['GET', '/callback/other'],
        ['POST', '/callback/other'],
        ['OPTIONS', '/callback/other'],
        ['GET', '/callback'],
        ['POST', '/'],
      ]) {
        assert.equal((await send(it_.url + (path as string), method as string)).status, 404, `${method} ${path}`);
      }
    } finally {
      await it_.close();
    }
  });
});

describe('the viewer at /docs', () => {
  let it_: TestService;
  let browser: Browser;
  before(async function () {
    browser = await openBrowser(this);
    it_ = await startTestService({ settings: { ROLES: 'web' } });
  });
  after(async () => {
    await browser?.close();
    await it_?.close();
  });

  it('shows every operation, with nothing from elsewhere and nothing that the policy forbids', async () => {
    const page = await browser.newPage();
    const { complaints, elsewhere } = watchPage(page, it_.url);
    await page.goto(`${it_.url}/docs`);
    await page.locator('.opblock').first().waitFor();
    assert.equal(await page.locator('.opblock').count(), operations.length);
    await page.getByText('Iniciar sesión', { exact: true }).click();
    await page.getByText('Request body').first().waitFor();
    assert.deepEqual({ complaints, elsewhere }, { complaints: [], elsewhere: [] });
  });
});
