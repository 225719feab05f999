import type { Warning } from '../../../events/outcome.ts';
import type { Decision, Effect, Happening, Situation } from './decision.ts';
import { isTimeout, isUnpaid, orderAsOf, type OrderState } from './states.ts';
import { expired, incomplete } from './warnings.ts';

const done = (effects: Effect[] = [], warning?: Warning): Decision => ({ answer: 'done', effects, ...(warning && { warning }) });
const refused: Decision = { answer: 'refused', effects: [] };

/** What a happening makes of an order: plain values in, a list of effects out. */
export function decide(happening: Happening, situation: Situation): Decision {
  switch (happening.kind) {
    case 'swept':
      return swept(situation);
    case 'reserved':
      return reserved(happening, situation);
    case 'released':
      return released(happening, situation);
    case 'paid':
      return paid(happening.paymentId, situation);
    case 'refunded':
      return refunded(situation);
    case 'cancelled':
      return cancelled(happening.reason, situation);
    case 'withdrawn':
      return withdrawn(happening.reason, situation);
    case 'rejected':
      return rejected(happening.reason, situation);
    case 'delivered':
      return situation.order.state === 'confirmed'
        ? done([moved('completed'), { kind: 'tell', event: 'completed' }])
        : refused;
  }
}

function swept(situation: Situation): Decision {
  const { reason, over } = asOf(situation);
  if (!over) return done();
  return paidOr(situation, () => cancelling(situation, reason, true));
}

function reserved(answer: Extract<Happening, { kind: 'reserved' }>, situation: Situation): Decision {
  const { order, reservation, taken } = situation;
  const { reservationId } = answer;
  if (reservation.reservationId === reservationId) return done(); // released since, or told before
  if (isSold(situation)) return reservedAfterPayment(answer, situation);
  if (order.state === 'cancelled') return done([release(reservationId, order.reason ?? 'cancelled')]);
  const { reason, over } = asOf(situation);
  // Whoever paid in time and waited for this answer gets the goods, also when the answer took longer.
  if (over && taken === undefined) return done([release(reservationId, reason), ...cancelling(situation, reason, true)]);
  if (reservation.state !== 'released' && !reservation.kept) return reservedButLost(reservationId, situation);
  if (reservation.state === 'held' && reservation.reservationId !== null) return twice(reservationId);
  if (!answer.whole) {
    const given = taken === undefined ? [] : [giveBack('out_of_stock')];
    const effects = [release(reservationId, 'incomplete'), ...cancelling(situation, 'out_of_stock', true), ...given];
    return done(effects, incomplete(reservationId));
  }
  const step = order.state === 'pending' ? [moved('payment_pending')] : [];
  const held = { state: 'held' as const, reservationId, expiresAt: answer.expiresAt };
  const next: Situation = {
    ...situation,
    order: { state: 'payment_pending', reason: null },
    reservation: { ...held, kept: true, backed: true, again: false },
  };
  return before([{ kind: 'reservation', ...held, items: 'answered' }, ...step], paidOr(next, () => []));
}

/**
 * Its time was up, by another instance's clock if not by ours, and what we had set aside went to another order: that
 * one may be sold, so what the inventory reserves for this one now is not taken.
 */
function reservedButLost(reservationId: string, situation: Situation): Decision {
  const over: Situation = { ...situation, reservation: { ...situation.reservation, expiresAt: situation.now } };
  const settling = paidOr(over, () => cancelling(over, asOf(over).reason, true));
  return before([release(reservationId, 'payment_timeout')], settling);
}

/** An order that was paid before the inventory answered. */
function reservedAfterPayment(answer: Extract<Happening, { kind: 'reserved' }>, { reservation, now }: Situation): Decision {
  const { reservationId, expiresAt, whole } = answer;
  if (reservation.reservationId !== null) return twice(reservationId);
  // The answer to an earlier placing, which the inventory has given back by now: ours still counts.
  if (reservation.again && expiresAt <= now) return done([], expired(reservationId));
  const confirm: Effect = { kind: 'ask', command: 'confirm', reservationId };
  const named = { kind: 'reservation' as const, state: 'confirmed' as const, reservationId, expiresAt };
  // All of it is sold: what the inventory has not reserved we go on keeping from others.
  if (!whole) return done([named, confirm], incomplete(reservationId));
  return done([{ ...named, items: 'answered' }, confirm]);
}

