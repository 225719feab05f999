import assert from 'node:assert/strict';
import fc from 'fast-check';
import { guardCell } from '../../../kernel/csv.ts';
import { AppError } from '../../../kernel/errors.ts';
import { decodeUtf8, MAX_ROWS, readCsv, writeCsv } from './csv.ts';

const refused = (message: RegExp) => (error: unknown) =>
  error instanceof AppError && error.status === 400 && message.test(error.message);

const anyText = fc.string({ unit: 'grapheme' });

describe('readCsv', () => {
  it('says on which line of the file each row begins', async () => {
    const text = 'a,b\r\n"x\r\ny",2\n\n3,"q ""w"""\r ,\n4,5';
    assert.deepEqual(await readCsv(text), [
      { fila: 1, cells: ['a', 'b'] },
      { fila: 2, cells: ['x\r\ny', '2'] },
      { fila: 5, cells: ['3', 'q "w"'] },
      { fila: 7, cells: ['4', '5'] },
    ]);
  });

  it('takes a quote in the middle of a cell for what it is', async () => {
    assert.deepEqual((await readCsv('Pizza 12" x,2\n'))[0]?.cells, ['Pizza 12" x', '2']);
  });

  it('refuses what has no end: an open quote, too many rows, blank lines without number', async () => {
    await assert.rejects(readCsv('a,b\n1,2\n"x,3\n4,5\n'), refused(/línea 3 .*comillas/));
    await assert.rejects(readCsv(`a,b\n"${'x'.repeat(200_000)}`), refused(/línea 2 .*larga/));
    await assert.rejects(readCsv('a,b\n' + '1,2\n'.repeat(MAX_ROWS + 1)), refused(/más de 5000 filas/));
    assert.equal((await readCsv('a,b\n' + '1,2\n'.repeat(MAX_ROWS))).length, MAX_ROWS + 1);
    await assert.rejects(readCsv('\n'.repeat(1_000_000)), refused(/vacías/));
  });

  it('lets others be served while it reads ten megabytes', async () => {
    let turns = 0;
    const timer = setInterval(() => (turns += 1), 1);
    await readCsv(`${'x'.repeat(60_000)}\n`.repeat(170));
    clearInterval(timer);
    assert.ok(turns > 20, `only ${turns} turns`);
  });

  it('lets others be served while it reads lines of nothing, which cost the most', async () => {
    let [turns, reading] = [0, true];
    const turn = () => {
      turns += 1;
      if (reading) setImmediate(turn);
    };
    turn();
    await readCsv('\n'.repeat(15_000));
    reading = false;
    assert.ok(turns > 10, `only ${turns} turns`);
  });

  it('keeps every character whole, wherever it stands in the file', async () => {
    const row = 'ñandú 😀🧀,1\n'; // of a length that moves it along through every place
    const rows = await readCsv(row.repeat(4000));
    assert.deepEqual(rows.filter(({ cells }) => cells[0] !== 'ñandú 😀🧀'), []);
  });

  it('reads back whatever was written', () =>
    fc.assert(
      fc.asyncProperty(fc.array(fc.tuple(anyText, anyText)), async (rows) => {
        const header = ['a', 'b']; // a spreadsheet's file has one, and so the mark of byte order is not a cell's
        const read = await readCsv(decodeUtf8(Buffer.from(writeCsv([header, ...rows]))));
        const wanted = rows.map((row) => row.map(guardCell)).filter((row) => row.some((cell) => cell.trim() !== ''));
        assert.deepEqual(read.slice(1).map(({ cells }) => cells), wanted);
      }),
    ));
});

describe('decodeUtf8', () => {
  it('takes the mark of byte order off and refuses other encodings', () => {
    assert.equal(decodeUtf8(Buffer.from('\ufeffñ')), 'ñ');
    for (const bytes of [Buffer.from('ñandú', 'latin1'), Buffer.from('\ufeffa', 'utf16le')]) {
      assert.throws(() => decodeUtf8(bytes), refused(/UTF-8/));
    }
  });
});
