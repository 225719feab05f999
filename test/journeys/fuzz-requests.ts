import fc from 'fast-check';

/** A request exactly as it goes out. */
export interface Wild {
  method: string;
  /** Path and query, not touched any more. */
  path: string;
  headers: Record<string, string | string[]>;
  body?: Buffer;
}

type Gen = fc.GeneratorValue;
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

const LONG = 'a'.repeat(300_000);
const NASTY_TEXTS = [
  "'; DROP TABLE tenants; --", '" OR 1=1 --', '__proto__', 'constructor', 'toString', '\u0000', 'a\u0000b', '\ud800', '\udfff\ud800', '😀👩‍👩‍👧', '\u202Eabc',
  'é'.repeat(101), '1e999', '-1', '0', '00001', '0x10', '1.5', ' 7 ', '', ' ', 'null', 'undefined', 'NaN', 'true', '<script>alert(1)</script>', '${7*7}', '{{7*7}}',
  '../../etc/passwd', '%00', '%', '2147483648', '9223372036854775808', '99999999999999999999999', '٣', '１２', '\r\nX-Injected: 1', '2024-02-30', '0000-00-00',
  '2024-01-01T00:00:00Z', '+275760-09-13', 'x@y', 'a@b.c', "a'b@c.d", '25:61', LONG,
];
const NASTY_VALUES: unknown[] = [
  null, true, false, 0, -0, -1, 1.5, 1e21, 2 ** 31, 2 ** 53, -(2 ** 31), Number.MIN_VALUE, [], {}, [[]], [null], [{}], { length: 5 }, { toString: 1 },
  Array.from({ length: 2000 }, (_, n) => n), Object.fromEntries([['__proto__', { rol: 'admin' }]]), { constructor: { prototype: { rol: 'admin' } } },
];
/** What JSON.stringify would not write; put into the text afterwards. */
const RAW_JSON = { '@huge@': '1e999', '@tiny@': '-1e-999', '@exact@': '12345678901234567890.123456789', '@deep@': `${'['.repeat(3000)}${']'.repeat(3000)}`, '@half@': '"\\ud83d"', '@nul@': '"\\u0000"' };
const NASTY_SEGMENTS = [
  '%', '%zz', '%00', '%2e%2e%2f', '%c0%af', '%ff', '%ed%a0%80', '..', '.', '~', '*', '-1', '0', '1e3', '1.0', '007', '2147483648', '9'.repeat(30), '1%20', '%31', 'null',
  "1'--", '1;DROP%20TABLE%20x', '1%00', '%F0%9F%98%80', '{id}', ':id', '[]', 'a'.repeat(3000), '1,2', '1?', '0x1', '+1', '1%2F2', '__proto__', 'constructor',
];
const METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', 'PROPFIND', 'LOCK', 'SEARCH', 'QUERY', 'PURGE', 'M-SEARCH'];

const one = <T>(g: Gen, values: readonly T[]): T => values[g(fc.nat, { max: values.length - 1 })] as T;
const chance = (g: Gen, percent: number): boolean => g(fc.nat, { max: 99 }) < percent;
const nastyText = (g: Gen): string => (chance(g, 80) ? one(g, NASTY_TEXTS) : g(fc.string, { unit: 'binary', maxLength: 30 }));
const nastyValue = (g: Gen): unknown => {
  const kind = g(fc.nat, { max: 9 });
  if (kind < 4) return nastyText(g);
  if (kind < 7) return one(g, NASTY_VALUES);
  if (kind < 9) return one(g, Object.keys(RAW_JSON));
  return g(fc.jsonValue, { maxDepth: 3 });
};

/** Requests of all sorts against everything the document has, and some against what it has not. */
export function wildRequests(document: Document, known: Known): fc.Arbitrary<Wild> {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return fc.gen().map((g) => {
    if (chance(g, 6)) return nowhere(g, known, operations.map(({ path }) => path));
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
    return (wild && chance(g, 40)) || values.length === 0 ? one(g, NASTY_SEGMENTS) : encodeURIComponent(String(one(g, values)));
  });
  if (!wild || !chance(g, 10)) return path;
  return one(g, [`${path}/`, `/${path}`, path.toUpperCase(), path.replace('/', '//'), `${path}%20`, `${path}.json`, path.replaceAll('a', '%61'), `${path};x=1`]);
}

