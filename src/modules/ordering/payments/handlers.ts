import { parked, refused, type Outcome } from '../../../events/outcome.ts';
import { lockSubjects } from '../../../events/processor.ts';
import type { Work } from '../../../events/work.ts';
import { fromCents } from '../../../kernel/money.ts';
import { findOrganizationEver } from '../../../kernel/organizations.ts';
import { orderSubject } from '../orders/topics.ts';
import { follow, type PaymentHandlerDeps } from './consequences.ts';
import { newsOfFailure, newsOfRefund, newsOfSuccess, type PaymentNews } from './news.ts';
import { findPaidOrder, type PaidOrder } from './paid-order.ts';
import { findPayment, insertPayment, lockPayment, movePayment, writeFacts, type Payment, type PaymentRef } from './repository.ts';
import { decide, samePrice, type Money } from './rules.ts';
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

/** Under the lock of the payment, which the event's subject is; the orders' come next, the payment's row last. */
async function apply(deps: PaymentHandlerDeps, news: PaymentNews, work: Work): Promise<Outcome> {
  const known = await findPayment(work.trx, STRIPE, news.gatewayPaymentId);
  const named = await namedOrder(work, news);
  const subjects = [known, named].flatMap((one) => (one ? [{ subject: orderSubject(one.orderId) }] : []));
  await lockSubjects(work.trx, subjects);
  const target = known === undefined ? await adopt(work, news, named) : await place(work, news, known, named);
  if (target === undefined) return waiting(work, news, named);
  const { payment, order } = target;
  const { next, effect } = decide(payment, news, order);
  if (next !== payment) await writeFacts(work.trx, payment, next, work.now);
  return follow(deps, work, effect, { payment: { ...payment, ...next }, order, news });
}

/** A payment, and the order whose price it has to be. */
interface Target {
  payment: Payment;
  order: PaidOrder;
}

type NamedOrder = PaidOrder & { tenantId: number };

/**
 * Where a registered payment belongs. Anybody may register an intent; what was signed into it says whose money it is. So
 * as long as no money came in, the order that is named has it when it is its price, and nobody has it when it is not.
 */
async function place(work: Work, news: PaymentNews, known: PaymentRef, named: NamedOrder | undefined): Promise<Target> {
  const { trx, now, log } = work;
  const payment = await lockPayment(trx, known);
  const order = await findPaidOrder(trx, known.tenantId, known.orderId, now);
  if (order === undefined) throw new Error(`order ${known.orderId} of payment ${news.gatewayPaymentId} is gone`);
  const same = named === undefined || (named.tenantId === known.tenantId && named.orderId === known.orderId);
  if (same || payment.paidAt !== null || payment.state === 'refunded') return { payment, order };
  log.warn(`[PAYMENT] ${news.gatewayPaymentId} is registered for order ${known.orderId} and names order ${named.orderId}`);
  if (!samePrice(news, named)) return { payment, order: news.kind === 'succeeded' ? named : order };
  return { payment: await movePayment(trx, known, named, now), order: named };
}

/** Only an order of the very organization that is named with it; of one that is gone as well: its money goes back. */
async function namedOrder(
  { trx, now }: Work, { named }: PaymentNews,
): Promise<NamedOrder | undefined> {
  if (named === undefined) return undefined;
  const organization = await findOrganizationEver(trx, named.organizationId);
  const order = organization && (await findPaidOrder(trx, organization.tenantId, named.orderId, now));
  return order && { ...order, tenantId: organization.tenantId };
}

/** One that nobody registered is the order's whose price it is; undefined when it names none. */
async function adopt(
  { trx, now, wake }: Work, news: PaymentNews, named: NamedOrder | undefined,
): Promise<Target | undefined> {
  if (named === undefined || !samePrice(news, named)) return undefined;
  const { tenantId, orderId, cents, currency } = named;
  const { gatewayPaymentId } = news;
  wake(paymentSubject(gatewayPaymentId)); // others about it may have said less, and wait
  const payment = await insertPayment(trx, { tenantId, orderId, gateway: STRIPE, gatewayPaymentId, cents, currency, now });
  return { payment, order: named };
}

/** @param named an order that it names and whose price it is not. */
function waiting({ log }: Work, news: PaymentNews, named: NamedOrder | undefined): Outcome {
  const { gatewayPaymentId } = news;
  const but = named === undefined ? '' : `: es de ${priceOf(news)} y el pedido ${named.orderId}, que nombra, cuesta ${priceOf(named)}`;
  if (but) log.warn(`[PAYMENT] ${gatewayPaymentId} is of nobody yet${but}`);
  const message = `el pago ${gatewayPaymentId} todavía no se registró${but}; se aplica cuando se registre`;
  return parked(paymentSubject(gatewayPaymentId), 'en_espera', message);
}

const priceOf = ({ cents, currency }: Money): string => `${fromCents(cents)} ${currency}`;
