import { together, type Sql } from '../../../kernel/database.ts';
import { fromCents, type Cents } from '../../../kernel/money.ts';
import { paymentsOf } from '../payments/read-model.ts';
import type { Address, OrderDetails } from '../ports.ts';
import { findDetails } from './details.ts';
import { readReservation, type PricedLine } from './repository.ts';
import { itemsOf } from './shelves.ts';
import { isUnpaid, ORDER_STATES, orderAsOf, type OrderState } from './states.ts';

/** An order that has to be settled since its time is up. */
export interface DueOrder {
  tenantId: number;
  orderId: string;
}

/**
 * Orders whose time is up, in order of id; also a tenant's that is gone, whose customers may have paid. Also those whose
 * reservation the inventory gave back meanwhile: they may be paid until then, and no longer.
 */
export const dueOrders = (trx: Sql, now: Date, limit: number, after?: DueOrder): Promise<DueOrder[]> =>
  trx.rows<DueOrder>(
    `SELECT o.order_id AS "orderId", o.tenant_id AS "tenantId"
     FROM ordering_orders o JOIN ordering_reservations r USING (order_id, tenant_id)
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

/** Whose order this is. An id that another service made up may be one of several tenants'. Asked under the system role. */
export async function tenantsOfOrder(trx: Sql, orderId: string): Promise<number[]> {
  const rows = await trx.rows<{ tenantId: number }>(
    'SELECT tenant_id AS "tenantId" FROM ordering_orders WHERE order_id = $1 ORDER BY tenant_id',
    [orderId],
  );
  return rows.map(({ tenantId }) => tenantId);
}

/** The order that was made of a cart, which was ordered. */
export const orderOfCart = (trx: Sql, tenantId: number, cartId: string) =>
  trx.one<{ orderId: string }>(
    `SELECT order_id AS "orderId" FROM ordering_orders WHERE cart_id = $2 AND tenant_id = $1`,
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

const readHead = (trx: Sql, tenantId: number, orderId: string): Promise<HeadRow | undefined> =>
  trx.maybe<HeadRow>(
    `SELECT ${HEAD} FROM ordering_orders o JOIN ordering_reservations r USING (order_id, tenant_id)
     WHERE o.order_id = $1 AND o.tenant_id = $2`,
    [orderId, tenantId],
  );

/** What it is now and what it costs; undefined when this tenant has none of that id. */
export async function findHead(trx: Sql, tenantId: number, orderId: string, now: Date): Promise<OrderHead | undefined> {
  const head = await readHead(trx, tenantId, orderId);
  return head && headOf(head, now);
}

/** One order whole; undefined when this tenant has none of that id. */
export async function findOrder(trx: Sql, tenantId: number, orderId: string, now: Date) {
  const [head, details, lines, steps] = await together([
    readHead(trx, tenantId, orderId),
    findDetails(trx, tenantId, orderId),
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
  // What was sold stays sold, also when all the money went back after it was delivered.
  const over = order.state === 'cancelled' && reservation.state !== 'confirmed';
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
    details: details ? shownDetails(details) : null,
    order_created_event: details?.announced ?? null,
    order_created_event_lacks: details?.lacking ?? [],
  };
}

const shownDetails = (details: OrderDetails) => ({
  customer_email: details.customerEmail ?? null,
  customer_phone: details.customerPhone ?? null,
  shipping_address: shownAddress(details.shippingAddress),
  billing_address: shownAddress(details.billingAddress),
  payment_method: details.paymentMethod
    ? {
        type: details.paymentMethod.type ?? null,
        last_four_digits: details.paymentMethod.lastFourDigits ?? null,
        card_brand: details.paymentMethod.cardBrand ?? null,
      }
    : null,
  notes: details.notes ?? null,
  tax: fromCents(details.taxCents),
  shipping: fromCents(details.shippingCents),
  discount: fromCents(details.discountCents),
});

const shownAddress = (address: Address | null | undefined) =>
  address
    ? {
        recipient_name: address.recipientName,
        address_line1: address.addressLine1,
        address_line2: address.addressLine2 ?? null,
        city: address.city,
        state: address.state ?? null,
        postal_code: address.postalCode ?? null,
        country: address.country,
        phone_number: address.phoneNumber ?? null,
      }
    : null;

export type OrderView = NonNullable<Awaited<ReturnType<typeof findOrder>>>;

const paymentsIn = async (trx: Sql, tenantId: number, orderId: string) =>
  (await paymentsOf(trx, tenantId, orderId)).map((payment) => ({
    payment_id: payment.payment_id,
    gateway: payment.gateway,
    gateway_payment_id: payment.gateway_payment_id,
    state: payment.state,
    amount: fromCents(payment.amount_cents),
    currency: payment.currency,
    refunded: fromCents(payment.refunded_cents),
    refund_asked_at: payment.refund_asked_at,
  }));

/** What a list is narrowed to; each left out: all. `before`: those placed before this order. */
export interface OrderFilter {
  state?: OrderState;
  customerId?: string;
  before?: string;
  limit: number;
}

/**
 * A tenant's orders, the newest first. Each state that they may be written down with is walked by its index, as far as
 * the page goes. @returns undefined when it has no order `before`.
 */
export async function listOrders(
  trx: Sql, tenantId: number, { state, customerId, before, limit }: OrderFilter, now: Date,
): Promise<OrderHead[] | undefined> {
  const last = before === undefined ? undefined : await placeInList(trx, tenantId, before);
  if (before !== undefined && last === undefined) return undefined;
  const written = writtenAs(state);
  const rows = await trx.rows<HeadRow>(
    `SELECT page.* FROM unnest($3::text[], $4::boolean[]) AS written(state, expired) CROSS JOIN LATERAL (
       SELECT ${HEAD}
       FROM ordering_orders o JOIN ordering_reservations r USING (order_id, tenant_id)
       WHERE o.tenant_id = $1 AND o.state = written.state
         AND (written.expired IS NULL OR (r.expires_at <= $2) = written.expired)
         AND ($5::text IS NULL OR o.customer_id = $5)
         AND ($6::timestamptz IS NULL OR (o.placed_at, o.order_id) < ($6, $7))
       ORDER BY o.placed_at DESC, o.order_id DESC LIMIT $8) AS page
     ORDER BY page.placed_at DESC, page.order_id DESC LIMIT $8`,
    [
      tenantId, now, written.map((one) => one.state), written.map(({ expired }) => expired ?? null),
      customerId ?? null, last?.placedAt ?? null, before ?? null, limit,
    ],
  );
  return rows.map((row) => headOf(row, now));
}

/** A moment as text keeps all its digits. */
const placeInList = (trx: Sql, tenantId: number, orderId: string) =>
  trx.maybe<{ placedAt: string }>(
    `SELECT placed_at::text AS "placedAt" FROM ordering_orders WHERE order_id = $2 AND tenant_id = $1`,
    [tenantId, orderId],
  );

interface Written {
  state: OrderState;
  /** Whether its time has to be up, or must not be; left out: either. */
  expired?: boolean;
}

/** How an order may be written down that is in this state now: as `orderAsOf` has it, turned round. */
function writtenAs(state: OrderState | undefined): Written[] {
  if (state === undefined) return ORDER_STATES.map((any) => ({ state: any }));
  const unpaid = ORDER_STATES.filter((one) => isUnpaid({ state: one }));
  if (state === 'cancelled') return [{ state }, ...unpaid.map((one) => ({ state: one, expired: true }))];
  return [isUnpaid({ state }) ? { state, expired: false } : { state }];
}
