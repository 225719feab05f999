import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  earn, expire, expiryOf, NO_POINTS, pointsFor, spend, spendable, steps, takeBack, type Change, type Entry, type Points,
} from './rules.ts';

const day = (n: number) => new Date(Date.UTC(2026, 0, 1 + n));
const settings = { earned: 1, perCents: 10_000, months: 12, warningDays: 30 };
const lot = (reference: string, amount: number, expires = 365) =>
  earn({ source: 'order', reference, amount, earnedAt: day(0), expiresAt: day(expires) });
const back = (reference: string) => takeBack({ source: 'order', reference });
const spent = (amount: number) => (points: Points): Change => {
  const change = spend(points, amount, { kind: 'spent', reference: 'x' });
  assert.ok(!('available' in change), 'too few points');
  return change;
};
const after = (...all: Parameters<typeof steps>[1][]) => steps(NO_POINTS, ...all);
const told = ({ entries }: Change) => entries.map(({ kind, lot: of, points, debt }) => [kind, of, points, debt]);

describe('points', () => {
  it('come for each full amount, and for no part of one', () => {
    for (const [cents, points] of [[0, 0], [9999, 0], [10_000, 1], [1_525_050, 152]] as const) assert.equal(pointsFor(cents, settings), points);
    assert.equal(pointsFor(25_000, { ...settings, earned: 3 }), 6);
    assert.equal(expiryOf(new Date('2025-11-23T15:00:00Z'), settings).toISOString(), '2026-11-23T15:00:00.000Z');
  });

  it('are spent from the lot that expires first', () => {
    const change = after(lot('a', 100, 300), lot('b', 50, 200), spent(70));
    assert.deepEqual(told(change).slice(2), [['spent', 2, -50, 0], ['spent', 1, -20, 0]]);
    assert.equal(spendable(change.next, day(1)), 80);
  });

  it('are not spent beyond what there is, and the answer says how much that is', () => {
    const { next } = after(lot('a', 100));
    assert.deepEqual(spend(next, 101, { kind: 'spent', reference: 'x' }), { available: 100 });
  });

  it('are gone when their time is up, whether or not it has been written down', () => {
    const { next } = after(lot('a', 100, 10), lot('b', 5, 20), spent(40));
    assert.deepEqual([spendable(next, day(9)), spendable(next, day(10)), spendable(next, day(20))], [65, 5, 0]);
    const expired = expire(day(10))(next);
    assert.deepEqual([told(expired), expired.next.points], [[['expired', 1, -60, 0]], 5]);
    assert.deepEqual(expire(day(10))(expired.next).entries, []);
  });

  it('are taken back whole as long as they are there', () => {
    const change = after(lot('a', 100), lot('b', 50), back('a'));
    assert.deepEqual([told(change).at(-1), change.next.points, change.next.earned], [['reversed', 1, -100, 0], 50, 50]);
  });

  it('that were spent are taken from the others, and what these lack is a debt', () => {
    const change = after(lot('a', 100), spent(80), lot('b', 30), back('a'));
    assert.deepEqual(told(change).slice(3), [['reversed', 1, -20, 0], ['reversed', 3, -30, 0], ['debt', null, 0, 50]]);
    assert.deepEqual([change.next.points, change.next.debt, change.next.earned], [0, 50, 30]);
  });

  it('pay a debt first, which comes back when they are taken back too', () => {
    const owing = after(lot('a', 100), spent(100), back('a'), lot('b', 130));
    assert.deepEqual(told(owing).slice(-2), [['earned', 4, 130, 0], ['debt_paid', 4, -100, -100]]);
    assert.deepEqual([owing.next.points, owing.next.debt], [30, 0]);
    const again = back('b')(owing.next).next;
    assert.deepEqual([again.points, again.debt, again.earned], [0, 100, 0]);
  });

  it('that have expired are not taken back a second time', () => {
    const { next } = after(lot('a', 100, 10), spent(40), expire(day(10)), back('a'));
    assert.deepEqual([next.points, next.debt], [0, 40]);
  });

  it('of a purchase that gave none take nothing back', () => assert.deepEqual(after(lot('a', 0), back('a')).entries, []));
});

type Command =
  | { kind: 'earn'; amount: number; manual: boolean; valid: number }
  | { kind: 'spend'; amount: number }
  | { kind: 'cancel'; which: number }
  | { kind: 'wait'; days: number };

const command: fc.Arbitrary<Command> = fc.oneof(
  fc.record({ kind: fc.constant('earn' as const), amount: fc.nat({ max: 200 }), manual: fc.boolean(), valid: fc.integer({ min: -3, max: 60 }) }),
  fc.record({ kind: fc.constant('spend' as const), amount: fc.integer({ min: 1, max: 250 }) }),
  fc.record({ kind: fc.constant('cancel' as const), which: fc.nat({ max: 30 }) }),
  fc.record({ kind: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 20 }) }),
);

