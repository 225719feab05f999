import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { Effect, Happening, Situation } from './decision.ts';
import { decide } from './rules.ts';
import { isUnpaid, ORDER_STATES, orderAsOf, RESERVATION_STATES, type OrderState } from './states.ts';

const NOW = new Date('2026-01-05T12:00:00Z');
const after = (ms: number) => new Date(NOW.getTime() + ms);

interface Given {
  order?: OrderState;
  reason?: string | null;
  reservation?: Partial<Situation['reservation']>;
  taken?: string;
  coverable?: boolean;
}

/** An unpaid order with its stock set aside, unless it says otherwise. */
const situation = ({ order = 'payment_pending', reason, reservation = {}, taken, coverable = false }: Given = {}): Situation => ({
  order: { state: order, reason: reason ?? (order === 'cancelled' ? 'customer_request' : null) },
  reservation: { state: 'held', reservationId: null, expiresAt: after(1), kept: true, backed: true, again: false, ...reservation },
  taken,
  coverable,
  now: NOW,
});

const expired = { expiresAt: NOW };
const requested = { state: 'requested' as const, backed: false };
const lost = { kept: false, backed: false };

/** `move confirmed`, `ask release res_1 payment_timeout`… */
const said = (effect: Effect): string => {
  switch (effect.kind) {
    case 'move':
      return `move ${effect.state}`;
    case 'reservation':
      return ['reservation', effect.state, effect.items ?? (effect.reservationId && `named ${effect.reservationId}`)].filter(Boolean).join(' ');
    case 'tell':
      return `tell ${effect.event}`;
    case 'ask':
      return `ask ${effect.command} ${effect.reservationId}`;
    case 'noticeTimeout':
    case 'giveBack':
      return effect.kind;
  }
};
const outcome = (happening: Happening, given?: Given): [string, ...string[]] => {
  const { answer, effects, warning } = decide(happening, situation(given));
  return [warning?.code ?? answer, ...effects.map(said)];
};

const paid: Happening = { kind: 'paid', paymentId: 'p1' };
const swept: Happening = { kind: 'swept' };
const reserved: Happening = { kind: 'reserved', reservationId: 'r1', expiresAt: after(9), whole: true };
const timedOut: Happening = { kind: 'released', reservationId: 'r1', reason: 'timeout' };
const damaged: Happening = { kind: 'released', reservationId: 'r1', reason: 'damaged' };

const CONFIRMED = ['move confirmed', 'tell confirmed'];
const OVER = ['move cancelled', 'reservation released dropped', 'tell cancelled', 'noticeTimeout'];
const AGAIN = ['reservation confirmed again', 'move confirmed', 'tell placed', 'tell confirmed'];

