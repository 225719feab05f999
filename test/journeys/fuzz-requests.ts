import fc from 'fast-check';
import { multipartOf, type Content } from './fuzz-forms.ts';
import { chance, LONG, METHODS, NASTY_SEGMENTS, nastyText, nastyValue, one, textOf, type Gen } from './fuzz-values.ts';

/** A request exactly as it goes out. */
export interface Wild {
  method: string;
  /** Path and query, not touched any more. */
  path: string;
  headers: Record<string, string | string[]>;
  body?: Buffer;
}

interface Schema {
  $ref?: string;
  type?: string | string[];
  enum?: unknown[];
  const?: unknown;
  anyOf?: Schema[];
  oneOf?: Schema[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  format?: string;
  maximum?: number;
}
interface Operation {
  parameters?: Array<{ name: string; in: string; schema?: Schema }>;
  requestBody?: { content: Record<string, { schema?: Schema }> };
}
export interface Document {
  paths: Record<string, Record<string, Operation>>;
  components?: { schemas?: Record<string, Schema> };
}

/** What is there to be found, so that some requests come far: values by the name of their parameter or member. */
export interface Known {
  tokens: { admin: string; operator: string };
  values(name: string, method: string, path: string): readonly unknown[];
}

/** Requests of all sorts against everything the document has, and some against what it has not. */
export function wildRequests(document: Document, known: Known): fc.Arbitrary<Wild> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return fc.gen().map((g) => {
    if (chance(g, 6))
      return nowhere(
        g,
        known,
        operations.map(({ path }) => path),
      );
    const { path, method, operation } = one(g, operations);
    const wild = !chance(g, 30);
    const content = contentOf(g, operation, { document, known, method, path }, wild);
    return {
      method,
      path: addressOf(g, path, method, known, wild) + queryOf(g, operation, wild),
      headers: { ...headersOf(g, known, wild), ...content?.headers },
      body: content?.body,
    };
  });
}

function nowhere(g: Gen, known: Known, paths: readonly string[]): Wild {
  const path = chance(g, 50)
    ? `/${Array.from({ length: g(fc.nat, { max: 4 }) }, () => one(g, ['api', 'docs', 'panel', 'callback', 'metrics', ...NASTY_SEGMENTS])).join('/')}`
    : addressOf(g, one(g, paths), 'GET', known, true);
  const body = chance(g, 30) ? Buffer.from(JSON.stringify(nastyValue(g)) ?? '') : undefined;
  return { method: one(g, METHODS), path, headers: headersOf(g, known, true), body };
}

function addressOf(g: Gen, template: string, method: string, known: Known, wild: boolean): string {
  const path = template.replace(/\{(\w+)\}/g, (_all, name: string) => {
    const values = known.values(name, method, template);
    return (wild && chance(g, 40)) || values.length === 0
      ? one(g, NASTY_SEGMENTS)
      : encodeURIComponent(String(one(g, values)));
  });
  if (!wild || !chance(g, 10)) return path;
  return one(g, [
    `${path}/`,
    `/${path}`,
    path.toUpperCase(),
    path.replace('/', '//'),
    `${path}%20`,
    `${path}.json`,
    path.replaceAll('a', '%61'),
    `${path};x=1`,
  ]);
}

/** For a query string: what can be encoded, encoded; what cannot, as bytes that are no UTF-8. */
const encode = (text: string): string => encodeURIComponent(text.slice(0, 3000).toWellFormed());

function queryOf(g: Gen, { parameters = [] }: Operation, wild: boolean): string {
  const plain = parameters
    .filter((parameter) => parameter.in === 'query')
    .flatMap(({ name, schema }) => {
      if (!chance(g, 60)) return [];
      const valid =
        schema?.enum ??
        (schema?.format === 'date'
          ? ['2024-01-01', '2024-12-31']
          : schema?.type === 'string'
            ? ['pedido.creado', '2024-01-01']
            : [1, 5, -34.6]);
      const text = wild && chance(g, 60) ? nastyText(g) : String(one(g, valid));
      return [`${encode(name)}=${encode(text)}`];
    });
  if (wild && chance(g, 15)) {
    plain.push(
      one(g, [
        '__proto__=1',
        'page=1&page=2',
        'page[]=1',
        'page[a]=1',
        'lat[lat]=1',
        '%=%',
        '=',
        '&&&',
        'a'.repeat(4000),
        '%ff=%fe',
        'size=%00',
        'page',
        'desde=%zz',
        'constructor[prototype]=x',
      ]),
    );
  }
  return plain.length === 0 ? '' : `?${plain.join('&')}`;
}

