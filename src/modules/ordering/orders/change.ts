import type { Work } from '../../../events/work.ts';
import type { Sql } from '../../../kernel/database.ts';
import { fromCents } from '../../../kernel/money.ts';
import type { Organization } from '../../../kernel/organizations.ts';
import { findVariants } from '../availability/read-model.ts';
import { paymentsOf } from '../payments/read-model.ts';
import type { OrderingDeps, PaymentsPort } from '../ports.ts';
import type { Decision, Effect, Happening, Situation } from './decision.ts';
import { dropItems, holdItems, lockShelves, recountItems, replaceItems, tellShelves, type ToldShelf } from './holds.ts';
import { ask, tell } from './messages.ts';
import {
  lockOrder, moveOrder, readReservation, writeReservation, type HeldItem, type Order, type PricedLine, type Reservation,
} from './repository.ts';
import { decide } from './rules.ts';
import { isBacked, isCoverable, isWhole, planOf, type Stock } from './shelves.ts';
import { isTimeout, type ReservedItem } from './states.ts';
import { orderChanged } from './topics.ts';

/** What changing orders needs. */
export type Changing = Pick<OrderingDeps, 'notify' | 'cache' | 'config'> & { payments: PaymentsPort };

/** What the inventory's answer names: what it reserved, and what its shelves have left as of then. */
export interface Answered {
  items: ReservedItem[];
  shelves: ToldShelf[];
  at: Date;
}

/** A happening before the order was read: whether an answer of the inventory is whole shows only then. */
export type Asked = Exclude<Happening, { kind: 'reserved' }> | (Omit<Extract<Happening, { kind: 'reserved' }>, 'whole'> & { answered: Answered });

interface Picture {
  order: Order;
  /** Of the step it takes now: the service takes it by itself. */
  auto: boolean;
  lines: PricedLine[];
  reservation: Reservation;
  items: HeldItem[];
  taken: string | undefined;
  /** Of its variants; under their locks where it may be needed, else empty. */
  stock: ReadonlyMap<string, Stock>;
}

/**
 * Takes what happened to an order, whose subject's lock the work holds: reads it under its locks (order, then shelves),
 * decides, writes and publishes. @returns undefined when the organization has no such order.
 */
export async function changeOrder(
  deps: Changing, work: Work, organization: Organization, orderId: string, asked: Asked,
): Promise<Decision | undefined> {
  const picture = await readPicture(deps, work, organization.tenantId, orderId, asked);
  if (picture === undefined) return undefined;
  const answered = asked.kind === 'reserved' ? asked.answered : undefined;
  const happening: Happening =
    asked.kind === 'reserved' ? { ...asked, whole: isWhole(picture.lines, asked.answered.items) } : asked;
  const decision = decide(happening, situationOf(picture, work.now));
  let current = picture;
  for (const effect of decision.effects) current = await apply(deps, work, organization, current, effect, answered);
  // What a person does over REST is done as the tenant, who wakes nothing.
  if (decision.effects.length > 0 && asked.kind !== 'cancelled' && asked.kind !== 'delivered') work.wake(orderChanged(orderId));
  return decision;
}

async function readPicture(
  deps: Changing, work: Work, tenantId: number, orderId: string, asked: Asked,
): Promise<Picture | undefined> {
  const { trx, now } = work;
  const found = await lockOrder(trx, tenantId, orderId);
  if (found === undefined) return undefined;
  const taken = (await paidBefore(trx, tenantId, orderId, asked)) ?? (await deps.payments.takenFor(work, tenantId, orderId));
  const own = found.lines.map(({ variantId }) => variantId);
  const named = asked.kind === 'reserved' ? asked.answered.shelves.map(({ variantId }) => variantId) : [];
  const confirmable = taken !== undefined || asked.kind === 'paid' || asked.kind === 'reserved' || asked.kind === 'released';
  const picture = { ...found, auto: false, taken };
  if (!confirmable) return { ...picture, ...(await readReservation(trx, tenantId, orderId)), stock: new Map() };
  // Not findVariants' own lock: it waits for events about the variants, and such a one may be waiting for this order.
  await lockShelves(trx, tenantId, [...own, ...named]);
  if (asked.kind === 'reserved') await hearShelves(deps, work, tenantId, asked.answered);
  const stock = await findVariants(trx, tenantId, own, now, { lock: false, except: orderId });
  return { ...picture, ...(await readReservation(trx, tenantId, orderId)), stock };
}

/** Of two payments the one that was accepted first stands, whichever the gateway says was made first. */
async function paidBefore(trx: Sql, tenantId: number, orderId: string, asked: Asked): Promise<string | undefined> {
  if (asked.kind !== 'paid') return undefined;
  const others = (await paymentsOf(trx, tenantId, orderId)).filter(({ payment_id }) => payment_id !== asked.paymentId);
  return others.find(({ state, refund_asked_at }) => state === 'succeeded' && refund_asked_at === null)?.payment_id;
}