/** What a customer has by the simplest reckoning: one number that may be below zero. */
interface Reckoning {
  points: Points;
  entries: Entry[];
  net: number;
  now: Date;
  cancellable: string[];
}

function play(state: Reckoning, one: Command, index: number): Reckoning {
  const now = one.kind === 'wait' ? new Date(state.now.getTime() + one.days * 86_400_000) : state.now;
  const expired = expire(now)(state.points);
  const lapsed = (change: Change) => change.entries.filter(({ kind }) => kind === 'expired').reduce((sum, { points }) => sum + points, 0);
  let [change, net, { cancellable }] = [expired, state.net + lapsed(expired), state];
  if (one.kind === 'earn') {
    const reference = `r${index}`;
    const fresh = { source: one.manual ? ('manual' as const) : ('order' as const), reference, amount: one.amount, earnedAt: now };
    const expiresAt = new Date(now.getTime() + one.valid * 86_400_000);
    const given = steps(expired.next, earn({ ...fresh, expiresAt }), expire(now));
    change = steps(state.points, () => expired, () => given);
    net += one.amount + lapsed(given);
    if (!one.manual) cancellable = [...cancellable, reference];
  } else if (one.kind === 'spend') {
    const taken = spend(expired.next, one.amount, { kind: 'spent', reference: `s${index}` });
    const available = spendable(expired.next, now);
    assert.equal('available' in taken, one.amount > available, 'refused when, and only when, it is too much');
    if ('available' in taken) assert.equal(taken.available, available);
    else {
      change = steps(state.points, () => expired, () => taken);
      net -= one.amount;
    }
  } else if (one.kind === 'cancel' && cancellable.length > 0) {
    const reference = cancellable[one.which % cancellable.length] as string;
    const of = expired.next.lots.find((known) => known.reference === reference);
    net -= of === undefined ? 0 : of.earned - of.expired; // what expired, nobody had
    change = steps(state.points, () => expired, back(reference));
    cancellable = cancellable.filter((known) => known !== reference);
  }
  return { points: change.next, entries: [...state.entries, ...change.entries], net, now, cancellable };
}

describe('points, whatever happens to them', () => {
  it('are never below zero and never lost: the entries are the balance, and the balance is what was given less what was had', () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        let state: Reckoning = { points: NO_POINTS, entries: [], net: 0, now: day(0), cancellable: [] };
        commands.forEach((one, index) => {
          state = play(state, one, index);
          const { points, entries, net, now } = state;
          const sum = (of: (entry: Entry) => number) => entries.reduce((total, entry) => total + of(entry), 0);
          assert.deepEqual([points.points, points.debt], [sum((entry) => entry.points), sum((entry) => entry.debt)]);
          assert.equal(points.points - points.debt, net);
          assert.ok(points.debt === 0 || spendable(points, now) === 0, 'owes, and has');
          for (const each of points.lots) {
            assert.equal(each.earned, each.remaining + each.used + each.expired + each.reversed);
            assert.ok(Math.min(each.remaining, each.used, each.expired, each.reversed) >= 0);
            assert.equal(each.remaining, sum((entry) => (entry.lot === each.lot ? entry.points : 0)), 'a lot is the sum of its entries');
          }
          entries.forEach((entry, position) => {
            const before = entries[position - 1];
            assert.equal(entry.sequence, position + 1);
            assert.deepEqual(
              [entry.pointsAfter, entry.debtAfter],
              [(before?.pointsAfter ?? 0) + entry.points, (before?.debtAfter ?? 0) + entry.debt],
            );
            assert.ok(entry.pointsAfter >= 0 && entry.debtAfter >= 0);
          });
        });
      }),
      { numRuns: 400 },
    );
  });

  it('end the same in whatever order purchases and their cancellations come, while nothing is spent', () => {
    const orders = fc.uniqueArray(fc.record({ reference: fc.uuid(), amount: fc.nat({ max: 100 }), gone: fc.boolean() }), {
      selector: ({ reference }) => reference, maxLength: 10,
    });
    fc.assert(
      fc.property(orders, fc.infiniteStream(fc.nat()), (all, random) => {
        const shuffled = [...all].map((one) => ({ one, at: random.next().value as number })).sort((a, b) => a.at - b.at);
        const { next } = steps(NO_POINTS, ...shuffled.flatMap(({ one }) => [lot(one.reference, one.amount), ...(one.gone ? [back(one.reference)] : [])]));
        const expected = all.reduce((sum, { amount, gone }) => sum + (gone ? 0 : amount), 0);
        assert.deepEqual([next.points, next.debt, next.earned], [expected, 0, expected]);
      }),
    );
  });
});
