import type { Sql } from '../../../kernel/database.ts';

/** An order of the checkout's; whatever id a message names, only such a one is cancelled or confirmed by it. */
export interface OwnOrder {
  orderId: string;
  tenantId: number;
  /** By which gateway our payment part takes the money; null where others charge, or nobody has yet. */
  chargedBy: string | null;
}

/** Asked under the system role and the order's lock; undefined when the checkout made no order of this id. */
export const findOwn = (trx: Sql, orderId: string): Promise<OwnOrder | undefined> =>
  trx.maybe<OwnOrder>(
    `SELECT order_id AS "orderId", tenant_id AS "tenantId", charged_by AS "chargedBy"
     FROM ordering_checkout_orders WHERE order_id = $1 ORDER BY tenant_id LIMIT 1`,
    [orderId],
  );

export const insertOwn = (trx: Sql, orderId: string, tenantId: number) =>
  trx.run('INSERT INTO ordering_checkout_orders (order_id, tenant_id) VALUES ($1, $2)', [orderId, tenantId]);

export const writeChargedBy = (trx: Sql, { orderId, tenantId }: OwnOrder, gateway: string) =>
  trx.run('UPDATE ordering_checkout_orders SET charged_by = $3 WHERE order_id = $1 AND tenant_id = $2', [orderId, tenantId, gateway]);
