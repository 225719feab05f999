import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromCents, isCents, toCents } from './money.ts';

const cents = fc.integer({ min: 0, max: 9_000_000_000_000 });

describe('toCents', () => {
  it('rounds by the decimal text that the sender wrote, not by its binary value', () => {
    const cases = [[1.005, 101], [8.575, 858], [1.255, 126], [10.075, 1008], [0.1 + 0.2, 30], [0.1, 10], [4.35, 435], [1.1 * 3, 330], [0, 0]] as const;
    for (const [pesos, expected] of cases) assert.equal(toCents(pesos), expected, String(pesos));
  });

  it('takes the smallest and the largest', () => {
    for (const [pesos, expected] of [[0.01, 1], [1e-7, 0], [5e-324, 0], [1e9, 1e11], [90_000_000_000.01, 9_000_000_000_001]] as const) {
      assert.equal(toCents(pesos), expected, String(pesos));
    }
  });

  it('rounds half away from zero, on both sides of it', () => {
    for (const [pesos, expected] of [[0.005, 1], [-0.005, -1], [-1.005, -101], [-1.004, -100]] as const) assert.equal(toCents(pesos), expected, String(pesos));
  });

  it('is the way back from fromCents, through JSON', () => {
    fc.assert(
      fc.property(cents, (amount) => {
        assert.equal(toCents(JSON.parse(JSON.stringify(fromCents(amount))) as number), amount);
        assert.ok(isCents(fromCents(amount)));
      }),
    );
  });

  it('adds up as people add up', () => {
    fc.assert(fc.property(cents, cents, (a, b) => assert.equal(toCents(fromCents(a) + fromCents(b)), a + b)));
  });
});

describe('isCents', () => {
  it('takes whole cents and what arithmetic made of them, and no more decimals', () => {
    for (const pesos of [0, 0.01, 901.5, 0.1 + 0.2, 1.1 * 3, 1e9]) assert.ok(isCents(pesos), String(pesos));
    for (const pesos of [0.001, 1.005, 901.505, Number.NaN, Infinity, 1.1e13]) assert.ok(!isCents(pesos), String(pesos));
  });
});
