import type { Work } from '../../../events/work.ts';
import { SIMULATED } from '../ports.ts';
import { markRefundAsked, writeFacts, type Payment } from './repository.ts';
import { leftOf } from './rules.ts';
import { STRIPE } from './stripe-gateway.ts';
import { refundCreate } from './topics.ts';

/**
 * Has these payments' money given back: of Stripe it is asked by a message of this transaction, sent after its COMMIT;
 * what was simulated is back at once. The rows are
 * locked by the caller and were not asked about before, so it is asked once.
 */
export async function askRefunds(work: Work, payments: readonly Payment[], reason: string): Promise<void> {
  const open = payments.filter((payment) => payment.refundAskedAt === null && leftOf(payment) > 0);
  for (const payment of open.filter(({ gateway }) => gateway === SIMULATED)) {
    await writeFacts(work.trx, payment, { ...payment, state: 'refunded', refundedCents: payment.cents }, work.now);
  }
  for (const { gateway, gatewayPaymentId } of open.filter((one) => one.gateway !== SIMULATED && one.gateway !== STRIPE)) {
    work.log.warn(`[PAYMENT] ${gatewayPaymentId} is to be given back (${reason}) by ${gateway}, which took it: nobody is asked`);
  }
  for (const payment of open.filter(({ gateway }) => gateway === STRIPE)) {
    const { paymentId: payment_id, gatewayPaymentId: payment_intent, orderId: order_id, currency, tenantId } = payment;
    const amount_cents = leftOf(payment);
    work.publish(refundCreate, { payment_id, payment_intent, order_id, amount_cents, currency, reason }, { tenantId });
  }
  const [first] = open;
  if (first === undefined) return;
  await markRefundAsked(work.trx, first.tenantId, open.map(({ paymentId }) => paymentId), work.now);
}
