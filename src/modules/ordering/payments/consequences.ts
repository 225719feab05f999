import { outdated } from '../../../events/in-organization.ts';
import { done, type Outcome } from '../../../events/outcome.ts';
import type { Work } from '../../../events/work.ts';
import { maybeOrganizationOf } from '../../../kernel/organizations.ts';
import type { Notify, OrdersPort } from '../ports.ts';
import type { PaymentNews } from './news.ts';
import type { PaidOrder } from './paid-order.ts';
import { askRefunds } from './refunds.ts';
import { lockTaken, type Payment } from './repository.ts';
import type { Effect } from './rules.ts';

export interface PaymentHandlerDeps {
  orders: OrdersPort;
  notify: Notify;
}

/** A payment after what was said of it, the order it is for as it was then, and what was said. */
export interface Applied {
  payment: Payment;
  order: PaidOrder;
  news: PaymentNews;
}

/** What the payment's change means for its order and its customer. */
export async function follow(deps: PaymentHandlerDeps, work: Work, effect: Effect, applied: Applied): Promise<Outcome> {
  const { payment, order, news } = applied;
  switch (effect) {
    case 'paid':
      return confirm(deps, work, applied);
    case 'wrong_amount':
      return giveBackWrongAmount(work, applied);
    case 'failed':
      tellFailure(deps, work, applied);
      return done();
    case 'given_back':
      await cancelWhenNothingIsLeft(deps, work, payment);
      return done();
    case 'late':
      return outdated(`el pago ${news.gatewayPaymentId} del pedido ${order.orderNumber}`);
    case 'none':
      return done();
  }
}

async function confirm(deps: PaymentHandlerDeps, work: Work, { payment, order }: Applied): Promise<Outcome> {
  const verdict = await asked(deps, work, payment);
  if (verdict !== 'refund') return done();
  await askRefunds(work, [payment], 'order_not_payable');
  work.log.warn(`[PAYMENT] order ${order.orderId} cannot take payment ${payment.paymentId}: it is given back`);
  return done({
    code: 'devolucion_pedida',
    message: `el pedido ${order.orderNumber} no puede tomar el pago ${payment.gatewayPaymentId}; se devuelve`,
  });
}

/** Paid already, be it that its stock is still being reserved: the second money is one too many. */
async function asked({ orders }: PaymentHandlerDeps, work: Work, { paymentId, tenantId, orderId }: Payment) {
  const taken = await lockTaken(work.trx, tenantId, orderId);
  if (taken.some((other) => other.paymentId !== paymentId)) return 'refund';
  // Nobody sells in the name of a tenant that is gone.
  const organization = await maybeOrganizationOf(work.trx, tenantId);
  return organization ? orders.paid(work, organization, orderId, paymentId) : 'refund';
}

async function giveBackWrongAmount(work: Work, { payment, order, news }: Applied): Promise<Outcome> {
  await askRefunds(work, [payment], 'wrong_amount');
  const message =
    `el pedido ${order.orderNumber} cuesta ${order.cents} ${order.currency} (centavos) y se pagaron ` +
    `${news.cents} ${news.currency}; el pedido queda como estaba y se devuelve el pago`;
  work.log.warn(`[PAYMENT] ${message}`);
  return done({ code: 'importe_distinto', message });
}

function tellFailure({ notify }: PaymentHandlerDeps, work: Work, { payment, order, news }: Applied): void {
  const data = { order_number: order.orderNumber, reason: payment.failure };
  // Each attempt is told about, each once.
  const notice = { customerId: order.customerId, name: 'payment_failed', data, about: news.eventId };
  notify(work, payment.tenantId, [notice]);
}

/** One that we gave back ourselves had not confirmed the order, or the order was cancelled before. */
async function cancelWhenNothingIsLeft({ orders }: PaymentHandlerDeps, work: Work, payment: Payment): Promise<void> {
  if (payment.refundAskedAt !== null) return;
  const organization = await maybeOrganizationOf(work.trx, payment.tenantId);
  if (organization === undefined) return;
  const left = await lockTaken(work.trx, payment.tenantId, payment.orderId);
  if (left.length === 0) await orders.refunded(work, organization, payment.orderId);
}
