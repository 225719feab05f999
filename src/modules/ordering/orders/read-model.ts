import { together, type Sql } from '../../../kernel/database.ts';
import { fromCents, type Cents } from '../../../kernel/money.ts';
import { paymentsOf } from '../payments/read-model.ts';
import { readReservation, type PricedLine } from './repository.ts';
import { itemsOf } from './shelves.ts';
import { orderAsOf, type OrderState } from './states.ts';

/** An order that has to be settled since its time is up. */
export interface DueOrder {
  tenantId: number;
  orderId: string;
}

/**
 * Orders whose time is up, in order of id; those of a tenant that is gone are nobody's. Also those whose reservation
 * the inventory gave back meanwhile: they may be paid until then, and no longer.
 */
export const dueOrders = (trx: Sql, now: Date, limit: number, after?: DueOrder): Promise<DueOrder[]> =>
  trx.rows<DueOrder>(
    `SELECT o.order_id AS "orderId", o.tenant_id AS "tenantId"
     FROM ordering_orders o JOIN ordering_reservations r USING (order_id, tenant_id) JOIN organizations USING (tenant_id)
     WHERE o.state IN ('pending', 'payment_pending') AND r.expires_at <= $1 AND (o.order_id, o.tenant_id) > ($3, $4)
     ORDER BY o.order_id, o.tenant_id LIMIT $2`,
    [now, limit, after?.orderId ?? '', after?.tenantId ?? 0],
  );

/** The tenant's unpaid orders with one of these variants, in order of id. */
export async function unpaidWith(trx: Sql, tenantId: number, variantIds: readonly string[]): Promise<string[]> {
  const rows = await trx.rows<{ orderId: string }>(
    `SELECT DISTINCT o.order_id AS "orderId" FROM ordering_order_lines l JOIN ordering_orders o USING (order_id, tenant_id)
     WHERE l.variant_id = ANY($2) AND l.tenant_id = $1 AND o.state IN ('pending', 'payment_pending') ORDER BY 1`,
    [tenantId, variantIds],
  );
  return rows.map(({ orderId }) => orderId);
}

/** The order that was made of a cart. */
export const orderOfCart = (trx: Sql, tenantId: number, cartId: string) =>
  trx.maybe<{ orderId: string; orderNumber: string }>(
    `SELECT order_id AS "orderId", order_number AS "orderNumber" FROM ordering_orders WHERE cart_id = $2 AND tenant_id = $1`,
    [tenantId, cartId],
  );

interface HeadRow {
  order_id: string;
  order_number: string;
  customer_id: string;
  state: OrderState;
  reason: string | null;
  auto_cancelled: boolean | null;
  currency: string;
  total_cents: Cents;
  placed_at: Date;
  updated_at: Date;
  expires_at: Date;
}

const HEAD = `o.order_id, o.order_number, o.customer_id, o.state, o.reason, o.auto_cancelled, o.currency, o.total_cents,
  o.placed_at, o.updated_at, r.expires_at`;

/** An order in a list: as it is now, whatever was written down. */
function headOf({ total_cents, expires_at, ...row }: HeadRow, now: Date) {
  const { state, reason } = orderAsOf(row, { state: 'held', expiresAt: expires_at }, now);
  const auto_cancelled = state === row.state ? row.auto_cancelled : true;
  return { ...row, state, reason, auto_cancelled, total_amount: fromCents(total_cents) };
}

export type OrderHead = ReturnType<typeof headOf>;

/** One order whole; undefined when this tenant has none of that id. */
export async function findOrder(trx: Sql, tenantId: number, orderId: string, now: Date) {
  const [head, lines, steps] = await together([
    trx.maybe<HeadRow>(
      `SELECT ${HEAD} FROM ordering_orders o JOIN ordering_reservations r USING (order_id, tenant_id)
       WHERE o.order_id = $1 AND o.tenant_id = $2`,
      [orderId, tenantId],
    ),
    trx.rows<PricedLine>(
      `SELECT variant_id AS "variantId", product_id AS "productId", quantity, unit_price_cents AS "unitPriceCents"
       FROM ordering_order_lines WHERE order_id = $1 AND tenant_id = $2 ORDER BY position`,
      [orderId, tenantId],
    ),
    trx.rows<{ state: OrderState; reason: string | null; at: Date }>(
      `SELECT state, reason, taken_at AS at FROM ordering_order_steps WHERE order_id = $1 AND tenant_id = $2 ORDER BY step_id`,
      [orderId, tenantId],
    ),
  ]);
  if (head === undefined) return undefined;
  const { reservation, items } = await readReservation(trx, tenantId, orderId);
  const order = headOf(head, now);
  const over = order.state === 'cancelled';
  return {
    ...order,
    items: itemsOf(lines, items).map((item) => ({
      variant_id: item.variantId,
      product_id: item.productId,
      warehouse_id: item.warehouseId,
      quantity: item.quantity,
      unit_price: fromCents(item.unitPriceCents),
    })),
    reservation: {
      reservation_id: reservation.reservationId,
      state: over ? ('released' as const) : reservation.state,
      expires_at: reservation.expiresAt,
    },
    payments: await paymentsIn(trx, tenantId, orderId),
    steps,
  };
}

export type OrderView = NonNullable<Awaited<ReturnType<typeof findOrder>>>;

const paymentsIn = async (trx: Sql, tenantId: number, orderId: string) =>
  (await paymentsOf(trx, tenantId, orderId)).map((payment) => ({
    payment_id: payment.payment_id,
    gateway: payment.gateway,
    gateway_payment_id: payment.gateway_payment_id,
    state: payment.state,
    amount: fromCents(payment.amount_cents),
    refunded: fromCents(payment.refunded_cents),
  }));

/** What a list is narrowed to; each left out: all. `before`: those placed before this order. */
export interface OrderFilter {
  state?: OrderState;
  customerId?: string;
  before?: string;
  limit: number;
}

/** A tenant's orders, the newest first. `effective` says in SQL what `orderAsOf` says. */
export async function listOrders(
  trx: Sql, tenantId: number, { state, customerId, before, limit }: OrderFilter, now: Date,
): Promise<OrderHead[]> {
  const rows = await trx.rows<HeadRow>(
    `SELECT ${HEAD}
     FROM ordering_orders o JOIN ordering_reservations r USING (order_id, tenant_id)
     CROSS JOIN LATERAL (
       SELECT CASE WHEN o.state IN ('pending', 'payment_pending') AND r.expires_at <= $2 THEN 'cancelled' ELSE o.state END AS state
     ) AS effective
     WHERE o.tenant_id = $1 AND ($3::text IS NULL OR effective.state = $3) AND ($4::text IS NULL OR o.customer_id = $4)
       AND ($5::text IS NULL OR (o.placed_at, o.order_id) <
         (SELECT b.placed_at, b.order_id FROM ordering_orders b WHERE b.order_id = $5 AND b.tenant_id = $1))
     ORDER BY o.placed_at DESC, o.order_id DESC LIMIT $6`,
    [tenantId, now, state ?? null, customerId ?? null, before ?? null, limit],
  );
  return rows.map((row) => headOf(row, now));
}
