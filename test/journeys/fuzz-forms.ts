import fc from 'fast-check';
import { chance, nastyText, one, type Gen } from './fuzz-values.ts';

export interface Content {
  headers: Record<string, string>;
  body: Buffer;
}

const PIXEL = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  'base64',
);
const CSV = 'nombre_producto,descripcion,precio,categoria_id\nPizza,"con ""queso""",10.5,\n';

/** A form of these fields and perhaps a file, as it should be or, when `wild`, spoiled somewhere. */
export function multipartOf(g: Gen, fields: Record<string, unknown>, wild: boolean): Content {
  const boundary = wild && chance(g, 8) ? one(g, ['', '"', 'a b', 'é', 'x'.repeat(100), '--']) : 'limite';
  const parts = Object.entries(fields).flatMap(([name, value]) =>
    ['imagenes', 'file'].includes(name)
      ? []
      : [part(name, Buffer.from(typeof value === 'string' ? value : (JSON.stringify(value) ?? '')))],
  );
  const file = 'file' in fields ? csvPart(g, wild) : chance(g, 40) ? picturePart(g, wild) : undefined;
  if (file) parts.push(file);
  if (wild && chance(g, 15))
    parts.push(
      part(
        one(g, ['__proto__', 'a[b][c]', 'x'.repeat(300), '', 'precio', 'imagenes']),
        Buffer.from(nastyText(g).slice(0, 70_000)),
      ),
    );
  if (wild && chance(g, 5)) parts.push(...Array.from({ length: 60 }, (_, n) => part(`f${n}`, Buffer.from('x'))));
  const marker = Buffer.from(`--${boundary || 'limite'}`);
  const whole = Buffer.concat([
    ...parts.flatMap((bytes) => [marker, Buffer.from('\r\n'), bytes, Buffer.from('\r\n')]),
    marker,
    Buffer.from('--\r\n'),
  ]);
  const body = wild && chance(g, 15) ? whole.subarray(0, g(fc.nat, { max: whole.length })) : whole;
  return { headers: { 'content-type': `multipart/form-data; boundary=${boundary}` }, body };
}

const part = (name: string, bytes: Buffer, more = ''): Buffer =>
  Buffer.concat([Buffer.from(`Content-Disposition: form-data; name="${name}"${more}\r\n\r\n`), bytes]);
const filePart = (name: string, file: string, type: string, bytes: Buffer): Buffer =>
  part(name, bytes, `; filename="${file}"\r\nContent-Type: ${type}`);

function picturePart(g: Gen, wild: boolean): Buffer {
  if (!wild || chance(g, 40)) return filePart('imagenes', 'p.png', 'image/png', PIXEL);
  const bytes = one(g, [
    PIXEL,
    PIXEL.subarray(0, 20),
    Buffer.from('<svg onload=alert(1)>'),
    Buffer.alloc(0),
    Buffer.alloc(200_000, 0xff),
    Buffer.from('ffd8ff', 'hex'),
  ]);
  return filePart(
    one(g, ['imagenes', 'imagenes', 'imagen']),
    one(g, ['p.png', '../../x', '', 'é😀.png', 'a\u0000.png', 'x'.repeat(500)]),
    one(g, ['image/png', 'text/html', '', 'image/png; charset=x']),
    bytes,
  );
}

function csvPart(g: Gen, wild: boolean): Buffer {
  if (!wild || chance(g, 30)) return filePart('file', 'p.csv', 'text/csv', Buffer.from(CSV));
  const header = CSV.split('\n')[0] as string;
  const row = () =>
    [
      nastyText(g),
      nastyText(g),
      one(g, ['1', '-1', '1e999', '1,5', nastyText(g)]),
      one(g, ['', '1', 'x', '99999999999']),
    ]
      .map((cell) => (chance(g, 50) ? `"${cell.replaceAll('"', '""')}"` : cell))
      .join(',');
  const texts = [
    `${header}\n${row()}\n${row()}\n`,
    header,
    '',
    '\ufeff',
    '"',
    `${header}\n"`,
    `${header},${header}\n1,2,3,4,5,6,7,8\n`,
    'a;b\n1;2',
    `${header}\r${row()}`,
    `${'x,'.repeat(5000)}\n`,
    '\u0000'.repeat(100),
  ];
  const bytes = chance(g, 10) ? Buffer.from([0xff, 0xfe, 0x61, 0x00, 0xc3]) : Buffer.from(one(g, texts));
  return filePart(
    one(g, ['file', 'file', 'archivo']),
    one(g, ['p.csv', 'P.CSV', 'p.exe', '']),
    one(g, ['text/csv', 'application/csv', 'image/png']),
    bytes,
  );
}
