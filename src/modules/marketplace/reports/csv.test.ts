import assert from 'node:assert/strict';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { csvLine, csvPesos, csvText } from './csv.ts';

describe('CSV as accountants open it', () => {
  const read = (text: string) => parse(text, { delimiter: ';', recordDelimiter: '\r\n' })[0] as string[];

  it('keeps every text, but for a quote before what would be a formula', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' }), { minLength: 2 }), (texts) => {
        const cells = read(csvLine(texts.map(csvText)));
        cells.forEach((cell, n) =>
          assert.equal(cell, /^'*[=+\-@\t\r\n＝＋－＠]/.test(texts[n] as string) ? `'${texts[n]}` : texts[n]),
        );
        for (const cell of cells) assert.doesNotMatch(cell, /^[=+\-@\t\r\n]/);
      }),
    );
  });

  it('quotes what is quoted and what separates', () => {
    assert.equal(
      csvLine([csvText('dice "hola"; y\r\nse va'), csvText('=1+1'), csvPesos(5)]),
      `"dice ""hola""; y\r\nse va";"'=1+1";0,05\r\n`,
    );
  });

  it('writes cents with a decimal comma, without thousands, to the cent up to the largest order', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 9e15 }), (cents) => {
        const digits = String(cents).padStart(3, '0');
        assert.equal(csvPesos(cents), `${digits.slice(0, -2)},${digits.slice(-2)}`);
      }),
    );
  });
});