function released({ reservationId, reason }: Extract<Happening, { kind: 'released' }>, situation: Situation): Decision {
  const { order, reservation } = situation;
  const another = reservation.reservationId !== null && reservation.reservationId !== reservationId;
  if (isSold(situation)) return releasedAfterPayment(reservationId, situation);
  if (order.state === 'cancelled') {
    // Remembered, so that the answer that comes behind it does not have us ask for what was done already.
    const note = { kind: 'reservation' as const, state: 'released' as const, reservationId };
    return done(reservation.reservationId === null ? [note] : []);
  }
  if (another || reservation.state === 'released') return done();
  const gone: Effect = { kind: 'reservation', state: 'released', reservationId, releasedReason: reason, items: 'dropped' };
  const next: Situation = { ...situation, reservation: { ...reservation, state: 'released', reservationId, kept: false } };
  const over = reason === 'timeout';
  return before([gone], paidOr(next, () => (over ? cancelling(next, 'payment_timeout', true) : [])));
}

/** Sold is sold: from now on we keep others from its stock, since the inventory does not. */
function releasedAfterPayment(reservationId: string, { reservation }: Situation): Decision {
  const known = reservation.reservationId;
  const ours: Effect[] = known === reservationId ? [{ kind: 'reservation', state: 'confirmed', items: 'recounted' }] : [];
  // Its answer is still on its way: by its name we know then that it is over, and go on counting ours.
  const note: Effect[] = known === null && !reservation.again ? [{ kind: 'reservation', state: 'confirmed', reservationId }] : [];
  return done([...ours, ...note], {
    code: 'pedido_pagado',
    message: `el pedido ya está pagado; que el inventario haya devuelto la reserva ${reservationId} no lo cambia`,
  });
}

function paid(paymentId: string, situation: Situation): Decision {
  const { order, taken } = situation;
  const another = taken !== undefined && taken !== paymentId;
  if (another) return { answer: 'refund', effects: [] }; // paid twice
  if (isUnpaid(order) || (order.state === 'cancelled' && isTimeout(order.reason))) return settled(paymentId, situation);
  // Told again of the payment that the order was confirmed by.
  return { answer: order.state !== 'cancelled' && taken === paymentId ? 'confirmed' : 'refund', effects: [] };
}

/** Money and stock come together: the order is confirmed, or waits for the inventory, or there is nothing to give. */
function settled(paymentId: string, situation: Situation): Decision {
  const { order, reservation, coverable, now } = situation;
  const inForce = isUnpaid(order) && reservation.expiresAt > now;
  const holds = reservation.state === 'held' && reservation.kept;
  // A figure that fell below what we hold is the inventory's answer on its way, or a sale elsewhere: it has to say.
  const unsure = reservation.state === 'requested' || (holds && !reservation.backed);
  if (inForce && unsure) return { answer: 'waiting', effects: [] };
  const confirmed: Effect[] = [moved('confirmed'), { kind: 'tell', event: 'confirmed', paymentId }];
  const { reservationId } = reservation;
  if (inForce && holds) {
    const ask: Effect[] = reservationId === null ? [] : [{ kind: 'ask', command: 'confirm', reservationId }];
    return { answer: 'confirmed', effects: [{ kind: 'reservation', state: 'confirmed' }, ...confirmed, ...ask] };
  }
  if (!coverable) {
    const reason = asOf(situation).over ? asOf(situation).reason : 'out_of_stock';
    return { answer: 'refund', effects: isUnpaid(order) ? cancelling(situation, reason, true) : [] };
  }
  // The old one, which the inventory may keep a while yet, is not what this order is sold by.
  const old = reservation.state === 'held' && reservationId !== null ? [release(reservationId, 'payment_timeout')] : [];
  const again: Effect = { kind: 'reservation', state: 'confirmed', reservationId: null, releasedReason: 'replaced', items: 'again' };
  return { answer: 'confirmed', effects: [...old, again, moved('confirmed'), { kind: 'tell', event: 'placed' }, ...confirmed.slice(1)] };
}

