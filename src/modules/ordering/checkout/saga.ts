import { createSaga, TIMEOUT, type Saga } from '../../../events/saga.ts';
import type { Happening } from '../../../events/saga-rules.ts';
import type { Work } from '../../../events/work.ts';
import { findHead, type OrderHead } from '../orders/read-model.ts';
import { orderSubject } from '../orders/topics.ts';
import type { OrderingDeps, OrdersPort } from '../ports.ts';
import { findOwn } from './repository.ts';
import { cancelledAs, paymentOf } from './rules.ts';
import { orderCreated, orderRejected } from './topics.ts';

/** What the checkout remembers of an order beside its steps. */
export interface CheckoutData {
  /** Whose products are meant, where whoever asked has said so; no message carries it. */
  organizationId?: string;
  /** A hash of what was asked for, by which a repetition is known. */
  asked?: string;
}

export type CheckoutSaga = Saga<CheckoutData>;

/** Woken when the checkout asks for the payment, or is over. */
export const paymentAsked = (orderId: string) => `cobro:${orderSubject(orderId)}`;

/**
 * The document's event buffer: joins UserValidated and InventoryUpdated in Postgres, asks for the payment, and rejects
 * what is refused or not answered in time. What was set aside for a rejected order is given back in the very
 * transaction that rejects it.
 */
export const createCheckoutSaga = (
  { config }: Pick<OrderingDeps, 'config'>, orders: Pick<OrdersPort, 'withdraw'>,
): CheckoutSaga =>
  createSaga<CheckoutData>({
    name: 'checkout',
    deadlineMs: config.CHECKOUT_DEADLINE,
    subject: orderSubject,
    steps: {
      user: {},
      stock: {},
      payment: {
        after: ['user', 'stock'],
        do: (work, { id }) => {
          work.publish(orderCreated, { type: 'OrderCreated', order_id: id });
          work.log.info(`🟢 OrderCreated emitido para ${id}`);
          work.wake(paymentAsked(id));
        },
      },
    },
    failed: async (work, { id, reason }) => {
      await withdrawOwn(orders, work, id, reason ?? '');
      work.publish(orderRejected, { type: 'OrderRejected', order_id: id, reason: reason ?? '' });
      work.log.info(`🔴 OrderRejected emitido para ${id}: ${reason}`);
      work.wake(paymentAsked(id));
    },
    overdue: async (work, { id }) => overdue(await ownHead(work, id)),
  });

/** One that was paid over the payments' own ways, just before its time was up, is paid. */
const overdue = (head: OrderHead | undefined): Happening =>
  paymentOf(head?.state) === 'paid' ? { kind: 'done', step: 'payment' } : { kind: 'failed', reason: TIMEOUT };

/** The checkout's order of this id as it is now; undefined where others keep it. */
export async function ownHead({ trx, now }: Work, orderId: string): Promise<OrderHead | undefined> {
  const own = await findOwn(trx, orderId);
  return own && findHead(trx, own.tenantId, orderId, now);
}

/** Cancels the checkout's order of this id, if it has one and it is unpaid; another's stays as it is. */
export async function withdrawOwn(orders: Pick<OrdersPort, 'withdraw'>, work: Work, orderId: string, reason: string): Promise<void> {
  if (await findOwn(work.trx, orderId)) await orders.withdraw(work, orderId, cancelledAs(reason));
}
