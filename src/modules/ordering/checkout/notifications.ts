import { done, parked, type Outcome } from '../../../events/outcome.ts';
import { subscribe } from '../../../events/registry.ts';
import type { Work } from '../../../events/work.ts';
import type { Module } from '../../module.ts';
import { findHead } from '../orders/read-model.ts';
import { orderChanged } from '../orders/topics.ts';
import type { Notify } from '../ports.ts';
import { shown, type Payload } from './messages.ts';
import { findOwn, type OwnOrder } from './repository.ts';
import { paymentOf } from './rules.ts';
import { NOTIFICATION_QUEUE, paymentProcessed } from './topics.ts';

/** The document's notification_service. */
export const checkoutNotificationsModule = (notify: Notify): Module => ({
  name: 'checkout-notifications',
  topics: [paymentProcessed],
  subscriptions: [
    subscribe({
      subscriber: NOTIFICATION_QUEUE, queue: NOTIFICATION_QUEUE, topic: paymentProcessed,
      handle: tellCustomerWhenPaymentIsProcessed(notify),
    }),
  ],
});

const tellCustomerWhenPaymentIsProcessed =
  (notify: Notify) =>
  async (processed: Payload<typeof paymentProcessed>, work: Work): Promise<Outcome> => {
    const { order_id, status } = processed;
    work.log.info(`📧 NotificationService recibió PaymentProcessed: ${shown(processed)}`);
    if (status !== 'success') return done();
    const own = await findOwn(work.trx, order_id);
    if (own !== undefined) return tell(notify, work, own);
    sent(work, order_id); // of an order that others keep we know neither the customer nor the business
    return done();
  };

/** Nobody is told that an order is paid whose money is on its way back: until it is confirmed, the word waits. */
async function tell(notify: Notify, work: Work, { orderId, tenantId }: OwnOrder): Promise<Outcome> {
  const order = await findHead(work.trx, tenantId, orderId, work.now);
  const payment = paymentOf(order?.state);
  if (payment === 'waiting') return parked(orderChanged(orderId), 'espera_confirmacion', `la orden ${orderId} todavía no está confirmada`);
  if (order === undefined || payment === 'over') {
    return done({ code: 'orden_cancelada', message: `la orden ${orderId} se canceló; no se avisa que se pagó` });
  }
  const { customer_id: customerId, order_number } = order;
  notify(work, tenantId, [{ customerId, name: 'checkout_paid', data: { order_id: orderId, order_number }, about: orderId }]);
  sent(work, orderId);
  return done();
}

const sent = (work: Work, orderId: string): void =>
  void work.log.info(`📨 Notificación enviada: Tu orden ${orderId} fue pagada con éxito.`);
