import type { Sql } from '../../../kernel/database.ts';
import type { Cents } from '../../../kernel/money.ts';

/** As far as the gateway has told: `pending` nothing yet, `failed` no attempt went through so far. */
export type PaymentState = 'pending' | 'failed' | 'succeeded' | 'refunded';

/** One payment of an order. Amounts in cents; the gateway's own minor units stay at its edge. */
export interface PaymentView {
  payment_id: string;
  order_id: string;
  gateway: string;
  gateway_payment_id: string;
  state: PaymentState;
  amount_cents: Cents;
  refunded_cents: Cents;
  currency: string;
  /** Why the last attempt failed, in the gateway's words; null once money came in. */
  failure: string | null;
  /** When we asked for the money to be given back; the gateway tells when it was. */
  refund_asked_at: Date | null;
  paid_at: Date | null;
  created_at: Date;
}

/** The payments of an order, the first one first. */
export const paymentsOf = (trx: Sql, tenantId: number, orderId: string): Promise<PaymentView[]> =>
  trx.rows<PaymentView>(
    `SELECT payment_id, order_id, gateway, gateway_payment_id, state, amount_cents, refunded_cents, currency, failure,
            refund_asked_at, paid_at, created_at
     FROM ordering_payments WHERE order_id = $1 AND tenant_id = $2 ORDER BY created_at, payment_id`,
    [orderId, tenantId],
  );
