import assert from 'node:assert/strict';
import fc from 'fast-check';
import { guardCell, unguardCell } from './csv.ts';

describe('guardCell', () => {
  it('leaves no formula', () => {
    for (const text of ['=1+1', '+54', '-1', '@SUM(A1)', '\t=1', '\n=1', '＝1', "'=1"]) assert.match(guardCell(text), /^'/);
    for (const text of ['Pizza', "'t Hof", '', '1-1']) assert.equal(guardCell(text), text);
  });

  it('is undone to the letter', () => {
    const text = fc.oneof(fc.string(), fc.stringMatching(/^[='+@-]{0,4}[a-z]?$/));
    fc.assert(fc.property(text, (value) => assert.equal(unguardCell(guardCell(value)), value)));
  });
});
