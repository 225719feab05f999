import { randomUUID } from 'node:crypto';
import type { Sql } from '../../../kernel/database.ts';
import type { Money, PaymentFacts } from './rules.ts';

/** Where a payment belongs; see `movePayment`. */
export interface PaymentRef {
  paymentId: string;
  tenantId: number;
  orderId: string;
}

export interface Payment extends PaymentRef, PaymentFacts {
  gateway: string;
  gatewayPaymentId: string;
  refundAskedAt: Date | null;
}

const PAYMENT = `payment_id AS "paymentId", tenant_id AS "tenantId", order_id AS "orderId", gateway,
  gateway_payment_id AS "gatewayPaymentId", amount_cents AS cents, currency, state, refunded_cents AS "refundedCents",
  refund_asked_at AS "refundAskedAt", failure, paid_at AS "paidAt"`;

/** Whose a payment is: its gateway's name for it is one for all tenants. */
export const findPayment = (trx: Sql, gateway: string, gatewayPaymentId: string): Promise<PaymentRef | undefined> =>
  trx.maybe<PaymentRef>(
    `SELECT payment_id AS "paymentId", tenant_id AS "tenantId", order_id AS "orderId"
     FROM ordering_payments WHERE gateway_payment_id = $1 AND gateway = $2`,
    [gatewayPaymentId, gateway],
  );

/** Behind the order's lock, as every lock of a payment's row. */
export const lockPayment = (trx: Sql, { paymentId, tenantId }: PaymentRef): Promise<Payment> =>
  trx.one<Payment>(
    `SELECT ${PAYMENT} FROM ordering_payments WHERE payment_id = $1 AND tenant_id = $2 FOR UPDATE`,
    [paymentId, tenantId],
  );

/** What came in for an order and is still ours, locked; the first money first. */
export async function lockTaken(trx: Sql, tenantId: number, orderId: string): Promise<Payment[]> {
  const taken = await trx.rows<Payment>(
    `SELECT ${PAYMENT} FROM ordering_payments
     WHERE order_id = $1 AND tenant_id = $2 AND state = 'succeeded' AND refund_asked_at IS NULL
     ORDER BY payment_id FOR UPDATE`,
    [orderId, tenantId],
  );
  return taken.sort((a, b) => (a.paidAt?.getTime() ?? 0) - (b.paidAt?.getTime() ?? 0));
}

export const insertPayment = (
  trx: Sql,
  payment: Money & { tenantId: number; orderId: string; gateway: string; gatewayPaymentId: string; now: Date },
): Promise<Payment> =>
  trx.one<Payment>(
    `INSERT INTO ordering_payments
       (payment_id, tenant_id, order_id, gateway, gateway_payment_id, amount_cents, currency, created_at, updated_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $8) RETURNING ${PAYMENT}`,
    [
      randomUUID(), payment.tenantId, payment.orderId, payment.gateway, payment.gatewayPaymentId, payment.cents,
      payment.currency, payment.now,
    ],
  );

/** It is another order's from now on, for what that one costs; the order it was registered for knows nothing of it. */
export const movePayment = (
  trx: Sql, { paymentId, tenantId }: PaymentRef, to: Money & { tenantId: number; orderId: string }, now: Date,
): Promise<Payment> =>
  trx.one<Payment>(
    `UPDATE ordering_payments SET tenant_id = $3, order_id = $4, amount_cents = $5, currency = $6, updated_at = $7
     WHERE payment_id = $1 AND tenant_id = $2 RETURNING ${PAYMENT}`,
    [paymentId, tenantId, to.tenantId, to.orderId, to.cents, to.currency, now],
  );

export async function writeFacts(
  trx: Sql, { paymentId, tenantId }: PaymentRef, facts: PaymentFacts, now: Date,
): Promise<void> {
  await trx.run(
    `UPDATE ordering_payments SET state = $3, amount_cents = $4, currency = $5, refunded_cents = $6, failure = $7,
            paid_at = $8, updated_at = $9
     WHERE payment_id = $1 AND tenant_id = $2`,
    [
      paymentId, tenantId, facts.state, facts.cents, facts.currency, facts.refundedCents, facts.failure, facts.paidAt,
      now,
    ],
  );
}

export async function markRefundAsked(
  trx: Sql, tenantId: number, paymentIds: readonly string[], now: Date,
): Promise<void> {
  await trx.run(
    'UPDATE ordering_payments SET refund_asked_at = $3, updated_at = $3 WHERE payment_id = ANY($1) AND tenant_id = $2',
    [paymentIds, tenantId, now],
  );
}
