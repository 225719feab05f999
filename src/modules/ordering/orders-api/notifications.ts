import { done, refusedForNow, type Outcome } from '../../../events/outcome.ts';
import type { Work } from '../../../events/work.ts';
import type { Module } from '../../module.ts';
import type { OnSent } from '../../notifications/ports.ts';
import { findHead } from '../orders/read-model.ts';
import type { Notify, OrdersPort } from '../ports.ts';
import { answering } from './messages.ts';
import { currencyOf } from './sums.ts';
import { taking } from './taking.ts';
import { notificationSent, orderCreated } from './topics.ts';
import { linesOf } from './wanted.ts';

type OrderCreated = (typeof orderCreated)['schema']['_output'];

const TEMPLATE = 'order_confirmation';

/** Tells customers that their order was taken, and the others that they were told. */
export function notificationsPart(orders: OrdersPort, notify: Notify): Module {
  return {
    name: 'orders-api-notifications',
    topics: [orderCreated, notificationSent],
    subscriptions: [taking('notifications')(orderCreated, tellWhenOrderIsCreated(orders, notify))],
  };
}

/** By e-mail to the event's address, and to the customer's telephone where a device is known. */
const tellWhenOrderIsCreated = (orders: OrdersPort, notify: Notify) => async (event: OrderCreated, work: Work): Promise<Outcome> => {
  const { eventId, correlationId, data } = event;
  const { orderId, orderNumber, totalAmount, customerEmail } = data;
  const tenantId = await orders.tenantOf(work, { orderId, lines: linesOf(data) });
  if (tenantId === undefined) {
    return refusedForNow('vendedor_desconocido', `ningún negocio vende todo lo del pedido ${orderId}: no hay en nombre de quién avisar`);
  }
  const own = await findHead(work.trx, tenantId, orderId, work.now); // which knows its customer by the tenant's own name
  const facts = { order_id: orderId, order_number: orderNumber, total: totalAmount, currency: currencyOf(data) };
  notify(work, tenantId, [
    {
      customerId: own?.customer_id ?? data.customerId,
      name: TEMPLATE,
      data: { ...facts, correlation_id: correlationId, causation_id: eventId },
      about: orderId,
      to: { email: customerEmail },
    },
  ]);
  return done();
};

/** For whoever sends the notices: each that this part asked for is answered once a channel. */
export const answerSentNotice: OnSent = (work, { name, channel, data, tenantId, ...sent }) => {
  const { order_id: orderId, correlation_id: correlationId, causation_id: eventId } = data;
  if (name !== TEMPLATE || typeof orderId !== 'string' || typeof correlationId !== 'string' || typeof eventId !== 'string') return;
  // A device's token is a secret of its owner's: the others hear whose it is.
  const recipient = channel === 'push' ? sent.customerId : sent.recipient;
  const said = { orderId, channel, recipient, template: TEMPLATE };
  const answer = answering('NotificationSentEvent', work, { eventId, correlationId }, said, channel);
  work.publish(notificationSent, answer, { tenantId });
};
