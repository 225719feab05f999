import assert from 'node:assert/strict';
import { monthOf } from './panel-rules.ts';

describe('a month in the panel', () => {
  it('knows its days and its neighbours', () => {
    assert.deepEqual(monthOf('2024-02'), {
      mes: '2024-02',
      before: '2024-01',
      after: '2024-03',
      desde: '2024-02-01',
      hasta: '2024-02-29',
      days: 29,
    });
    assert.deepEqual(
      [monthOf('2023-12')?.after, monthOf('2024-01')?.before, monthOf('2023-12')?.days],
      ['2024-01', '2023-12', 31],
    );
  });

  it('takes nothing else', () => {
    for (const text of ['', '2024', '2024-13', '2024-00', '2024-1', '1999-01', '2024-01-01', "2024-01'"]) {
      assert.equal(monthOf(text), undefined, text);
    }
  });
});
