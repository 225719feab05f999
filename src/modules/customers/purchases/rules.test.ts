import assert from 'node:assert/strict';
import fc from 'fast-check';
import { DEFAULT_SETTINGS } from '../settings/read-model.ts';
import {
  averageOf, count, decideSegment, judgeCancellation, judgeCompletion, NOTHING_BOUGHT, notAfter, stronger, takeBack, windowStart,
  type Cancellation, type Known,
} from './rules.ts';

const at = (n: number) => new Date(Date.UTC(2026, 0, n));
const now = new Date('2026-11-29T12:00:00Z');
const { segments } = DEFAULT_SETTINGS;

type Event = { kind: 'completed'; at: Date } | ({ kind: 'cancelled' } & Cancellation);

/** An order after one more event, as the handlers keep it. */
function next(known: Known | undefined, event: Event): Known | undefined {
  const cancellation = known?.cancellation ?? null;
  if (event.kind === 'completed') {
    return judgeCompletion(known, event.at) === 'count' ? { state: 'counted', happenedAt: event.at, cancellation } : known;
  }
  const verdict = judgeCancellation(known, event);
  if (verdict === 'bar') return { state: 'barred', happenedAt: null, cancellation: stronger(cancellation, event) };
  return verdict === 'reverse' && known ? { ...known, state: 'reversed', cancellation: stronger(cancellation, event) } : known;
}

const cancelled = (day: number, forGood: boolean): Event => ({ kind: 'cancelled', at: at(day), forGood });
const completedOn = (day: number): Event => ({ kind: 'completed', at: at(day) });
const after = (...events: Event[]) => events.reduce<Known | undefined>(next, undefined)?.state;

describe('an order, told as completed and as cancelled', () => {
  for (const [what, events, state] of [
    ['is counted', [completedOn(1)], 'counted'],
    ['is taken back', [completedOn(1), cancelled(2, true)], 'reversed'],
    ['is taken back once', [completedOn(1), cancelled(2, true), cancelled(3, true)], 'reversed'],
    ['never counts when it was cancelled before', [cancelled(2, true), completedOn(1)], 'barred'],
    ['nor when its completion says it was later', [cancelled(1, true), completedOn(2)], 'barred'],
    ['is taken back by an older word of a person', [completedOn(2), cancelled(1, true)], 'reversed'],
    ['counts when it came back after the service had cancelled it', [cancelled(1, false), completedOn(2)], 'counted'],
    ['also when that is told the other way round', [completedOn(2), cancelled(1, false)], 'counted'],
    ['is cancelled by the service at the same moment', [cancelled(1, false), completedOn(1)], 'barred'],
    ['is taken back after it came back', [cancelled(1, false), completedOn(2), cancelled(3, false)], 'reversed'],
  ] as const) {
    it(what, () => assert.equal(after(...events), state));
  }

  it('gives the same in the end, in whatever order and however often it is told', () => {
    const event = fc.oneof(fc.integer({ min: 1, max: 5 }).map(completedOn), fc.tuple(fc.integer({ min: 1, max: 5 }), fc.boolean()).map(([day, good]) => cancelled(day, good)));
    const oneCompletion = fc.tuple(fc.integer({ min: 1, max: 5 }).map(completedOn), fc.array(event.filter(({ kind }) => kind === 'cancelled'), { maxLength: 4 }));
    fc.assert(
      fc.property(
        oneCompletion.chain(([first, others]) => fc.tuple(fc.constant([first, ...others]), fc.shuffledSubarray([first, ...others], { minLength: others.length + 1 }))),
        ([told, shuffled]) => {
          const given = (state: string | undefined) => state === 'counted';
          assert.equal(given(after(...shuffled)), given(after(...told)));
          assert.equal(given(after(...shuffled, ...shuffled)), given(after(...told)));
        },
      ),
    );
  });

  it('of a clock that is ahead is of now', () => {
    assert.deepEqual(notAfter(at(1), now), at(1));
    assert.equal(notAfter(new Date('2099-01-01T00:00:00Z'), now), now);
  });
});

describe('what was bought', () => {
  it('adds up, goes back to where it was, and has an average to the cent', () => {
    const one = count(NOTHING_BOUGHT, 1000).after;
    const two = count(one, 1001).after;
    assert.deepEqual([two, averageOf(two)], [{ sequence: 2, purchases: 2, spentCents: 2001 }, 1001]);
    assert.deepEqual({ ...takeBack(two, 1001).after, sequence: 1 }, one);
    assert.equal(averageOf(NOTHING_BOUGHT), 0);
    assert.equal(Object.is(takeBack(count(NOTHING_BOUGHT, 0).after, 0).spentCents, 0), true);
  });
});

describe('a segment', () => {
  const of = (purchases: number, spentCents: number) => decideSegment({ purchases, spentCents, oldestAt: null }, segments, now).segment;

  for (const [purchases, cents, segment] of [
    [0, 0, 'new'], [1, 99_000_000, 'new'], [2, 0, 'regular'], [5, 99_000_000, 'regular'], [6, 4_999_999, 'regular'], [6, 5_000_000, 'frequent'],
    [11, 25_000_000, 'frequent'], [12, 24_999_999, 'frequent'], [12, 25_000_000, 'vip'],
  ] as const) {
    it(`${purchases} purchases for ${cents} cents: ${segment}`, () => assert.equal(of(purchases, cents), segment));
  }

  it('never falls when more is bought', () => {
    const rank = ['new', 'regular', 'frequent', 'vip'];
    fc.assert(
      fc.property(fc.nat({ max: 20 }), fc.nat({ max: 40_000_000 }), fc.nat({ max: 20_000_000 }), (purchases, cents, more) =>
        assert.ok(rank.indexOf(of(purchases + 1, cents + more)) >= rank.indexOf(of(purchases, cents))),
      ),
    );
  });

  it('says what it was decided on, and when time may change it', () => {
    const oldestAt = new Date('2026-02-01T00:00:00Z');
    const decision = decideSegment({ purchases: 2, spentCents: 500, oldestAt }, segments, now);
    assert.deepEqual(decision, {
      segment: 'regular', from: windowStart(now), purchases: 2, spentCents: 500, thresholds: segments, reviewAt: new Date('2027-02-01T00:00:00Z'),
    });
    assert.equal(windowStart(now).toISOString(), '2025-11-29T12:00:00.000Z');
  });
});
