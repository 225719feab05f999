import type { Work } from '../../../events/work.ts';
import { together, type Sql } from '../../../kernel/database.ts';
import type { Cents } from '../../../kernel/money.ts';
import type { OrderLine, OrderState, ReservationState, ReservedItem } from './states.ts';

/** A line with what it costs; its price is that of the cart when it was ordered. */
export interface PricedLine extends OrderLine {
  productId: string | null;
  unitPriceCents: Cents;
}

/** In whose transaction a step is taken, when, and which event it was that caused it. */
type Cause = Pick<Work, 'trx' | 'now' | 'eventId'>;

/** An order's own row. */
export interface Order {
  orderId: string;
  tenantId: number;
  orderNumber: string;
  customerId: string;
  state: OrderState;
  reason: string | null;
  currency: string;
  totalCents: Cents;
}

export interface Reservation {
  state: ReservationState;
  reservationId: string | null;
  expiresAt: Date;
  acknowledgedAt: Date | null;
  releasedReason: string | null;
}

/** What is set aside for an order; `counted`: the inventory's figure does not hold it, so we take it off ourselves. */
export interface HeldItem extends ReservedItem {
  counted: boolean;
}

const ORDER = `order_id AS "orderId", tenant_id AS "tenantId", order_number AS "orderNumber", customer_id AS "customerId",
  state, reason, currency, total_cents AS "totalCents"`;

/** The order with its lines, locked; undefined when this tenant has none of that id. */
export async function lockOrder(
  trx: Sql, tenantId: number, orderId: string,
): Promise<{ order: Order; lines: PricedLine[] } | undefined> {
  const [order, lines] = await together([
    trx.maybe<Order>(`SELECT ${ORDER} FROM ordering_orders WHERE order_id = $1 AND tenant_id = $2 FOR UPDATE`, [orderId, tenantId]),
    trx.rows<PricedLine>(
      `SELECT variant_id AS "variantId", product_id AS "productId", quantity, unit_price_cents AS "unitPriceCents"
       FROM ordering_order_lines WHERE order_id = $1 AND tenant_id = $2 ORDER BY position`,
      [orderId, tenantId],
    ),
  ]);
  return order && { order, lines };
}

/** The order's reservation and what it holds. To confirm by it, lock its shelves first: see holds.ts. */
export async function readReservation(
  trx: Sql, tenantId: number, orderId: string,
): Promise<{ reservation: Reservation; items: HeldItem[] }> {
  const [reservation, items] = await together([
    trx.one<Reservation>(
      `SELECT state, reservation_id AS "reservationId", expires_at AS "expiresAt", acknowledged_at AS "acknowledgedAt",
              released_reason AS "releasedReason"
       FROM ordering_reservations WHERE order_id = $1 AND tenant_id = $2`,
      [orderId, tenantId],
    ),
    trx.rows<HeldItem>(
      `SELECT variant_id AS "variantId", warehouse_id AS "warehouseId", quantity, counted
       FROM ordering_reservation_items WHERE order_id = $1 AND tenant_id = $2 ORDER BY variant_id, warehouse_id`,
      [orderId, tenantId],
    ),
  ]);
  return { reservation, items };
}

/** The next number of a tenant's year: `ORD-2026-000042`. Its row is locked until COMMIT: a tenant's orders are numbered one after another. */
export async function nextOrderNumber(trx: Sql, tenantId: number, year: number): Promise<string> {
  const { last } = await trx.one<{ last: number }>(
    `INSERT INTO ordering_order_numbers AS n (year, tenant_id, last) VALUES ($1, $2, 1)
     ON CONFLICT (year, tenant_id) DO UPDATE SET last = n.last + 1 RETURNING last`,
    [year, tenantId],
  );
  return `ORD-${year}-${String(last).padStart(6, '0')}`;
}

/** Writes a new order with its lines and its first step. */
export async function insertOrder(
  { trx, now, eventId }: Cause, order: Order & { cartId: string | null; lines: readonly PricedLine[] },
): Promise<void> {
  const { orderId, tenantId, lines } = order;
  await together([
    trx.run(
      `INSERT INTO ordering_orders (order_id, tenant_id, order_number, customer_id, cart_id, state, currency, total_cents, placed_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)`,
      [orderId, tenantId, order.orderNumber, order.customerId, order.cartId, order.state, order.currency, order.totalCents, now],
    ),
    trx.run(
      `INSERT INTO ordering_order_lines (order_id, position, tenant_id, variant_id, product_id, quantity, unit_price_cents)
       SELECT $1, position, $2, variant_id, product_id, quantity, price
       FROM unnest($3::text[], $4::text[], $5::int[], $6::bigint[])
         WITH ORDINALITY AS line(variant_id, product_id, quantity, price, position)`,
      [
        orderId, tenantId, lines.map((l) => l.variantId), lines.map((l) => l.productId), lines.map((l) => l.quantity),
        lines.map((l) => l.unitPriceCents),
      ],
    ),
    addStep({ trx, now, eventId }, order, { state: order.state, reason: null }),
  ]);
}

/** Moves a locked order and writes the step down. `auto`: the service did it by itself. */
export async function moveOrder(
  { trx, now, eventId }: Cause, order: Pick<Order, 'orderId' | 'tenantId'>,
  { state, reason, auto }: { state: OrderState; reason: string | null; auto: boolean },
): Promise<void> {
  await together([
    trx.run(
      `UPDATE ordering_orders SET state = $3, reason = $4, auto_cancelled = $5, updated_at = $6
       WHERE order_id = $1 AND tenant_id = $2`,
      [order.orderId, order.tenantId, state, reason, state === 'cancelled' ? auto : null, now],
    ),
    addStep({ trx, now, eventId }, order, { state, reason }),
  ]);
}

const addStep = (
  { trx, now, eventId }: Cause,
  { orderId, tenantId }: Pick<Order, 'orderId' | 'tenantId'>,
  { state, reason }: { state: OrderState; reason: string | null },
) =>
  trx.run(
    `INSERT INTO ordering_order_steps (order_id, tenant_id, state, reason, event_id, taken_at)
     VALUES ($1, $2, $3, $4, $5, $6)`,
    [orderId, tenantId, state, reason, eventId ?? null, now],
  );

/** The order's reservation as it is from now on. */
export const writeReservation = (
  trx: Sql, { orderId, tenantId }: Pick<Order, 'orderId' | 'tenantId'>, reservation: Reservation, now: Date,
) =>
  trx.run(
    `INSERT INTO ordering_reservations (order_id, tenant_id, reservation_id, state, expires_at, acknowledged_at, released_reason, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (order_id, tenant_id) DO UPDATE
       SET reservation_id = excluded.reservation_id, state = excluded.state, expires_at = excluded.expires_at,
           acknowledged_at = excluded.acknowledged_at, released_reason = excluded.released_reason, updated_at = excluded.updated_at`,
    [
      orderId, tenantId, reservation.reservationId, reservation.state, reservation.expiresAt, reservation.acknowledgedAt,
      reservation.releasedReason, now,
    ],
  );

/** The cart is ordered: it does not change any more, and events look past its lines. */
export const closeCart = (trx: Sql, tenantId: number, cartId: string, now: Date) =>
  together([
    trx.run(`UPDATE ordering_carts SET state = 'ordered', updated_at = $3 WHERE cart_id = $1 AND tenant_id = $2`, [cartId, tenantId, now]),
    trx.run('UPDATE ordering_cart_items SET in_active_cart = false WHERE cart_id = $1 AND tenant_id = $2', [cartId, tenantId]),
  ]);
