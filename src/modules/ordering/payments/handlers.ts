import { parked, refused, refusedForNow, type Outcome } from '../../../events/outcome.ts';
import { lockSubjects } from '../../../events/processor.ts';
import type { Work } from '../../../events/work.ts';
import { findOrganizations } from '../../../kernel/organizations.ts';
import { orderSubject } from '../orders/topics.ts';
import { follow, type PaymentHandlerDeps } from './consequences.ts';
import { newsOfFailure, newsOfRefund, newsOfSuccess, type PaymentNews } from './news.ts';
import { findPaidOrder, type PaidOrder } from './paid-order.ts';
import { findPayment, insertPayment, lockPayment, writeFacts, type Payment, type PaymentRef } from './repository.ts';
import { decide, samePrice } from './rules.ts';
import { STRIPE } from './stripe-gateway.ts';
import { paymentSubject, type ChargeRefunded, type PaymentFailed, type PaymentSucceeded } from './topics.ts';

export const confirmOrderWhenPaid = (deps: PaymentHandlerDeps) => (event: PaymentSucceeded, work: Work) =>
  apply(deps, newsOfSuccess(event), work);

export const tellCustomerWhenPaymentFailed = (deps: PaymentHandlerDeps) => (event: PaymentFailed, work: Work) =>
  apply(deps, newsOfFailure(event), work);

export const recordRefund =
  (deps: PaymentHandlerDeps) =>
  async (event: ChargeRefunded, work: Work): Promise<Outcome> => {
    const { payment_intent } = event.data.object;
    // A charge without an intent was not made here: all of ours are intents.
    if (payment_intent == null) return refused('sin_pago', 'el cobro no es de un payment intent: de ningún pedido');
    return apply(deps, newsOfRefund(event, payment_intent), work);
  };

/** The order whose payment it is, and the payment, once it is known. */
interface Target {
  tenantId: number;
  orderId: string;
  payment?: PaymentRef;
}

/** Under the lock of the payment, which the event's subject is; the order's comes next, the payment's row last. */
async function apply(deps: PaymentHandlerDeps, news: PaymentNews, work: Work): Promise<Outcome> {
  const target = await findTarget(work, news);
  if ('kind' in target) return target;
  const { tenantId, orderId } = target;
  await lockSubjects(work.trx, [{ subject: orderSubject(orderId) }]);
  const order = await findPaidOrder(work.trx, tenantId, orderId, work.now);
  if (order === undefined) throw new Error(`order ${orderId} of payment ${news.gatewayPaymentId} is gone`);
  const payment = target.payment
    ? await lockPayment(work.trx, target.payment)
    : await adopt(work, tenantId, order, news.gatewayPaymentId);
  const { next, effect } = decide(payment, news, order);
  if (next !== payment) await writeFacts(work.trx, payment, next, work.now);
  return follow(deps, work, effect, { payment: { ...payment, ...next }, order, news });
}

/** The payment as it is known, or the order that whoever made it wrote into it; an event of neither waits. */
async function findTarget(work: Work, news: PaymentNews): Promise<Target | Outcome> {
  const { gatewayPaymentId } = news;
  const known = await findPayment(work.trx, STRIPE, gatewayPaymentId);
  const named = await namedOrder(work, news);
  if (known === undefined) {
    if (named !== undefined && samePrice(news, named)) return { tenantId: named.tenantId, orderId: named.orderId };
    return parked(
      paymentSubject(gatewayPaymentId),
      'en_espera',
      `el pago ${gatewayPaymentId} todavía no se registró; se aplica cuando se registre`,
    );
  }
  if (named !== undefined && (named.tenantId !== known.tenantId || named.orderId !== known.orderId)) {
    const message = `el pago ${gatewayPaymentId} está registrado para otro pedido que el que nombra`;
    work.log.warn(`[PAYMENT] ${message}`);
    return refusedForNow('pedido_distinto', message);
  }
  return { tenantId: known.tenantId, orderId: known.orderId, payment: known };
}

/** Only an order of the very organization that is named with it. */
async function namedOrder(
  { trx, now }: Work, { named }: PaymentNews,
): Promise<(PaidOrder & { tenantId: number }) | undefined> {
  if (named === undefined) return undefined;
  const [organization] = await findOrganizations(trx, [named.organizationId]);
  const order = organization && (await findPaidOrder(trx, organization.tenantId, named.orderId, now));
  return order && { ...order, tenantId: organization.tenantId };
}

async function adopt(
  { trx, now, wake }: Work, tenantId: number, { orderId, cents, currency }: PaidOrder, gatewayPaymentId: string,
): Promise<Payment> {
  wake(paymentSubject(gatewayPaymentId)); // others about it may have said less, and wait
  return insertPayment(trx, { tenantId, orderId, gateway: STRIPE, gatewayPaymentId, cents, currency, now });
}
