import type { Work } from '../../../events/work.ts';
import { maybeOrganizationOf } from '../../../kernel/organizations.ts';
import type { Charge, ChargesPort, OrdersPort } from '../ports.ts';
import { findPaidOrder, type PaidOrder } from './paid-order.ts';
import { askRefunds } from './refunds.ts';
import { findPayment, insertPayment, lockPayment, writeFacts, type Payment } from './repository.ts';
import { decide } from './rules.ts';

/**
 * Money that came in another way than over Stripe: it confirms its order like any other, or is given back. The work
 * holds the order's lock, and works as the system.
 */
export const createChargesPort = (orders: OrdersPort): ChargesPort => ({
  async charged(work, tenantId, orderId, charge) {
    const { trx, now } = work;
    const organization = await maybeOrganizationOf(trx, tenantId);
    const order = organization && (await findPaidOrder(trx, tenantId, orderId, now));
    if (!organization || !order) return 'unknown';
    const payment = await recorded(work, tenantId, order, charge);
    if (payment.orderId !== orderId || payment.tenantId !== tenantId) return 'unknown'; // it is another order's
    const { next, effect } = decide(payment, { kind: 'succeeded', at: now, ...priceOf(order), ...charge.money }, order);
    if (next !== payment) await writeFacts(trx, payment, next, now);
    if (effect === 'none') return order.state === 'cancelled' ? 'refund' : 'confirmed';
    const answer = effect === 'paid' ? await orders.paid(work, organization, orderId, payment.paymentId) : 'refund';
    if (answer === 'refund') await askRefunds(work, [{ ...payment, ...next }], effect === 'paid' ? 'order_not_payable' : 'wrong_amount');
    return answer;
  },
});

const priceOf = ({ cents, currency }: PaidOrder) => ({ cents, currency });

/** Its row, which one and the same charge has once. */
async function recorded({ trx, now }: Work, tenantId: number, order: PaidOrder, { gateway, gatewayPaymentId }: Charge): Promise<Payment> {
  const known = await findPayment(trx, gateway, gatewayPaymentId);
  if (known !== undefined) return lockPayment(trx, known);
  return insertPayment(trx, { tenantId, orderId: order.orderId, gateway, gatewayPaymentId, ...priceOf(order), now });
}