/** For a query string: what can be encoded, encoded; what cannot, as bytes that are no UTF-8. */
const encode = (text: string): string => encodeURIComponent(text.slice(0, 3000).toWellFormed());

function queryOf(g: Gen, { parameters = [] }: Operation, wild: boolean): string {
  const plain = parameters.filter((parameter) => parameter.in === 'query').flatMap(({ name, schema }) => {
    if (!chance(g, 60)) return [];
    const valid = schema?.enum ?? (schema?.format === 'date' ? ['2024-01-01', '2024-12-31'] : schema?.type === 'string' ? ['pedido.creado', '2024-01-01'] : [1, 5, -34.6]);
    const text = wild && chance(g, 60) ? nastyText(g) : String(one(g, valid));
    return [`${encode(name)}=${encode(text)}`];
  });
  if (wild && chance(g, 15)) {
    plain.push(one(g, ['__proto__=1', 'page=1&page=2', 'page[]=1', 'page[a]=1', 'lat[lat]=1', '%=%', '=', '&&&', 'a'.repeat(4000), '%ff=%fe', 'size=%00', 'page', 'desde=%zz', 'constructor[prototype]=x']));
  }
  return plain.length === 0 ? '' : `?${plain.join('&')}`;
}

function headersOf(g: Gen, { tokens }: Known, wild: boolean): Wild['headers'] {
  const token = `Bearer ${one(g, [tokens.admin, tokens.admin, tokens.admin, tokens.operator])}`;
  const headers: Wild['headers'] = {};
  const authorization = wild && chance(g, 12) ? one(g, [undefined, '', 'Bearer', 'Bearer ', `Basic ${tokens.admin}`, `${token}x`, token.toLowerCase(), 'Bearer a.b.c', `Bearer ${'é'.repeat(50)}`, `Bearer ${'x'.repeat(6000)}`]) : token;
  if (authorization !== undefined) headers['authorization'] = authorization;
  if (!wild || !chance(g, 20)) return headers;
  const odd: Array<[string, string | string[]]> = [
    ['x-tenant-id', one(g, ['1', '-1', 'NaN', "1'--"])], ['accept', one(g, ['text/html', 'image/*', '', 'application/xml;q=1'])], ['origin', one(g, ['null', 'https://evil.example', 'é'])],
    ['if-none-match', one(g, ['*', '"x"', 'W/"'])], ['range', 'bytes=0-1,5-'], ['x-http-method-override', 'DELETE'], ['x-forwarded-for', one(g, ['::', "'", '1.2.3.4, 5.6.7.8'])],
    ['x-topic', one(g, ['pedido.creado', '__proto__', 'é', 'x'.repeat(5000), ' '])], ['x-hub-notification-id', one(g, ['x', 'y'.repeat(5000)])], ['accept-encoding', 'br;q=0, *'],
    ['cookie', one(g, ['a', '__Host-x=;;=', `s=${'x'.repeat(3000)}`])], ['expect', '100-continue'], ['host', one(g, ['', 'a b', '[::1', 'evil.example:99999'])], ['content-language', 'xx'], ['accept-language', 'é'],
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

function contentOf(g: Gen, { requestBody }: Operation, place: Place, wild: boolean): Pick<Wild, 'headers' | 'body'> | undefined {
  if (requestBody === undefined) return wild && chance(g, 5) ? json(JSON.stringify(nastyValue(g)) ?? '') : undefined;
  const [type, { schema = {} }] = one(g, Object.entries(requestBody.content));
  const value = valueOf(g, schema, '', place, wild ? one(g, [0, 12, 12, 40]) : 0);
  if (type === 'multipart/form-data') return multipartOf(g, (value ?? {}) as Record<string, unknown>, wild);
  const text = textOf(value);
  if (!wild || chance(g, 70)) return json(text);
  const half = text.slice(0, g(fc.nat, { max: text.length }));
  const broken: Array<() => Pick<Wild, 'headers' | 'body'> | undefined> = [
    () => json(half), () => json(''), () => undefined, () => json(`\ufeff${text}`), () => json(`${text},`), () => json(duplicated(text, textOf(nastyValue(g)))),
    () => json(text, 'text/plain'), () => json(text, 'application/xml'), () => json(text, 'application/json; charset=utf-7'), () => json(text, 'application/x-www-form-urlencoded'),
    () => json(text, 'multipart/form-data'), () => json(text, 'multipart/form-data; boundary='), () => json(text, ''), () => json(text, 'a/b/c;;'), () => json(text, `application/json;${'x'.repeat(2000)}`),
    () => ({ headers: { 'content-type': 'application/json', 'content-encoding': one(g, ['gzip', 'br', 'zstd', 'x', 'deflate, gzip']) }, body: Buffer.from(text) }),
    () => ({ headers: { 'content-type': 'application/json' }, body: Buffer.from([0xff, 0xfe, 0x00, 0x7b, 0xc3, 0x28]) }), () => json(textOf(nastyValue(g))), () => json(`"${LONG}${LONG}${LONG}${LONG}"`),
  ];
  return one(g, broken)();
}

const json = (text: string, type = 'application/json'): Pick<Wild, 'headers' | 'body'> => ({ headers: { 'content-type': type }, body: Buffer.from(text) });

const textOf = (value: unknown): string =>
  Object.entries(RAW_JSON).reduce((text, [mark, raw]) => text.replaceAll(`"${mark}"`, raw), JSON.stringify(value) ?? 'null');

/** The first member once more, with another value. */
const duplicated = (text: string, value: string): string => text.replace(/^\{("(?:[^"\\]|\\.)*"):/, (_all, key: string) => `{${key}:${value},${key}:`);

/** A value that fits the schema, but for what is spoiled: each place with that probability. */
function valueOf(g: Gen, schema: Schema, name: string, place: Place, spoil: number): unknown {
  if (spoil > 0 && name !== '' && chance(g, spoil)) return nastyValue(g);
  const found = place.known.values(name, place.method, place.path);
  if (found.length > 0 && chance(g, 85)) return schema.type === 'array' ? [one(g, found)] : one(g, found);
  if (schema.$ref) return valueOf(g, place.document.components?.schemas?.[schema.$ref.split('/').at(-1) as string] ?? {}, '', place, spoil);
  const choice = schema.anyOf ?? schema.oneOf;
  if (choice) return valueOf(g, one(g, choice), '', place, spoil);
  if (schema.const !== undefined) return schema.const;
  if (schema.enum) return one(g, schema.enum);
  switch ([schema.type].flat()[0]) {
    case 'object': return objectOf(g, schema, place, spoil);
    case 'array': return Array.from({ length: 1 + g(fc.nat, { max: 2 }) }, () => valueOf(g, schema.items ?? {}, '', place, spoil));
    case 'integer': return g(fc.integer, { min: 1, max: Math.min(schema.maximum ?? 100, 100) });
    case 'number': return g(fc.integer, { min: 1, max: 9999 }) / 100;
    case 'boolean': return chance(g, 50);
    case 'null': return null;
    case 'string': return schema.format?.startsWith('date') ? one(g, ['2024-01-01', '2030-12-31']) : `texto ${g(fc.nat, { max: 999 })}`;
    default: return nastyValue(g);
  }
}

function objectOf(g: Gen, { properties = {}, required = [] }: Schema, place: Place, spoil: number): Record<string, unknown> {
  const members = Object.entries(properties)
    .filter(([name]) => (required.includes(name) ? !chance(g, spoil / 4) : chance(g, 60)))
    .map(([name, schema]): [string, unknown] => [name, valueOf(g, schema, name, place, spoil)]);
  if (spoil > 0 && chance(g, spoil)) members.push([nastyText(g).slice(0, 300), nastyValue(g)]);
  return Object.fromEntries(members);
}

const PIXEL = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const CSV = 'nombre_producto,descripcion,precio,categoria_id\nPizza,"con ""queso""",10.5,\n';

function multipartOf(g: Gen, fields: Record<string, unknown>, wild: boolean): Pick<Wild, 'headers' | 'body'> {
  const boundary = wild && chance(g, 8) ? one(g, ['', '"', 'a b', 'é', 'x'.repeat(100), '--']) : 'limite';
  const parts = Object.entries(fields).flatMap(([name, value]) => (['imagenes', 'file'].includes(name) ? [] : [part(name, Buffer.from(typeof value === 'string' ? value : (JSON.stringify(value) ?? '')))]));
  const file = 'file' in fields ? csvPart(g, wild) : chance(g, 40) ? picturePart(g, wild) : undefined;
  if (file) parts.push(file);
  if (wild && chance(g, 15)) parts.push(part(one(g, ['__proto__', 'a[b][c]', 'x'.repeat(300), '', 'precio', 'imagenes']), Buffer.from(nastyText(g).slice(0, 70_000))));
  if (wild && chance(g, 5)) parts.push(...Array.from({ length: 60 }, (_, n) => part(`f${n}`, Buffer.from('x'))));
  const marker = Buffer.from(`--${boundary || 'limite'}`);
  const whole = Buffer.concat([...parts.flatMap((bytes) => [marker, Buffer.from('\r\n'), bytes, Buffer.from('\r\n')]), marker, Buffer.from('--\r\n')]);
  const body = wild && chance(g, 15) ? whole.subarray(0, g(fc.nat, { max: whole.length })) : whole;
  return { headers: { 'content-type': `multipart/form-data; boundary=${boundary}` }, body };
}

const part = (name: string, bytes: Buffer, more = ''): Buffer => Buffer.concat([Buffer.from(`Content-Disposition: form-data; name="${name}"${more}\r\n\r\n`), bytes]);
const filePart = (name: string, file: string, type: string, bytes: Buffer): Buffer =>
  part(name, bytes, `; filename="${file}"\r\nContent-Type: ${type}`);

function picturePart(g: Gen, wild: boolean): Buffer {
  if (!wild || chance(g, 40)) return filePart('imagenes', 'p.png', 'image/png', PIXEL);
  const bytes = one(g, [PIXEL, PIXEL.subarray(0, 20), Buffer.from('<svg onload=alert(1)>'), Buffer.alloc(0), Buffer.alloc(200_000, 0xff), Buffer.from('ffd8ff', 'hex')]);
  return filePart(one(g, ['imagenes', 'imagenes', 'imagen']), one(g, ['p.png', '../../x', '', 'é😀.png', 'a\u0000.png', 'x'.repeat(500)]), one(g, ['image/png', 'text/html', '', 'image/png; charset=x']), bytes);
}

function csvPart(g: Gen, wild: boolean): Buffer {
  if (!wild || chance(g, 30)) return filePart('file', 'p.csv', 'text/csv', Buffer.from(CSV));
  const header = CSV.split('\n')[0] as string;
  const row = () => [nastyText(g), nastyText(g), one(g, ['1', '-1', '1e999', '1,5', nastyText(g)]), one(g, ['', '1', 'x', '99999999999'])].map((cell) => (chance(g, 50) ? `"${cell.replaceAll('"', '""')}"` : cell)).join(',');
  const texts = [`${header}\n${row()}\n${row()}\n`, header, '', '\ufeff', '"', `${header}\n"`, `${header},${header}\n1,2,3,4,5,6,7,8\n`, 'a;b\n1;2', `${header}\r${row()}`, `${'x,'.repeat(5000)}\n`, '\u0000'.repeat(100)];
  const bytes = chance(g, 10) ? Buffer.from([0xff, 0xfe, 0x61, 0x00, 0xc3]) : Buffer.from(one(g, texts));
  return filePart(one(g, ['file', 'file', 'archivo']), one(g, ['p.csv', 'P.CSV', 'p.exe', '']), one(g, ['text/csv', 'application/csv', 'image/png']), bytes);
}
