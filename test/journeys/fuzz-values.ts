import fc from 'fast-check';

export type Gen = fc.GeneratorValue;

export const LONG = 'a'.repeat(300_000);
export const NASTY_TEXTS = [
  "'; DROP TABLE tenants; --",
  '" OR 1=1 --',
  '__proto__',
  'constructor',
  'toString',
  '\u0000',
  'a\u0000b',
  '\ud800',
  '\udfff\ud800',
  '😀👩‍👩‍👧',
  '\u202Eabc',
  'é'.repeat(101),
  '1e999',
  '-1',
  '0',
  '00001',
  '0x10',
  '1.5',
  ' 7 ',
  '',
  ' ',
  'null',
  'undefined',
  'NaN',
  'true',
  '<script>alert(1)</script>',
  '${7*7}',
  '{{7*7}}',
  '../../etc/passwd',
  '%00',
  '%',
  '2147483648',
  '9223372036854775808',
  '99999999999999999999999',
  '٣',
  '１２',
  '\r\nX-Injected: 1',
  '2024-02-30',
  '0000-00-00',
  '2024-01-01T00:00:00Z',
  '+275760-09-13',
  'x@y',
  'a@b.c',
  "a'b@c.d",
  '25:61',
  LONG,
];
export const NASTY_VALUES: unknown[] = [
  null,
  true,
  false,
  0,
  -0,
  -1,
  1.5,
  1e21,
  2 ** 31,
  2 ** 53,
  -(2 ** 31),
  Number.MIN_VALUE,
  [],
  {},
  [[]],
  [null],
  [{}],
  { length: 5 },
  { toString: 1 },
  Array.from({ length: 2000 }, (_, n) => n),
  Object.fromEntries([['__proto__', { rol: 'admin' }]]),
  { constructor: { prototype: { rol: 'admin' } } },
];
/** What JSON.stringify would not write; put into the text afterwards. */
export const RAW_JSON = {
  '@huge@': '1e999',
  '@tiny@': '-1e-999',
  '@exact@': '12345678901234567890.123456789',
  '@deep@': `${'['.repeat(3000)}${']'.repeat(3000)}`,
  '@half@': '"\\ud83d"',
  '@nul@': '"\\u0000"',
};
export const NASTY_SEGMENTS = [
  '%',
  '%zz',
  '%00',
  '%2e%2e%2f',
  '%c0%af',
  '%ff',
  '%ed%a0%80',
  '..',
  '.',
  '~',
  '*',
  '-1',
  '0',
  '1e3',
  '1.0',
  '007',
  '2147483648',
  '9'.repeat(30),
  '1%20',
  '%31',
  'null',
  "1'--",
  '1;DROP%20TABLE%20x',
  '1%00',
  '%F0%9F%98%80',
  '{id}',
  ':id',
  '[]',
  'a'.repeat(3000),
  '1,2',
  '1?',
  '0x1',
  '+1',
  '1%2F2',
  '__proto__',
  'constructor',
];
export const METHODS = [
  'GET',
  'HEAD',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'OPTIONS',
  'TRACE',
  'PROPFIND',
  'LOCK',
  'SEARCH',
  'QUERY',
  'PURGE',
  'M-SEARCH',
];

export const one = <T>(g: Gen, values: readonly T[]): T => values[g(fc.nat, { max: values.length - 1 })] as T;
export const chance = (g: Gen, percent: number): boolean => g(fc.nat, { max: 99 }) < percent;
export const nastyText = (g: Gen): string =>
  chance(g, 80) ? one(g, NASTY_TEXTS) : g(fc.string, { unit: 'binary', maxLength: 30 });
export const nastyValue = (g: Gen): unknown => {
  const kind = g(fc.nat, { max: 9 });
  if (kind < 4) return nastyText(g);
  if (kind < 7) return one(g, NASTY_VALUES);
  if (kind < 9) return one(g, Object.keys(RAW_JSON));
  return g(fc.jsonValue, { maxDepth: 3 });
};

export const textOf = (value: unknown): string =>
  Object.entries(RAW_JSON).reduce(
    (text, [mark, raw]) => text.replaceAll(`"${mark}"`, raw),
    JSON.stringify(value) ?? 'null',
  );
