import assert from 'node:assert/strict';
import { isDay, pesosText, readRange } from './rules.ts';

describe('readRange', () => {
  const problem = (desde: string, hasta: string) => 'problem' in readRange(desde, hasta);

  it('reads days, and takes a moment as its day', () => {
    assert.deepEqual(readRange('2024-01-01', '2024-01-31'), { desde: '2024-01-01', hasta: '2024-01-31' });
    assert.deepEqual(readRange(' 2024-02-29T23:59:59Z ', '2024-02-29'), { desde: '2024-02-29', hasta: '2024-02-29' });
  });

  it('refuses what is no day of the calendar, and a range that ends before it begins', () => {
    for (const bad of [
      '',
      '2023-02-29',
      '2024-02-30',
      '2024-13-01',
      '2024-00-10',
      '2024-1-1',
      '01/02/2024',
      '0000-01-01',
      '2024-01-01x',
      'ayer',
      '20240101',
    ]) {
      assert.ok(problem(bad, '2024-12-31') && problem('2000-01-01', bad), bad);
    }
    assert.ok(problem('2024-02-01', '2024-01-31'));
    assert.match((readRange('x', '2024-01-31') as { problem: string }).problem, /fechaDesde/);
    assert.match((readRange('2024-01-31', 'x') as { problem: string }).problem, /fechaHasta/);
  });

  it('leaves an end open that is not given', () => {
    assert.deepEqual(readRange(undefined, null), { desde: '-infinity', hasta: 'infinity' });
    assert.deepEqual(readRange('2024-01-01', undefined), { desde: '2024-01-01', hasta: 'infinity' });
    assert.deepEqual(readRange(undefined, '2024-01-01'), { desde: '-infinity', hasta: '2024-01-01' });
    assert.ok('problem' in readRange(undefined, 'ayer') && 'problem' in readRange('', undefined));
  });
});

describe('isDay', () => {
  it('takes a day and nothing beside it', () => {
    assert.ok(isDay('2024-02-29'));
    for (const no of ['2023-02-29', '2024-02-29T00:00:00Z', ' 2024-02-29', '0000-01-01', '']) assert.ok(!isDay(no), no);
  });
});

describe('pesosText', () => {
  it('keeps the cents of any sum', () => {
    assert.deepEqual(
      [0, 5, 90150].map((cents) => pesosText(cents, '.')),
      ['0.00', '0.05', '901.50'],
    );
    assert.equal(pesosText(123_456_789_012_345_678_901n, ','), '1234567890123456789,01');
  });
});
