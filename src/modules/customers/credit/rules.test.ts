import assert from 'node:assert/strict';
import fc from 'fast-check';
import { availableOf, NO_CREDIT, pay, setLimit, use, type Credit, type CreditEntry } from './rules.ts';

const LIMIT = 1000;
const account = (fields: Partial<Credit>): Credit => ({ ...NO_CREDIT, ...fields });
const moved = (entry: ReturnType<typeof use>) => ('after' in entry ? [entry.usedCents, entry.favourCents] : entry);

describe('a credit account', () => {
  it('is used up to its limit, and says what is available', () => {
    assert.deepEqual(moved(use(NO_CREDIT, 1000, LIMIT)), [1000, 0]);
    assert.deepEqual(moved(use(NO_CREDIT, 1001, LIMIT)), { availableCents: 1000 });
    assert.deepEqual(moved(use(account({ usedCents: 400 }), 601, LIMIT)), { availableCents: 600 });
    assert.deepEqual(moved(use(account({ limitCents: 0 }), 1, LIMIT)), { availableCents: 0 });
  });

  it('uses what is in favour first', () => assert.deepEqual(moved(use(account({ favourCents: 300 }), 500, LIMIT)), [200, -300]));

  it('releases at most what is in use; the rest is in favour', () => {
    assert.deepEqual(moved(pay(account({ usedCents: 300 }), 200)), [-200, 0]);
    assert.deepEqual(moved(pay(account({ usedCents: 300 }), 500)), [-300, 200]);
    assert.deepEqual(moved(pay(NO_CREDIT, 500)), [0, 500]);
  });

  it('has nothing left when its limit falls below the use, and owes what it owes', () => {
    const { after } = setLimit(account({ usedCents: 700 }), 500);
    assert.deepEqual([after.usedCents, availableOf(after, LIMIT)], [700, 0]);
    assert.equal(availableOf(setLimit(after, null).after, LIMIT), 300);
  });

  it('is never below zero, never both owing and owed, and always what was used less what was paid', () => {
    const step = fc.oneof(
      fc.record({ kind: fc.constant('use' as const), cents: fc.nat({ max: 1500 }) }),
      fc.record({ kind: fc.constant('pay' as const), cents: fc.nat({ max: 1500 }) }),
      fc.record({ kind: fc.constant('limit' as const), cents: fc.nat({ max: 3000 }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 50 }), (all) => {
        let [credit, net] = [NO_CREDIT, 0];
        const entries: CreditEntry[] = [];
        for (const { kind, cents } of all) {
          const available = availableOf(credit, LIMIT);
          const entry = kind === 'use' ? use(credit, cents, LIMIT) : kind === 'pay' ? pay(credit, cents) : setLimit(credit, cents);
          assert.equal('availableCents' in entry, kind === 'use' && cents > available);
          if ('availableCents' in entry) continue;
          entries.push(entry);
          net += kind === 'use' ? cents : kind === 'pay' ? -cents : 0;
          credit = entry.after;
          assert.equal(credit.usedCents - credit.favourCents, net);
          assert.ok(Math.min(credit.usedCents, credit.favourCents) === 0 && credit.usedCents >= 0 && credit.favourCents >= 0);
          assert.equal(credit.usedCents, entries.reduce((sum, { usedCents }) => sum + usedCents, 0));
        }
      }),
    );
  });
});
