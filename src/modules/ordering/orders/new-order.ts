import type { Work } from '../../../events/work.ts';
import type { Sql } from '../../../kernel/database.ts';
import { dayOf } from '../../../kernel/es-ar.ts';
import type { Cents } from '../../../kernel/money.ts';
import { organizationOf } from '../../../kernel/organizations.ts';
import { holdItems } from './holds.ts';
import { tell } from './messages.ts';
import { insertOrder, nextOrderNumber, writeReservation, type Order, type PricedLine, type Reservation } from './repository.ts';
import type { Plan } from './shelves.ts';
import { UNASSIGNED, type OrderState } from './states.ts';

export interface NewOrder {
  orderId: string;
  tenantId: number;
  customerId: string;
  currency: string;
  /** Null for one that no cart was made into. */
  cartId: string | null;
  lines: readonly PricedLine[];
  /** Where its stock comes from; its shelves are locked. */
  plan: Plan;
  /** Milliseconds until it has to be paid. */
  ttl: number;
  /** What it costs, where that is more than its lines: tax, shipping, discounts. */
  totalCents?: Cents;
}

/** Writes an order down with the stock set aside for it, and tells `order.placed`. */
export async function writeNewOrder(work: Work, given: NewOrder): Promise<{ order: Order; reservation: Reservation }> {
  const { trx, now } = work;
  const { orderId, tenantId, customerId, currency, cartId, lines, plan } = given;
  const known = plan.unknown.length === 0;
  const state: OrderState = known ? 'payment_pending' : 'pending';
  const totalCents = given.totalCents ?? lines.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0);
  const orderNumber = await nextOrderNumber(trx, tenantId, Number(dayOf(now).slice(0, 4)));
  const order: Order = { orderId, tenantId, orderNumber, customerId, state, reason: null, currency, totalCents };
  await insertOrder(work, { ...order, cartId, lines });
  const expiresAt = new Date(now.getTime() + given.ttl);
  const reservation: Reservation = {
    state: known ? 'held' : 'requested', reservationId: null, expiresAt, acknowledgedAt: null, releasedReason: null,
  };
  await writeReservation(trx, order, reservation, now);
  await holdItems(trx, order, plan.items, now);
  await insertUnassigned(trx, order, plan);
  const told = { order, lines, items: plan.items, reservationId: null, reason: '', auto: false };
  tell(work, await organizationOf(trx, tenantId), { kind: 'tell', event: 'placed' }, told);
  return { order, reservation };
}

/** The inventory says where these come from; until then they count against whatever shelf of theirs becomes known. */
const insertUnassigned = (trx: Sql, { orderId, tenantId }: { orderId: string; tenantId: number }, { unknown }: Plan) =>
  trx.run(
    `INSERT INTO ordering_reservation_items (order_id, variant_id, warehouse_id, tenant_id, quantity, counted)
     SELECT $1, variant_id, $3, $2, quantity, true FROM unnest($4::text[], $5::int[]) AS line(variant_id, quantity)`,
    [orderId, tenantId, UNASSIGNED, unknown.map((l) => l.variantId), unknown.map((l) => l.quantity)],
  );
