import { done, parked, type Outcome } from '../../../events/outcome.ts';
import { subscribe } from '../../../events/registry.ts';
import type { Happening } from '../../../events/saga-rules.ts';
import type { Work } from '../../../events/work.ts';
import type { Job, Module } from '../../module.ts';
import { findHead } from '../orders/read-model.ts';
import { orderCancelled, orderChanged, orderConfirmed, orderPlaced, reservationConfirm, reservationRelease } from '../orders/topics.ts';
import type { ChargesPort, OrderingDeps } from '../ports.ts';
import { STRIPE } from './charging.ts';
import { shown, type Payload } from './messages.ts';
import { findOwn, type OwnOrder } from './repository.ts';
import { paymentOf, refusalOf } from './rules.ts';
import { ownHead, paymentAsked, type CheckoutSaga } from './saga.ts';
import {
  inventoryRejected, inventoryUpdated, orderCreated, orderRejected, ORDER_QUEUE, paymentProcessed, userRejected, userValidated,
} from './topics.ts';

interface Deps extends Pick<OrderingDeps, 'database' | 'commands' | 'clock' | 'log'> {
  charges: ChargesPort;
  saga: CheckoutSaga;
}

const queue = { subscriber: ORDER_QUEUE, queue: ORDER_QUEUE };

/** The document's order_service: the buffer that joins the answers, and what follows from the payment. */
export const checkoutOrdersModule = (deps: Deps): Module => ({
  name: 'checkout-orders',
  // Also what the order service tells of these orders, so that a process with this part alone sends it.
  topics: [
    userValidated, userRejected, inventoryUpdated, inventoryRejected, orderCreated, orderRejected, paymentProcessed,
    orderPlaced, orderConfirmed, orderCancelled, reservationConfirm, reservationRelease,
  ],
  subscriptions: [
    subscribe({ ...queue, topic: userValidated, handle: hear(deps, '👤', { kind: 'done', step: 'user' }) }),
    subscribe({ ...queue, topic: userRejected, handle: hear(deps, '👤', { kind: 'refused', step: 'user' }) }),
    subscribe({ ...queue, topic: inventoryUpdated, handle: hear(deps, '📦', { kind: 'done', step: 'stock' }) }),
    subscribe({ ...queue, topic: inventoryRejected, handle: hear(deps, '📦', { kind: 'refused', step: 'stock' }) }),
    subscribe({ ...queue, topic: paymentProcessed, handle: settleOrderWhenPaymentIsProcessed(deps) }),
  ],
  jobs: [expireOverdueCheckouts(deps)],
});

/** Gives up what was not answered in time; the stock goes back with it. */
const expireOverdueCheckouts = ({ saga, ...deps }: Deps): Job => ({
  name: 'expire-overdue-checkouts',
  schedule: '*/2 * * * * *',
  run: async () => void (await saga.expire(deps)),
});

interface Answer {
  type: string;
  order_id: string;
  reason?: string;
}

/** Takes an answer into the buffer, whichever comes first. */
const hear =
  ({ saga }: Deps, sign: string, heard: { kind: 'done' | 'refused'; step: string }) =>
  async (answer: Answer, work: Work): Promise<Outcome> => {
    const { type, order_id, reason = '' } = answer;
    work.log.info(`${sign} OrderService recibió ${type}: ${shown(answer)}`);
    const happening: Happening = heard.kind === 'done' ? { kind: 'done', step: heard.step } : { kind: 'refused', step: heard.step, reason };
    await saga.advance(work, order_id, happening);
    return done();
  };

type Processed = Payload<typeof paymentProcessed>;

const settleOrderWhenPaymentIsProcessed =
  (deps: Deps) =>
  async (processed: Processed, work: Work): Promise<Outcome> => {
    const { order_id, status } = processed;
    work.log.info(`💳 OrderService recibió PaymentProcessed: ${shown(processed)}`);
    const standing = await deps.saga.find(work.trx, order_id);
    if (standing?.state.status === 'failed') return tooLate(work, processed);
    // Whoever takes money before it was asked for waits: the user may turn out to be nobody, the stock to be none.
    if (standing === undefined || standing.state.steps['payment'] === 'open') {
      return parked(paymentAsked(order_id), 'cobro_no_pedido', `todavía no se pidió cobrar la orden ${order_id}`);
    }
    const own = await findOwn(work.trx, order_id);
    if (own === undefined) return advance(deps, work, order_id, status === 'success' ? undefined : 'payment_failed');
    return status === 'success' ? settle(deps, work, own) : refuseUnlessPaid(deps, work, order_id);
  };

/** @param refusedFor left out: paid. */
async function advance({ saga }: Deps, work: Work, orderId: string, refusedFor?: string): Promise<Outcome> {
  const step = 'payment';
  await saga.advance(work, orderId, refusedFor === undefined ? { kind: 'done', step } : { kind: 'refused', step, reason: refusedFor });
  work.wake(orderChanged(orderId)); // the order may have been cancelled by a person, who wakes nobody
  return done();
}

/** The order is confirmed by what was charged for it, or there is nothing left to give for the money. */
async function settle(deps: Deps, work: Work, { orderId, tenantId, chargedBy }: OwnOrder): Promise<Outcome> {
  const head = () => findHead(work.trx, tenantId, orderId, work.now);
  const before = await head();
  // What comes over Stripe confirms the order itself, before it is told here.
  if (paymentOf(before?.state) !== 'paid' && chargedBy !== STRIPE) {
    await deps.charges.charged(work, tenantId, orderId, { gateway: chargedBy ?? 'checkout', gatewayPaymentId: orderId });
  }
  const after = await head();
  switch (paymentOf(after?.state)) {
    case 'paid':
      return advance(deps, work, orderId);
    case 'over':
      return advance(deps, work, orderId, refusalOf(after?.reason));
    case 'waiting':
      return parked(orderChanged(orderId), 'espera_inventario', `la orden ${orderId} se pagó y espera que el inventario confirme su stock`);
  }
}

async function refuseUnlessPaid(deps: Deps, work: Work, orderId: string): Promise<Outcome> {
  if (paymentOf((await ownHead(work, orderId))?.state) === 'paid') return advance(deps, work, orderId);
  return advance(deps, work, orderId, 'payment_failed');
}

/** What was simulated took nothing; money that others took is theirs to give back, who hear OrderRejected as well. */
function tooLate(work: Work, { order_id, status }: Processed): Outcome {
  if (status !== 'success') return done();
  work.log.warn(`[CHECKOUT] ${order_id} was paid after it had been rejected: whoever took the money gives it back`);
  return done({ code: 'orden_rechazada', message: `la orden ${order_id} ya se había rechazado; quien la cobró debe devolverlo` });
}