const CASES: Array<[name: string, happening: Happening, given: Given, expected: string[]]> = [
  ['paid in time', paid, {}, ['confirmed', 'reservation confirmed', ...CONFIRMED]],
  ['paid in time, the inventory has answered', paid, { reservation: { reservationId: 'r1' } }, ['confirmed', 'reservation confirmed', ...CONFIRMED, 'ask confirm r1']],
  ['paid before the inventory answers', paid, { order: 'pending', reservation: requested }, ['waiting']],
  ['paid while the inventory’s figure does not cover it', paid, { reservation: { backed: false } }, ['waiting']],
  ['paid late', paid, { reservation: expired, coverable: true }, ['confirmed', ...AGAIN]],
  ['paid late, the inventory may still hold it', paid, { reservation: { ...expired, reservationId: 'r1' }, coverable: true }, ['confirmed', 'ask release r1', ...AGAIN]],
  ['paid late and sold', paid, { reservation: expired }, ['refund', ...OVER]],
  ['paid late and the inventory never answered', paid, { order: 'pending', reservation: { ...requested, ...expired } }, ['refund', ...OVER]],
  ['paid after it was swept', paid, { order: 'cancelled', reason: 'payment_timeout', reservation: { state: 'released', kept: false }, coverable: true }, ['confirmed', ...AGAIN]],
  ['paid after it was swept, and sold', paid, { order: 'cancelled', reason: 'reservation_timeout', reservation: { state: 'released', kept: false } }, ['refund']],
  ['paid while its stock went to another', paid, { reservation: { kept: false } }, ['refund', ...OVER.slice(0, 3)]],
  ['paid after the inventory gave it back', paid, { reservation: { state: 'released', kept: false }, coverable: true }, ['confirmed', ...AGAIN]],
  ['paid after a person cancelled it', paid, { order: 'cancelled', coverable: true }, ['refund']],
  ['paid twice', paid, { order: 'confirmed', taken: 'p0' }, ['refund']],
  ['paid twice while it waits', paid, { order: 'pending', reservation: requested, taken: 'p0' }, ['refund']],
  ['told again of its payment', paid, { order: 'confirmed', taken: 'p1' }, ['confirmed']],
  ['told again of its payment when delivered', paid, { order: 'completed', taken: 'p1' }, ['confirmed']],
  ['another payment when delivered', paid, { order: 'completed', taken: 'p0' }, ['refund']],

  ['swept in time', swept, {}, ['done']],
  ['swept at its expiry', swept, { reservation: expired }, ['done', ...OVER]],
  ['swept, with a name', swept, { reservation: { ...expired, reservationId: 'r1' } }, ['done', ...OVER.slice(0, 3), 'ask release r1', 'noticeTimeout']],
  ['swept when paid', swept, { order: 'confirmed', reservation: expired }, ['done']],
  ['swept, paid and waiting, no stock', swept, { order: 'pending', reservation: { ...requested, ...expired }, taken: 'p1' }, ['done', ...OVER, 'giveBack']],
  ['swept, paid and waiting, stock', swept, { order: 'pending', reservation: { ...requested, ...expired }, taken: 'p1', coverable: true }, ['done', ...AGAIN]],
  ['swept, paid and never covered', swept, { reservation: { ...expired, backed: false }, taken: 'p1' }, ['done', ...OVER, 'giveBack']],
  ['swept after the inventory gave it back', swept, { reservation: { state: 'released', reservationId: 'r1', kept: false, ...expired } }, ['done', 'move cancelled', 'tell cancelled', 'noticeTimeout']],

  ['reserved', reserved, {}, ['done', 'reservation held answered']],
  ['reserved while pending', reserved, { order: 'pending', reservation: requested }, ['done', 'reservation held answered', 'move payment_pending']],
  ['reserved when paid already', reserved, { order: 'pending', reservation: requested, taken: 'p1' }, ['done', 'reservation held answered', 'move payment_pending', 'reservation confirmed', ...CONFIRMED, 'ask confirm r1']],
  ['reserved late, paid in time', reserved, { order: 'pending', reservation: { ...requested, ...expired }, taken: 'p1' }, ['done', 'reservation held answered', 'move payment_pending', 'reservation confirmed', ...CONFIRMED, 'ask confirm r1']],
  ['reserved and expired on the way, paid', { ...reserved, expiresAt: NOW }, { order: 'pending', reservation: requested, taken: 'p1' }, ['done', 'reservation held answered', 'move payment_pending', 'move cancelled', 'reservation released dropped', 'tell cancelled', 'ask release r1', 'noticeTimeout', 'giveBack']],
  ['reserved when over', reserved, { reservation: expired }, ['done', 'ask release r1', ...OVER]],
  ['reserved when its stock went to another', reserved, { reservation: { kept: false } }, ['done', 'ask release r1', ...OVER]],
  ['reserved when paid and not covered before', reserved, { reservation: { backed: false }, taken: 'p1' }, ['done', 'reservation held answered', 'reservation confirmed', ...CONFIRMED, 'ask confirm r1']],
  ['reserved late, paid in time, and its stock went to another', reserved, { order: 'pending', reservation: { ...requested, ...lost, ...expired }, taken: 'p1' }, ['done', 'ask release r1', ...OVER, 'giveBack']],
  ['reserved late, its stock went to another, and there is more', reserved, { order: 'pending', reservation: { ...requested, ...lost }, taken: 'p1', coverable: true }, ['done', 'ask release r1', ...AGAIN]],
  ['reserved when cancelled', reserved, { order: 'cancelled', reservation: { state: 'released', kept: false } }, ['done', 'ask release r1']],
  ['reserved after it was given back', reserved, { order: 'cancelled', reservation: { state: 'released', reservationId: 'r1', kept: false } }, ['done']],
  ['reserved when confirmed', reserved, { order: 'confirmed', reservation: { state: 'confirmed' } }, ['done', 'reservation confirmed answered', 'ask confirm r1']],
  ['reserved when delivered', reserved, { order: 'completed', reservation: { state: 'confirmed' } }, ['done', 'reservation confirmed answered', 'ask confirm r1']],
  ['reserved when delivered and refunded', reserved, { order: 'cancelled', reason: 'refunded', reservation: { state: 'confirmed' } }, ['done', 'reservation confirmed answered', 'ask confirm r1']],
  ['reserved after it timed out, paid', reserved, { order: 'confirmed', reservation: { state: 'confirmed', reservationId: 'r1' } }, ['done']],
  ['reserved twice', reserved, { reservation: { reservationId: 'r0' } }, ['reserva_repetida', 'ask release r1']],
  ['reserved twice when confirmed', reserved, { order: 'confirmed', reservation: { state: 'confirmed', reservationId: 'r0' } }, ['reserva_repetida', 'ask release r1']],
  ['an old answer to an order that was reserved again', { ...reserved, expiresAt: NOW }, { order: 'confirmed', reservation: { state: 'confirmed', again: true } }, ['reserva_vencida']],
  ['reserved in part', { ...reserved, whole: false }, {}, ['reserva_incompleta', 'ask release r1', ...OVER.slice(0, 3)]],
  ['reserved in part, paid', { ...reserved, whole: false }, { order: 'pending', reservation: requested, taken: 'p1' }, ['reserva_incompleta', 'ask release r1', ...OVER.slice(0, 3), 'giveBack']],
  ['reserved in part when confirmed', { ...reserved, whole: false }, { order: 'confirmed', reservation: { state: 'confirmed' } }, ['reserva_incompleta', 'reservation confirmed named r1', 'ask confirm r1']],
  ['reserved again after another was given back', reserved, { reservation: { state: 'released', reservationId: 'r0', kept: false } }, ['done', 'reservation held answered']],

  ['timed out by the inventory', timedOut, { reservation: { reservationId: 'r1' } }, ['done', 'reservation released dropped', 'move cancelled', 'tell cancelled', 'noticeTimeout']],
  ['timed out while pending', timedOut, { order: 'pending', reservation: requested }, ['done', 'reservation released dropped', 'move cancelled', 'tell cancelled', 'noticeTimeout']],
  ['timed out, paid and waiting', timedOut, { order: 'pending', reservation: requested, taken: 'p1' }, ['done', 'reservation released dropped', 'move cancelled', 'tell cancelled', 'giveBack']],
  ['timed out after we did', timedOut, { order: 'cancelled', reservation: { state: 'released', reservationId: 'r1', kept: false } }, ['done']],
  ['timed out before it was told to us', timedOut, { order: 'cancelled', reservation: { state: 'released', kept: false } }, ['done', 'reservation released named r1']],
  ['timed out when paid', timedOut, { order: 'confirmed', reservation: { state: 'confirmed', reservationId: 'r1' } }, ['pedido_pagado', 'reservation confirmed recounted']],
  ['timed out when paid, an earlier one', timedOut, { order: 'confirmed', reservation: { state: 'confirmed', reservationId: 'r2' } }, ['pedido_pagado']],
  ['timed out when paid, before we heard its name', timedOut, { order: 'confirmed', reservation: { state: 'confirmed' } }, ['pedido_pagado', 'reservation confirmed named r1']],
  ['timed out when paid and reserved again: the earlier one', timedOut, { order: 'confirmed', reservation: { state: 'confirmed', again: true } }, ['pedido_pagado']],
  ['timed out when delivered and refunded', timedOut, { order: 'cancelled', reason: 'refunded', reservation: { state: 'confirmed', reservationId: 'r1' } }, ['pedido_pagado', 'reservation confirmed recounted']],
  ['another reservation timed out', timedOut, { reservation: { reservationId: 'r2' } }, ['done']],
  ['given back for another reason', damaged, { reservation: { reservationId: 'r1' } }, ['done', 'reservation released dropped']],

  ['refunded', { kind: 'refunded' }, { order: 'confirmed', reservation: { state: 'confirmed', reservationId: 'r1' } }, ['done', 'move cancelled', 'reservation released dropped', 'tell cancelled', 'ask release r1']],
  ['refunded when delivered', { kind: 'refunded' }, { order: 'completed', reservation: { state: 'confirmed', reservationId: 'r1' } }, ['done', 'move cancelled', 'tell cancelled']],
  ['refunded, another payment stands', { kind: 'refunded' }, { order: 'confirmed', taken: 'p0' }, ['done']],
  ['refunded while unpaid', { kind: 'refunded' }, {}, ['done']],
  ['refunded when cancelled', { kind: 'refunded' }, { order: 'cancelled' }, ['done']],

  ['cancelled', { kind: 'cancelled', reason: 'why' }, {}, ['done', ...OVER.slice(0, 3)]],
  ['cancelled, paid and waiting', { kind: 'cancelled', reason: 'why' }, { order: 'pending', reservation: requested, taken: 'p1' }, ['done', ...OVER.slice(0, 3), 'giveBack']],
  ['cancelled when confirmed', { kind: 'cancelled', reason: 'why' }, { order: 'confirmed', reservation: { state: 'confirmed' }, taken: 'p1' }, ['done', ...OVER.slice(0, 3), 'giveBack']],
  ['cancelled when over', { kind: 'cancelled', reason: 'why' }, { reservation: expired }, ['refused']],
  ['cancelled when delivered', { kind: 'cancelled', reason: 'why' }, { order: 'completed' }, ['refused']],
  ['cancelled twice', { kind: 'cancelled', reason: 'why' }, { order: 'cancelled' }, ['refused']],
  ['withdrawn', { kind: 'withdrawn', reason: 'gone' }, {}, ['done', ...OVER.slice(0, 3)]],
  ['withdrawn, paid and waiting', { kind: 'withdrawn', reason: 'gone' }, { order: 'pending', reservation: requested, taken: 'p1' }, ['done', ...OVER.slice(0, 3), 'giveBack']],
  ['withdrawn when confirmed', { kind: 'withdrawn', reason: 'gone' }, { order: 'confirmed' }, ['done']],
  ['withdrawn when over', { kind: 'withdrawn', reason: 'gone' }, { reservation: expired }, ['done']],
  ['rejected', { kind: 'rejected', reason: 'no' }, {}, ['done', ...OVER.slice(0, 3)]],
  ['rejected when over', { kind: 'rejected', reason: 'no' }, { reservation: expired }, ['done', ...OVER.slice(0, 3)]],
  ['rejected after it was swept', { kind: 'rejected', reason: 'no' }, { order: 'cancelled', reason: 'payment_timeout', reservation: { state: 'released' } }, ['done', 'move cancelled']],
  ['rejected when cancelled', { kind: 'rejected', reason: 'no' }, { order: 'cancelled' }, ['done']],
  ['rejected, paid and waiting', { kind: 'rejected', reason: 'no' }, { order: 'pending', reservation: requested, taken: 'p1' }, ['done', ...OVER.slice(0, 3), 'giveBack']],
  ['rejected when confirmed', { kind: 'rejected', reason: 'no' }, { order: 'confirmed' }, ['done']],
  ['delivered', { kind: 'delivered' }, { order: 'confirmed' }, ['done', 'move completed', 'tell completed']],
  ['delivered unpaid', { kind: 'delivered' }, {}, ['refused']],
  ['delivered twice', { kind: 'delivered' }, { order: 'completed' }, ['refused']],
];

