import assert from 'node:assert/strict';
import fc from 'fast-check';
import { netOf, packParts, readRange, splitIva, type TaxedLine } from './rules.ts';

const cents = fc.oneof(fc.integer({ min: 0, max: 500 }), fc.integer({ min: 0, max: 9_000_000_000_000 }));
const rates = fc.constantFrom(0, 105, 210, 270);
const lines = fc.array(fc.record({ total: fc.integer({ min: 0, max: 100_000_000_000 }), rate: rates }), { minLength: 1, maxLength: 12 });
const sum = (all: readonly number[]) => all.reduce((a, b) => a + b, 0);

/** total / (1 + rate) rounded half up, by schoolbook division of digits: nothing shared with the code under test. */
function expectedNet(total: number, rate: number): number {
  const [whole, rest] = [(BigInt(total) * 1000n) / BigInt(1000 + rate), (BigInt(total) * 1000n) % BigInt(1000 + rate)];
  return Number(whole) + (rest * 2n >= BigInt(1000 + rate) ? 1 : 0);
}

describe('netOf', () => {
  it('agrees with the examples of the source document', () => {
    assert.deepEqual([netOf(90100, 210), netOf(100000, 210)], [74463, 82645]);
  });

  it('is total / (1 + rate), rounded half up to the cent', () => {
    fc.assert(fc.property(cents, rates, (total, rate) => assert.equal(netOf(total, rate), expectedNet(total, rate))));
  });
});

describe('splitIva', () => {
  it('splits one line at 21 %', () => {
    assert.deepEqual(splitIva([{ total: 90100, rate: 210 }]), {
      lines: [{ subtotal: 74463, iva: 15637, total: 90100 }],
      order: { subtotal: 74463, iva: 15637, total: 90100 },
    });
  });

  it('rounds once a rate, not once a line', () => {
    const three = [{ total: 10, rate: 210 }, { total: 10, rate: 210 }, { total: 10, rate: 210 }];
    const { order, lines: parts } = splitIva(three);
    assert.deepEqual(order, { subtotal: 25, iva: 5, total: 30 }); // 30 / 1.21 = 24.79; three times 8.26 would be 24
    assert.deepEqual(parts.map(({ subtotal }) => subtotal), [9, 8, 8]);
  });

  it('has nothing to split of nothing', () => {
    assert.deepEqual(splitIva([]), { lines: [], order: { subtotal: 0, iva: 0, total: 0 } });
    assert.deepEqual(splitIva([{ total: 0, rate: 210 }]).order, { subtotal: 0, iva: 0, total: 0 });
  });

  it('adds up: net + IVA is the total, lines are their order, each rate is rounded by itself', () => {
    fc.assert(
      fc.property(lines, (taxed: TaxedLine[]) => {
        const { lines: parts, order } = splitIva(taxed);
        assert.equal(parts.length, taxed.length);
        parts.forEach((part, index) => {
          assert.equal(part.total, taxed[index]?.total);
          assert.equal(part.subtotal + part.iva, part.total);
          assert.ok(part.subtotal >= 0 && part.iva >= 0, JSON.stringify(part));
        });
        assert.deepEqual(order, { subtotal: sum(parts.map((p) => p.subtotal)), iva: sum(parts.map((p) => p.iva)), total: sum(taxed.map((l) => l.total)) });
        for (const rate of new Set(taxed.map((line) => line.rate))) {
          const at = (index: number) => taxed[index]?.rate === rate;
          const net = sum(parts.filter((_, index) => at(index)).map((part) => part.subtotal));
          assert.equal(net, expectedNet(sum(taxed.filter((_, index) => at(index)).map((line) => line.total)), rate));
        }
      }),
    );
  });

  it('gives each line its exact share, to the cent', () => {
    fc.assert(
      fc.property(lines, (taxed: TaxedLine[]) => {
        splitIva(taxed).lines.forEach(({ subtotal, total }, index) => {
          const rate = BigInt(1000 + (taxed[index]?.rate ?? 0));
          const error = BigInt(subtotal) * rate - BigInt(total) * 1000n; // (subtotal − total / (1 + rate)) × (1 + rate) × 1000
          assert.ok(error < 2n * rate && error > -2n * rate, `${subtotal} of ${total}`);
        });
      }),
    );
  });
});

describe('readRange', () => {
  const problem = (desde: string, hasta: string) => 'problem' in readRange(desde, hasta);

  it('reads days, and takes a moment as its day', () => {
    assert.deepEqual(readRange('2024-01-01', '2024-01-31'), { desde: '2024-01-01', hasta: '2024-01-31' });
    assert.deepEqual(readRange(' 2024-02-29T23:59:59Z ', '2024-02-29'), { desde: '2024-02-29', hasta: '2024-02-29' });
  });

  it('refuses what is no day of the calendar, and a range that ends before it begins', () => {
    for (const bad of ['', '2023-02-29', '2024-02-30', '2024-13-01', '2024-00-10', '2024-1-1', '01/02/2024', '0000-01-01', '2024-01-01x', 'ayer', '20240101']) {
      assert.ok(problem(bad, '2024-12-31') && problem('2000-01-01', bad), bad);
    }
    assert.ok(problem('2024-02-01', '2024-01-31'));
    assert.match((readRange('x', '2024-01-31') as { problem: string }).problem, /fechaDesde/);
    assert.match((readRange('2024-01-31', 'x') as { problem: string }).problem, /fechaHasta/);
  });
});

describe('packParts', () => {
  const items = fc.array(fc.string({ maxLength: 60 }), { maxLength: 60 });
  const weight = (part: readonly string[], overhead: number) => overhead + Buffer.byteLength(JSON.stringify(part));

  it('sends one empty part for nothing', () => assert.deepEqual(packParts([], 100, 10), [[]]));

  it('keeps every item once and in order, and every part within its limit', () => {
    fc.assert(
      fc.property(items, fc.integer({ min: 50, max: 400 }), fc.integer({ min: 0, max: 40 }), (all, limit, overhead) => {
        const parts = packParts(all, limit, overhead);
        assert.deepEqual(parts.flat(), all);
        for (const part of parts) assert.ok(part.length <= 1 || weight(part, overhead) <= limit + 1, `${weight(part, overhead)} > ${limit}`);
        assert.ok(parts.length === 1 || parts.every((part) => part.length > 0));
      }),
    );
  });

  it('makes no more parts than it must', () => {
    fc.assert(
      fc.property(items, fc.integer({ min: 80, max: 400 }), (all, limit) => {
        const parts = packParts(all, limit, 0);
        for (let n = 1; n < parts.length; n += 1) {
          const joined = [...(parts[n - 1] ?? []), (parts[n] ?? [])[0] ?? ''];
          assert.ok(weight(joined, 0) + 1 > limit);
        }
      }),
    );
  });

  it('sends an item too large for any part alone', () => {
    assert.deepEqual(packParts(['a', 'x'.repeat(200), 'b'], 50, 0), [['a'], ['x'.repeat(200)], ['b']]);
  });
});
