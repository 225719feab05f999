import type { Sql } from '../../../kernel/database.ts';
import type { OrderDetails } from '../ports.ts';
import type { Order } from './repository.ts';

/** Whether others heard of the order by OrderCreatedEvent; `received`: it is they who told us. */
export type Announced = { kind: 'published' } | { kind: 'received' } | { kind: 'not_published'; lacking: string[] };

/** Keeps who an order goes to and how it is paid. Personal data: not for the log. */
export const insertDetails = (
  trx: Sql, { orderId, tenantId }: Pick<Order, 'orderId' | 'tenantId'>, details: OrderDetails, announced: Announced,
) =>
  trx.run(
    `INSERT INTO ordering_order_details (order_id, tenant_id, customer_email, customer_phone, shipping_address, billing_address,
       payment_method, notes, tax_cents, shipping_cents, discount_cents, announced, lacking)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      orderId, tenantId, details.customerEmail ?? null, details.customerPhone ?? null, jsonOrNull(details.shippingAddress),
      jsonOrNull(details.billingAddress), jsonOrNull(details.paymentMethod), details.notes ?? null, details.taxCents,
      details.shippingCents, details.discountCents, announced.kind, 'lacking' in announced ? announced.lacking : [],
    ],
  );

const jsonOrNull = (value: unknown): string | null => (value == null ? null : JSON.stringify(value));

/** What is kept beside an order; undefined for one that came without (seeds 000 and 003). */
export const findDetails = (trx: Sql, tenantId: number, orderId: string) =>
  trx.maybe<OrderDetails & { announced: Announced['kind']; lacking: string[] }>(
    `SELECT customer_email AS "customerEmail", customer_phone AS "customerPhone", shipping_address AS "shippingAddress",
            billing_address AS "billingAddress", payment_method AS "paymentMethod", notes, tax_cents AS "taxCents",
            shipping_cents AS "shippingCents", discount_cents AS "discountCents", announced, lacking
     FROM ordering_order_details WHERE order_id = $1 AND tenant_id = $2`,
    [orderId, tenantId],
  );
