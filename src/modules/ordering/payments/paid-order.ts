import type { Sql } from '../../../kernel/database.ts';
import { toCents } from '../../../kernel/money.ts';
import { findHead } from '../orders/read-model.ts';
import type { PricedOrder } from './rules.ts';

/** What paying needs to know of an order. */
export interface PaidOrder extends PricedOrder {
  orderId: string;
  orderNumber: string;
  customerId: string;
}

/** As it is now: one that was not paid in time is cancelled. Undefined when the tenant has none of that id. */
export async function findPaidOrder(
  trx: Sql, tenantId: number, orderId: string, now: Date,
): Promise<PaidOrder | undefined> {
  const order = await findHead(trx, tenantId, orderId, now);
  return (
    order && {
      orderId,
      orderNumber: order.order_number,
      customerId: order.customer_id,
      state: order.state,
      cents: toCents(order.total_amount),
      currency: order.currency,
    }
  );
}
