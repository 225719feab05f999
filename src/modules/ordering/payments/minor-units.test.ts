import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fromMinorUnits, toMinorUnits } from './minor-units.ts';

describe("amounts in Stripe's units", () => {
  it('are hundredths for most currencies, whatever their case', () => {
    assert.deepEqual([toMinorUnits(1525050, 'ARS'), fromMinorUnits(1525050, 'ars')], [1525050, 1525050]);
    assert.equal(toMinorUnits(500, 'UGX'), 500); // written as if it had hundredths
  });

  it('are whole units where there is no fraction, and nothing where one is asked for', () => {
    assert.deepEqual([toMinorUnits(50_000, 'jpy'), fromMinorUnits(500, 'jpy')], [500, 50_000]);
    assert.equal(toMinorUnits(50_050, 'CLP'), undefined);
  });

  it('are thousandths for a few, which end in zero', () => {
    assert.deepEqual([toMinorUnits(1234, 'KWD'), fromMinorUnits(12_340, 'kwd')], [12_340, 1234]);
  });

  it('come back as they went', () => {
    const currency = fc.constantFrom('ARS', 'USD', 'CLP', 'JPY', 'KWD', 'UGX');
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 1e12 }), currency, (cents, code) => {
        const amount = toMinorUnits(cents, code);
        if (amount !== undefined) assert.equal(fromMinorUnits(amount, code), cents);
      }),
    );
  });
});
