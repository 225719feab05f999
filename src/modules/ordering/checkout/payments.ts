import { done, parked, type Outcome } from '../../../events/outcome.ts';
import { subscribe } from '../../../events/registry.ts';
import type { Work } from '../../../events/work.ts';
import type { Module } from '../../module.ts';
import { orderChanged } from '../orders/topics.ts';
import type { Charging } from './charging.ts';
import { shown, type Payload } from './messages.ts';
import { findOwn, writeChargedBy } from './repository.ts';
import { ownHead } from './saga.ts';
import { orderCreated, paymentProcessed, PAYMENT_QUEUE } from './topics.ts';

/** The document's payment_service. */
export const checkoutPaymentsModule = (charging: Charging): Module => ({
  name: 'checkout-payments',
  topics: [orderCreated, paymentProcessed],
  subscriptions: [
    subscribe({ subscriber: PAYMENT_QUEUE, queue: PAYMENT_QUEUE, topic: orderCreated, handle: chargeWhenOrderIsCreated(charging) }),
  ],
});

const chargeWhenOrderIsCreated =
  ({ by, outcome }: Charging) =>
  async (created: Payload<typeof orderCreated>, work: Work): Promise<Outcome> => {
    const { order_id } = created;
    const own = await findOwn(work.trx, order_id);
    if (!own?.chargedBy) {
      work.log.info(`💳 PaymentService recibió OrderCreated: ${shown(created)}`);
      work.log.info(`💸 Procesando pago para orden ${order_id}...`);
    }
    if (own?.chargedBy === null) await writeChargedBy(work.trx, own, by);
    const status = outcome((await ownHead(work, order_id))?.state);
    if (status === 'waiting') return parked(orderChanged(order_id), 'espera_pago', `la orden ${order_id} espera que la paguen`);
    work.publish(paymentProcessed, { type: 'PaymentProcessed', order_id, status });
    work.log.info(status === 'success' ? `✅ Pago procesado para orden ${order_id}` : `❌ Pago rechazado para orden ${order_id}`);
    return done();
  };
