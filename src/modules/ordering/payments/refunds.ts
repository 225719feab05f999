import type { Work } from '../../../events/work.ts';
import { markRefundAsked, type Payment } from './repository.ts';
import { leftOf } from './rules.ts';
import { refundCreate } from './topics.ts';

/**
 * Asks for these payments' money to be given back: a message of this transaction, sent after its COMMIT. The rows are
 * locked by the caller and were not asked about before, so it is asked once.
 */
export async function askRefunds(work: Work, payments: readonly Payment[], reason: string): Promise<void> {
  const open = payments.filter((payment) => payment.refundAskedAt === null && leftOf(payment) > 0);
  for (const payment of open) {
    const { paymentId: payment_id, gatewayPaymentId: payment_intent, orderId: order_id, currency, tenantId } = payment;
    const amount_cents = leftOf(payment);
    work.publish(refundCreate, { payment_id, payment_intent, order_id, amount_cents, currency, reason }, { tenantId });
  }
  const [first] = open;
  if (first === undefined) return;
  await markRefundAsked(work.trx, first.tenantId, open.map(({ paymentId }) => paymentId), work.now);
}