/** Of two payments one may still stand: then the order does. What was delivered left the house, and stays sold. */
function refunded(situation: Situation): Decision {
  const { order, taken } = situation;
  if (taken !== undefined) return done();
  const moves: Effect[] = [{ kind: 'move', state: 'cancelled', reason: 'refunded', auto: true }, { kind: 'tell', event: 'cancelled' }];
  if (order.state === 'completed') return done(moves);
  return done(order.state === 'confirmed' ? cancelling(situation, 'refunded', true) : []);
}

function cancelled(reason: string, situation: Situation): Decision {
  const { state } = asOf(situation);
  if (state === 'completed' || state === 'cancelled') return refused;
  const owed = situation.taken !== undefined || state === 'confirmed';
  return done([...cancelling(situation, reason, false), ...(owed ? [giveBack(reason)] : [])]);
}

/** One whose time is up is left to its time-out. */
function withdrawn(reason: string, situation: Situation): Decision {
  return isUnpaid(asOf(situation)) ? calledOff(reason, situation) : done();
}

/** Whoever hears that an order is rejected counts on it: money that comes late is given back. */
function rejected(reason: string, situation: Situation): Decision {
  const { order } = situation;
  if (order.state === 'cancelled') return done(isTimeout(order.reason) ? [{ kind: 'move', state: 'cancelled', reason, auto: true }] : []);
  return isUnpaid(order) ? calledOff(reason, situation) : done();
}

/** Cancelled by the service; what was paid while the stock was awaited goes back. */
const calledOff = (reason: string, situation: Situation): Decision =>
  done([...cancelling(situation, reason, true), ...(situation.taken === undefined ? [] : [giveBack(reason)])]);

/** An order that has been paid is settled; nobody waits for the answer, so money without goods is given back here. */
function paidOr(situation: Situation, unpaid: () => Effect[]): Decision {
  if (situation.taken === undefined) return done(unpaid());
  const { answer, effects } = settled(situation.taken, situation);
  return done(answer === 'refund' ? [...effects, giveBack('out_of_stock')] : effects);
}

/** Whoever gave the reservation back is not asked to. */
function cancelling({ reservation }: Situation, reason: string, auto: boolean): Effect[] {
  const { state, reservationId } = reservation;
  const over = state === 'released';
  return [
    { kind: 'move', state: 'cancelled', reason, auto },
    ...(over ? [] : [{ kind: 'reservation' as const, state: 'released' as const, releasedReason: reason, items: 'dropped' as const }]),
    { kind: 'tell', event: 'cancelled' },
    ...(over || reservationId === null ? [] : [release(reservationId, reason)]),
    ...(isTimeout(reason) ? [{ kind: 'noticeTimeout' as const }] : []),
  ];
}

/** Its goods are the customer's, also when they were delivered and the money went back after that. */
const isSold = ({ order, reservation }: Situation): boolean =>
  order.state === 'cancelled' ? reservation.state === 'confirmed' : !isUnpaid(order);

function asOf({ order, reservation, now }: Situation): { state: OrderState; reason: string; over: boolean } {
  const standing = orderAsOf(order, reservation, now);
  return { state: standing.state, reason: standing.reason ?? '', over: isUnpaid(order) && !isUnpaid(standing) };
}

const moved = (state: OrderState): Effect => ({ kind: 'move', state, reason: null, auto: false });
const release = (reservationId: string, reason: string): Effect => ({ kind: 'ask', command: 'release', reservationId, reason });
const giveBack = (reason: string): Effect => ({ kind: 'giveBack', reason });
const before = (effects: Effect[], decision: Decision): Decision => ({ ...decision, effects: [...effects, ...decision.effects] });

const twice = (reservationId: string): Decision =>
  done([release(reservationId, 'duplicate')], {
    code: 'reserva_repetida',
    message: `el pedido ya tiene otra reserva; se pide devolver ${reservationId}`,
  });