describe('what becomes of an order', () => {
  for (const [name, happening, given, expected] of CASES) {
    it(name, () => assert.deepEqual(outcome(happening, given), expected));
  }

  it('is cancelled from the moment its time is up, by why it waited', () => {
    const at = (order: OrderState, ms: number) => orderAsOf({ state: order, reason: null }, { state: 'held', expiresAt: after(ms) }, NOW);
    assert.equal(at('payment_pending', 1).state, 'payment_pending');
    assert.deepEqual(at('payment_pending', 0), { state: 'cancelled', reason: 'payment_timeout' });
    assert.deepEqual(at('pending', -1), { state: 'cancelled', reason: 'reservation_timeout' });
    assert.equal(at('confirmed', -1).state, 'confirmed');
  });
});

describe('whatever happens to an order', () => {
  const happening: fc.Arbitrary<Happening> = fc.oneof(
    fc.constant<Happening>({ kind: 'swept' }),
    fc.constant<Happening>({ kind: 'refunded' }),
    fc.constant<Happening>({ kind: 'delivered' }),
    fc.constantFrom<Happening>({ kind: 'cancelled', reason: 'why' }, { kind: 'withdrawn', reason: 'gone' }),
    fc.constantFrom('p1', 'p2').map((paymentId): Happening => ({ kind: 'paid', paymentId })),
    fc.record({
      kind: fc.constant('reserved' as const), reservationId: fc.constantFrom('r1', 'r2'), whole: fc.boolean(),
      expiresAt: fc.integer({ min: -20, max: 60 }).map(after),
    }),
    fc.record({ kind: fc.constant('released' as const), reservationId: fc.constantFrom('r1', 'r2'), reason: fc.constantFrom('timeout', 'damaged') }),
  );
  const step = fc.record({ happening, wait: fc.nat(12), coverable: fc.boolean(), lost: fc.boolean(), short: fc.boolean() });

  it('tells a legal history, and money and stock meet', () => {
    fc.assert(
      fc.property(fc.boolean(), fc.array(step, { maxLength: 25 }), (known, steps) => {
        const world = openWorld(known);
        for (const one of steps) world.take(one);
        world.take({ happening: { kind: 'swept' }, wait: 1000, coverable: false, lost: false, short: false });
        world.judge();
      }),
      { numRuns: 5000 },
    );
  });

  it('takes every state there is without a word that does not fit it', () => {
    const any = fc.record({
      order: fc.constantFrom(...ORDER_STATES), state: fc.constantFrom(...RESERVATION_STATES), happening,
      expires: fc.integer({ min: -5, max: 5 }), kept: fc.boolean(), backed: fc.boolean(), again: fc.boolean(), coverable: fc.boolean(),
      taken: fc.constantFrom(undefined, 'p1', 'p2'), id: fc.constantFrom(null, 'r1', 'r2'),
    });
    fc.assert(
      fc.property(any, ({ order, state, happening: one, expires, kept, backed, again, coverable, taken, id }) => {
        const given = situation({
          order, coverable, reservation: { state, kept, backed, again, reservationId: id, expiresAt: after(expires) }, ...(taken && { taken }),
        });
        const { answer, effects } = decide(one, given);
        const moves = effects.flatMap((effect) => (effect.kind === 'move' ? [effect] : []));
        assert.ok(moves.every((move) => (move.state === 'cancelled') === (move.reason !== null)), 'only a cancelled order has a reason');
        assert.equal(moves.filter((move) => move.state === order && order !== 'payment_pending').length, 0, 'a step to where it is');
        if (answer === 'refused' || answer === 'waiting') assert.deepEqual(effects, []);
        if (answer !== 'done' && answer !== 'refused') assert.equal(one.kind, 'paid');
        const releases = effects.filter((effect) => effect.kind === 'ask' && effect.command === 'release');
        if (one.kind === 'released') assert.ok(!releases.some((ask) => said(ask).endsWith(one.reservationId)), 'asks back what was given back');
      }),
      { numRuns: 5000 },
    );
  });

  interface Step {
    happening: Happening;
    wait: number;
    coverable: boolean;
    lost: boolean;
    short: boolean;
  }

  /** An order as the effects leave it, with its payments. */
  function openWorld(known: boolean) {
    let now = NOW;
    let order: Situation['order'] = { state: known ? 'payment_pending' : 'pending', reason: null };
    let reservation: Situation['reservation'] = {
      state: (known ? 'held' : 'requested'), reservationId: null, expiresAt: after(30), kept: true, backed: known, again: false,
    };
    const history = ['placed'];
    const live: string[] = [];
    const back: string[] = [];
    const giveBack = (which = [...live]) => which.forEach((id) => back.push(...live.splice(live.indexOf(id), 1)));

    const apply = (effect: Effect, coverable: boolean) => {
      if (effect.kind === 'move') {
        order = { state: effect.state, reason: effect.reason };
      } else if (effect.kind === 'reservation') {
        const { state, reservationId, expiresAt, items } = effect;
        if (items === 'again') assert.ok(coverable, 'reserved again without stock');
        reservation = {
          state,
          reservationId: reservationId === undefined ? reservation.reservationId : reservationId,
          expiresAt: expiresAt ?? reservation.expiresAt,
          kept: items === undefined ? reservation.kept : items !== 'dropped',
          backed: items === undefined ? reservation.backed : items !== 'dropped',
          again: items === 'again' || (reservation.again && items === undefined && reservationId === undefined),
        };
      } else if (effect.kind === 'tell') {
        history.push(effect.event);
        if (effect.event === 'confirmed') assert.ok(reservation.kept && reservation.backed && reservation.state === 'confirmed', 'confirmed without stock');
      } else if (effect.kind === 'giveBack') giveBack();
    };

    return {
      take({ happening: one, wait, coverable, lost, short }: Step) {
        now = new Date(now.getTime() + wait);
        const mine = one.kind === 'paid' && ![...live, ...back].includes(one.paymentId) ? one.paymentId : undefined;
        if (one.kind === 'paid' && mine === undefined) return; // a payment comes in once
        if (one.kind === 'refunded') giveBack(); // all of it, at the gateway
        // An expired hold may have gone to another order.
        const unanswered = reservation.reservationId === null && (reservation.state === 'held' || reservation.state === 'requested');
        if (lost && unanswered && reservation.expiresAt <= now) reservation = { ...reservation, kept: false };
        // The inventory's figure may fall under what we hold, and rise again.
        if (unanswered && reservation.state === 'held') reservation = { ...reservation, backed: !short };
        const [taken] = live;
        const { answer, effects } = decide(one, { order, reservation, taken, coverable, now });
        if (mine !== undefined) live.push(mine);
        for (const effect of effects) apply(effect, coverable);
        if (mine !== undefined && answer === 'refund') giveBack([mine]);
        if (answer === 'confirmed') assert.equal(order.state, 'confirmed');
      },
      judge() {
        assert.ok(!isUnpaid(order), 'an order is left unpaid for ever');
        assert.match(history.join(' '), LEGAL);
        assert.equal(history.at(-1), order.state);
        assert.equal(new Set(back).size, back.length);
        assert.equal(live.length, order.state === 'cancelled' ? 0 : 1, `${order.state} with ${live.length} payments`);
        const sold = order.state !== 'cancelled' || history.includes('completed');
        if (sold) assert.ok(reservation.state === 'confirmed' && reservation.kept);
      },
    };
  }
});

/** Over for its time, it may be placed again only to be confirmed at once; delivered or refunded it is over for good. */
const LEGAL = /^placed(?:(?: cancelled)?|(?: cancelled)?(?: placed)? confirmed(?: completed)?(?: cancelled)?)$/;
