import { done, parked, type Outcome } from '../../../events/outcome.ts';
import type { Work } from '../../../events/work.ts';
import { toCents } from '../../../kernel/money.ts';
import type { Module } from '../../module.ts';
import { tenantsOfOrder } from '../orders/read-model.ts';
import { orderCancelled, orderChanged, orderConfirmed, orderPlaced, reservationConfirm, reservationRelease } from '../orders/topics.ts';
import { paymentsOf } from '../payments/read-model.ts';
import { SIMULATED, type ChargesPort, type OrdersPort } from '../ports.ts';
import { simulatedPayment } from './charging.ts';
import { SOURCE } from './rules.ts';
import { taking } from './taking.ts';
import { inventoryReservationFailed, notificationSent, orderCreated, paymentApproved, paymentRejected } from './topics.ts';

type Approved = (typeof paymentApproved)['schema']['_output'];
type Rejected = (typeof paymentRejected)['schema']['_output'];
type Failed = (typeof inventoryReservationFailed)['schema']['_output'];
type Sent = (typeof notificationSent)['schema']['_output'];

/** The gateway of money that another service took: it gives it back itself, and is told by an operator. */
const THEIRS = 'orders-api';

/** What inventory and payments answer, as our orders take it. */
export function ordersPart(orders: OrdersPort, charges: ChargesPort): Module {
  const take = taking('orders');
  return {
    name: 'orders-api-orders',
    topics: [
      orderCreated, inventoryReservationFailed, paymentApproved, paymentRejected, notificationSent,
      orderPlaced, orderConfirmed, orderCancelled, reservationConfirm, reservationRelease, // what becomes of orders by them
    ],
    subscriptions: [
      take(paymentApproved, confirmWhenPaymentIsApproved(charges)),
      take<Rejected>(paymentRejected, cancelWhen(orders, 'payment_rejected')),
      take<Failed>(inventoryReservationFailed, cancelWhen(orders, 'out_of_stock')),
      take(notificationSent, noteWhenCustomerIsTold),
    ],
  };
}

const confirmWhenPaymentIsApproved = (charges: ChargesPort) => async ({ source, data }: Approved, work: Work): Promise<Outcome> => {
  const { orderId, paymentId, amount, currency } = data;
  const [tenantId] = await tenantsOfOrder(work.trx, orderId);
  if (tenantId === undefined) {
    return parked(orderChanged(orderId), 'orden_desconocida', `todavía no hay ningún pedido ${orderId}; se espera a que se reserve`);
  }
  // Of what was paid over REST or at the gateway this is only the news.
  const known = await paymentsOf(work.trx, tenantId, orderId);
  if (known.some(({ payment_id }) => payment_id === paymentId)) return done();
  const simulated = source === SOURCE && paymentId === simulatedPayment(orderId);
  // Theirs may name two orders' payments alike, and a gateway's names are one for all orders.
  const charge = {
    ...(simulated ? { gateway: SIMULATED, gatewayPaymentId: paymentId } : { gateway: THEIRS, gatewayPaymentId: `${orderId}/${paymentId}` }),
    money: { cents: toCents(amount), currency },
  };
  const answer = await charges.charged(work, tenantId, orderId, charge);
  if (answer === 'confirmed' || answer === 'waiting') return done();
  work.log.warn(`[ORDERS API] order ${orderId} does not take payment ${paymentId}: ${answer}`);
  return done({
    code: 'devolucion_pedida',
    message: `el pedido ${orderId} no puede tomar el pago ${paymentId} de ${amount} ${currency}: no es lo que cuesta, o ya está pagado o cancelado; se devuelve`,
  });
};

/** One that is paid, or is not here, stays as it is. */
const cancelWhen = (orders: OrdersPort, reason: string) => async ({ data }: Rejected | Failed, work: Work): Promise<Outcome> => {
  await orders.withdraw(work, data.orderId, reason);
  return done();
};

const noteWhenCustomerIsTold = async ({ data }: Sent, work: Work): Promise<Outcome> => {
  work.log.info(`[ORDERS API] the customer of order ${data.orderId} was told by ${data.channel}: ${data.template}`);
  return done();
};