function situationOf({ order, lines, reservation, items, taken, stock }: Picture, now: Date): Situation {
  const { state, reservationId, expiresAt, acknowledgedAt, releasedReason } = reservation;
  const kept = acknowledgedAt !== null || items.every(({ counted }) => counted);
  const backed = acknowledgedAt !== null || isBacked(items, stock);
  const again = state === 'confirmed' && reservationId === null && releasedReason !== null;
  return {
    order: { state: order.state, reason: order.reason },
    reservation: { state, reservationId, expiresAt, kept, backed, again },
    taken,
    coverable: isCoverable(lines, stock),
    now,
  };
}

async function hearShelves({ cache }: Changing, work: Work, tenantId: number, { shelves, at }: Answered): Promise<void> {
  await tellShelves(work.trx, tenantId, shelves, at);
  cache.forget(work, tenantId, shelves.map(({ variantId, warehouseId }) => `stock:availability:${variantId}:${warehouseId}`));
}

/** Makes one effect so. @returns the order as it is then. */
async function apply(
  deps: Changing, work: Work, organization: Organization, picture: Picture, effect: Effect, answered?: Answered,
): Promise<Picture> {
  const { order, reservation } = picture;
  switch (effect.kind) {
    case 'move':
      await moveOrder(work, order, effect);
      return { ...picture, auto: effect.auto, order: { ...order, state: effect.state, reason: effect.reason } };
    case 'reservation':
      return changeReservation(deps, work, picture, effect, answered);
    case 'tell':
      tell(work, organization, effect, { ...picture, reservationId: reservation.reservationId, reason: order.reason ?? '' });
      noticeStep(deps, work, order, effect.event);
      return picture;
    case 'ask':
      ask(work, organization, order.orderId, effect);
      return picture;
    case 'noticeTimeout':
      noticeTimeout(deps, work, order);
      return picture;
    case 'giveBack':
      await deps.payments.giveBack(work, organization.tenantId, order.orderId, effect.reason);
      return picture;
  }
}

async function changeReservation(
  { config }: Changing, { trx, now }: Work, picture: Picture, effect: Extract<Effect, { kind: 'reservation' }>,
  answered?: Answered,
): Promise<Picture> {
  const { order, lines, stock } = picture;
  const { state, reservationId, expiresAt, releasedReason, items: change } = effect;
  const items = await changeItems(trx, now, picture, change === 'again' ? planOf(lines, stock).items : answered?.items, change);
  const before = picture.reservation;
  const reservation: Reservation = {
    state,
    reservationId: reservationId === undefined ? before.reservationId : reservationId,
    expiresAt: change === 'again' ? new Date(now.getTime() + config.RESERVATION_TTL) : (expiresAt ?? before.expiresAt),
    acknowledgedAt: change === 'answered' ? now : change === 'again' ? null : before.acknowledgedAt,
    releasedReason: releasedReason ?? (state === 'released' ? before.releasedReason : null),
  };
  await writeReservation(trx, order, reservation, now);
  return { ...picture, reservation, items };
}

async function changeItems(
  trx: Sql, now: Date, { order, items }: Picture, given: readonly ReservedItem[] = [],
  change: Extract<Effect, { kind: 'reservation' }>['items'],
): Promise<HeldItem[]> {
  if (change === 'dropped') await dropItems(trx, order);
  if (change === 'recounted') await recountItems(trx, order);
  if (change === 'answered') await replaceItems(trx, order, given, false);
  if (change === 'again') await holdItems(trx, order, given, now);
  if (change === undefined) return items;
  if (change === 'dropped' || change === 'recounted') return items.map((item) => ({ ...item, counted: change === 'recounted' }));
  return given.map((item) => ({ ...item, counted: change === 'again' }));
}

const noticeTimeout = ({ notify }: Changing, work: Work, { tenantId, customerId, orderId, orderNumber }: Order): void =>
  notify(work, tenantId, [
    { customerId, name: 'order_cancelled_timeout', data: { order_number: orderNumber }, about: orderId },
  ]);

/** An order whose time was up is told of by `noticeTimeout` instead. */
function noticeStep({ notify }: Changing, work: Work, order: Order, event: Extract<Effect, { kind: 'tell' }>['event']): void {
  const { tenantId, customerId, orderId, reason } = order;
  if (event !== 'confirmed' && (event !== 'cancelled' || isTimeout(reason))) return;
  const data = { order_number: order.orderNumber, total: fromCents(order.totalCents), currency: order.currency, reason };
  notify(work, tenantId, [{ customerId, name: `order_${event}`, data, about: orderId }]);
}