function headersOf(g: Gen, { tokens }: Known, wild: boolean): Wild['headers'] {
  const token = `Bearer ${one(g, [tokens.admin, tokens.admin, tokens.admin, tokens.operator])}`;
  const headers: Wild['headers'] = {};
  const authorization =
    wild && chance(g, 12)
      ? one(g, [
          undefined,
          '',
          'Bearer',
          'Bearer ',
          `Basic ${tokens.admin}`,
          `${token}x`,
          token.toLowerCase(),
          'Bearer a.b.c',
          `Bearer ${'é'.repeat(50)}`,
          `Bearer ${'x'.repeat(6000)}`,
        ])
      : token;
  if (authorization !== undefined) headers['authorization'] = authorization;
  if (!wild || !chance(g, 20)) return headers;
  const odd: Array<[string, string | string[]]> = [
    ['x-tenant-id', one(g, ['1', '-1', 'NaN', "1'--"])],
    ['accept', one(g, ['text/html', 'image/*', '', 'application/xml;q=1'])],
    ['origin', one(g, ['null', 'https://evil.example', 'é'])],
    ['if-none-match', one(g, ['*', '"x"', 'W/"'])],
    ['range', 'bytes=0-1,5-'],
    ['x-http-method-override', 'DELETE'],
    ['x-forwarded-for', one(g, ['::', "'", '1.2.3.4, 5.6.7.8'])],
    ['x-topic', one(g, ['pedido.creado', '__proto__', 'é', 'x'.repeat(5000), ' '])],
    ['x-hub-notification-id', one(g, ['x', 'y'.repeat(5000)])],
    ['accept-encoding', 'br;q=0, *'],
    ['cookie', one(g, ['a', '__Host-x=;;=', `s=${'x'.repeat(3000)}`])],
    ['expect', '100-continue'],
    ['host', one(g, ['', 'a b', '[::1', 'evil.example:99999'])],
    ['content-language', 'xx'],
    ['accept-language', 'é'],
  ];
  const [name, value] = one(g, odd);
  return { ...headers, [name]: value };
}

interface Place {
  document: Document;
  known: Known;
  method: string;
  path: string;
}

function contentOf(
  g: Gen,
  { requestBody }: Operation,
  place: Place,
  wild: boolean,
): Content | undefined {
  if (requestBody === undefined) return wild && chance(g, 5) ? json(JSON.stringify(nastyValue(g)) ?? '') : undefined;
  const [type, { schema = {} }] = one(g, Object.entries(requestBody.content));
  const value = valueOf(g, schema, '', place, wild ? one(g, [0, 12, 12, 40]) : 0);
  if (type === 'multipart/form-data') return multipartOf(g, (value ?? {}) as Record<string, unknown>, wild);
  const text = textOf(value);
  if (!wild || chance(g, 70)) return json(text);
  const half = text.slice(0, g(fc.nat, { max: text.length }));
  const broken: Array<() => Content | undefined> = [
    () => json(half),
    () => json(''),
    () => undefined,
    () => json(`\ufeff${text}`),
    () => json(`${text},`),
    () => json(duplicated(text, textOf(nastyValue(g)))),
    () => json(text, 'text/plain'),
    () => json(text, 'application/xml'),
    () => json(text, 'application/json; charset=utf-7'),
    () => json(text, 'application/x-www-form-urlencoded'),
    () => json(text, 'multipart/form-data'),
    () => json(text, 'multipart/form-data; boundary='),
    () => json(text, ''),
    () => json(text, 'a/b/c;;'),
    () => json(text, `application/json;${'x'.repeat(2000)}`),
    () => ({
      headers: {
        'content-type': 'application/json',
        'content-encoding': one(g, ['gzip', 'br', 'zstd', 'x', 'deflate, gzip']),
      },
      body: Buffer.from(text),
    }),
    () => ({
      headers: { 'content-type': 'application/json' },
      body: Buffer.from([0xff, 0xfe, 0x00, 0x7b, 0xc3, 0x28]),
    }),
    () => json(textOf(nastyValue(g))),
    () => json(`"${LONG}${LONG}${LONG}${LONG}"`),
  ];
  return one(g, broken)();
}

const json = (text: string, type = 'application/json'): Content => ({
  headers: { 'content-type': type },
  body: Buffer.from(text),
});

/** The first member once more, with another value. */
const duplicated = (text: string, value: string): string =>
  text.replace(/^\{("(?:[^"\\]|\\.)*"):/, (_all, key: string) => `{${key}:${value},${key}:`);

/** A value that fits the schema, but for what is spoiled: each place with that probability. */
function valueOf(g: Gen, schema: Schema, name: string, place: Place, spoil: number): unknown {
  if (spoil > 0 && name !== '' && chance(g, spoil)) return nastyValue(g);
  const found = place.known.values(name, place.method, place.path);
  if (found.length > 0 && chance(g, 85)) return schema.type === 'array' ? [one(g, found)] : one(g, found);
  if (schema.$ref)
    return valueOf(
      g,
      place.document.components?.schemas?.[schema.$ref.split('/').at(-1) as string] ?? {},
      '',
      place,
      spoil,
    );
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice) return valueOf(g, one(g, choice), '', place, spoil);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return one(g, schema.enum);
  switch ([schema.type].flat()[0]) {
    case 'object':
      return objectOf(g, schema, place, spoil);
    case 'array':
      return Array.from({ length: 1 + g(fc.nat, { max: 2 }) }, () => valueOf(g, schema.items ?? {}, '', place, spoil));
    case 'integer':
      return g(fc.integer, { min: 1, max: Math.min(schema.maximum ?? 100, 100) });
    case 'number':
      return g(fc.integer, { min: 1, max: 9999 }) / 100;
    case 'boolean':
      return chance(g, 50);
    case 'null':
      return null;
    case 'string':
      return schema.format?.startsWith('date')
        ? one(g, ['2024-01-01', '2030-12-31'])
        : `texto ${g(fc.nat, { max: 999 })}`;
    default:
      return nastyValue(g);
  }
}

function objectOf(
  g: Gen,
  { properties = {}, required = [] }: Schema,
  place: Place,
  spoil: number,
): Record<string, unknown> {
  const members = Object.entries(properties)
    .filter(([name]) => (required.includes(name) ? !chance(g, spoil / 4) : chance(g, 60)))
    .map(([name, schema]): [string, unknown] => [name, valueOf(g, schema, name, place, spoil)]);
  if (spoil > 0 && chance(g, spoil)) members.push([nastyText(g).slice(0, 300), nastyValue(g)]);
  return Object.fromEntries(members);
}
