import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  decide, leftOf, notPayable, samePrice, type Effect, type Money, type News, type PaymentFacts,
} from './rules.ts';

const at = new Date('2025-11-23T15:01:00Z');
const price: Money = { cents: 1000, currency: 'ARS' };
const fresh: PaymentFacts = { ...price, state: 'pending', refundedCents: 0, failure: null, paidAt: null };
const succeeded: News = { kind: 'succeeded', at, ...price };
const failed: News = { kind: 'failed', reason: 'declined', ...price };
const refunded = (refundedCents: number): News => ({ kind: 'refunded', refundedCents, ...price });

/** One after another; what it ends as, and what followed for others on the way. */
const after = (...news: News[]) =>
  news.reduce<{ facts: PaymentFacts; effects: Effect[] }>(
    ({ facts, effects }, one) => {
      const { next, effect } = decide(facts, one, price);
      return { facts: next, effects: [...effects, effect] };
    },
    { facts: fresh, effects: [] },
  );

describe('what the gateway says of a payment', () => {
  it('confirms the order once, however often it is said', () => {
    const { facts, effects } = after(succeeded, succeeded, succeeded);
    assert.deepEqual(effects, ['paid', 'none', 'none']);
    assert.deepEqual(facts, { ...fresh, state: 'succeeded', paidAt: at });
  });

  it('tells each failed attempt as long as no money came in, and none after that', () => {
    const other: News = { ...failed, reason: 'expired card' };
    assert.deepEqual(after(failed, other, succeeded, failed).effects, ['failed', 'failed', 'paid', 'late']);
    assert.equal(after(failed).facts.failure, 'declined');
    assert.equal(after(failed, succeeded).facts.failure, null);
  });

  it('keeps the state at a partial refund, and undoes the payment at a full one', () => {
    const partial = after(succeeded, refunded(400));
    const { state, refundedCents } = partial.facts;
    assert.deepEqual([state, refundedCents, partial.effects[1]], ['succeeded', 400, 'none']);
    const full = after(succeeded, refunded(400), refunded(1000));
    assert.deepEqual([full.facts.state, full.facts.refundedCents, full.effects[2]], ['refunded', 1000, 'given_back']);
  });

  it('lets what was refunded only grow', () => {
    const { facts, effects } = after(succeeded, refunded(400), refunded(300), refunded(400));
    assert.deepEqual([facts.refundedCents, effects.slice(2)], [400, ['late', 'late']]);
  });

  it('confirms nothing with money that is gone before it was heard of', () => {
    const { facts, effects } = after(refunded(1000), succeeded, failed);
    assert.deepEqual([facts.state, effects], ['refunded', ['none', 'late', 'late']]);
  });

  it('confirms with money of which a part is gone, as it does in the other order', () => {
    assert.deepEqual(after(refunded(400), succeeded).effects, ['none', 'paid']);
  });

  it('does not take another amount or currency for the price, and keeps what came in', () => {
    for (const wrong of [{ cents: 999 }, { cents: 1001 }, { cents: 100_000 }, { currency: 'USD' }]) {
      const { next, effect } = decide(fresh, { ...succeeded, ...wrong }, price);
      assert.equal(effect, 'wrong_amount');
      const { cents, currency, state } = next;
      assert.deepEqual({ cents, currency, state }, { ...price, ...wrong, state: 'succeeded' });
    }
    assert.equal(samePrice({ cents: 1000, currency: 'ars' }, price), true);
  });

  it('ends in the same state whatever the order and the repetitions', () => {
    const happened = fc
      .record({
        failures: fc.integer({ min: 0, max: 2 }),
        paid: fc.boolean(),
        refunds: fc.uniqueArray(fc.integer({ min: 1, max: 1000 }), { maxLength: 3 }),
        whole: fc.boolean(),
      })
      .map(({ failures, paid, refunds, whole }) => [
        ...Array.from({ length: failures }, () => failed),
        ...(paid ? [succeeded] : []),
        ...refunds.map(refunded),
        ...(whole ? [refunded(1000)] : []),
      ])
      .filter((news) => news.length > 0);
    const tellings = happened.chain((news) => {
      const again = fc.subarray(news);
      const shuffled = again.chain((more) => {
        const all = [...news, ...more];
        return fc.shuffledSubarray(all, { minLength: all.length, maxLength: all.length });
      });
      return fc.tuple(shuffled, shuffled);
    });
    fc.assert(
      fc.property(tellings, ([one, other]) => {
        const [a, b] = [after(...one), after(...other)];
        assert.deepEqual(a.facts, b.facts);
        for (const { effects } of [a, b]) {
          assert.ok(effects.filter((effect) => effect === 'paid').length <= 1, 'confirmed twice');
          assert.ok(effects.filter((effect) => effect === 'given_back').length <= 1, 'cancelled twice');
        }
      }),
      { numRuns: 1000 },
    );
  });
});

describe('paying an order', () => {
  it('is possible until it is paid or over, unless it costs nothing', () => {
    for (const state of ['pending', 'payment_pending']) assert.equal(notPayable({ ...price, state }, false), undefined);
    for (const state of ['confirmed', 'completed', 'cancelled']) assert.ok(notPayable({ ...price, state }, false), state);
    assert.ok(notPayable({ ...price, cents: 0, state: 'payment_pending' }, false));
    assert.ok(notPayable({ ...price, state: 'pending' }, true), 'paid, and waiting for its stock');
  });

  it('gives back what is left, never less than nothing', () => {
    const left = [400, 1000, 1200].map((refundedCents) => leftOf({ cents: 1000, refundedCents }));
    assert.deepEqual(left, [600, 0, 0]);
  });
});
