import { done, parked, type Outcome } from '../../../events/outcome.ts';
import { createSaga, type Saga } from '../../../events/saga.ts';
import type { Work } from '../../../events/work.ts';
import type { Module, ModuleDeps } from '../../module.ts';
import { orderCancelled, orderChanged, orderPlaced, orderSubject, reservationConfirm, reservationRelease } from '../orders/topics.ts';
import type { OrdersPort, Reserving } from '../ports.ts';
import { answering } from './messages.ts';
import { lineProblems } from './sums.ts';
import { taking } from './taking.ts';
import { inventoryReservationFailed, inventoryReserved, orderCreated, paymentApproved, paymentRejected } from './topics.ts';
import { wantedOf } from './wanted.ts';

type OrderCreated = (typeof orderCreated)['schema']['_output'];
type Rejected = (typeof paymentRejected)['schema']['_output'];
type Approved = (typeof paymentApproved)['schema']['_output'];

/**
 * The order's stock: announced, reserved, paid. What the announcement took is given back once, however it fails: also when
 * the payment's rejection comes first, which leaves it failed, so that a late announcement takes nothing.
 */
const stockSaga = (orders: OrdersPort, deadlineMs: number): Saga<object> =>
  createSaga<object>({
    name: 'order-stock',
    deadlineMs,
    subject: orderSubject,
    steps: {
      // A word of ours: what a rejection says may be the word of a time-out, which has a meaning of its own here.
      announced: { undo: (work, { id }) => orders.withdraw(work, id, 'payment_rejected') },
      reserved: { after: ['announced'] },
      paid: { after: ['reserved'] },
    },
  });

/** Sets stock aside for orders that are announced, and gives it back when they are not paid. */
export function inventoryPart(deps: ModuleDeps, orders: OrdersPort): Module {
  const stock = stockSaga(orders, deps.config.PARK_TTL);
  const take = taking('inventory');
  return {
    name: 'orders-api-inventory',
    topics: [
      orderCreated, inventoryReserved, inventoryReservationFailed, paymentApproved, paymentRejected,
      orderPlaced, orderCancelled, reservationConfirm, reservationRelease, // what becomes of orders by them
    ],
    subscriptions: [
      take(orderCreated, reserveWhenOrderIsCreated(orders, stock)),
      take(paymentApproved, settleWhenPaymentIsApproved(stock)),
      take(paymentRejected, giveBackWhenPaymentIsRejected(stock)),
    ],
    jobs: [{ name: 'expire-order-stock', schedule: '*/30 * * * * *', run: async () => void (await stock.expire(deps)) }],
  };
}

const reserveWhenOrderIsCreated = (orders: OrdersPort, stock: Saga<object>) => async (event: OrderCreated, work: Work): Promise<Outcome> => {
  const { data } = event;
  const { orderId } = data;
  const { steps, reason } = await stock.advance(work, orderId, { kind: 'done', step: 'announced' });
  if (steps['reserved'] === 'open') { // it was rejected before it was announced
    tellFailed(work, event, { reason: reason ?? 'payment_rejected', items: [] });
    return done();
  }
  if (steps['reserved'] !== 'asked') return done();
  const answer = await orders.reserve(work, wantedOf(data));
  if (answer.kind === 'waiting') {
    return parked(orderChanged(orderId), 'espera_el_stock', 'no se conoce el stock; se espera lo que conteste el inventario');
  }
  if (answer.kind === 'refused') {
    await stock.advance(work, orderId, { kind: 'refused', step: 'reserved', reason: answer.reason });
    tellFailed(work, event, answer);
  } else {
    await stock.advance(work, orderId, { kind: 'done', step: 'reserved' });
    tellReserved(work, event, answer);
    work.wake(orderChanged(orderId)); // what came before the order was here: its payment
  }
  return done(...lineProblems(data).map((message) => ({ code: 'suma_de_items_distinta', message })));
};

const settleWhenPaymentIsApproved = (stock: Saga<object>) => async ({ data }: Approved, work: Work): Promise<Outcome> => {
  await stock.advance(work, data.orderId, { kind: 'done', step: 'paid' });
  return done();
};

const giveBackWhenPaymentIsRejected = (stock: Saga<object>) => async ({ data }: Rejected, work: Work): Promise<Outcome> => {
  await stock.advance(work, data.orderId, { kind: 'refused', step: 'paid', reason: data.reason });
  return done();
};

function tellReserved(work: Work, event: OrderCreated, reserved: Extract<Reserving, { kind: 'reserved' }>): void {
  const { orderId, items } = event.data;
  const { reservationId, expiresAt, tenantId } = reserved;
  const data = {
    orderId,
    reservationId,
    expiresAt: expiresAt.toISOString(),
    items: items.map(({ productId, sku, quantity }) => ({ productId, sku: sku ?? productId, quantity })),
  };
  work.publish(inventoryReserved, answering('InventoryReservedEvent', work, event, data), { tenantId });
}

function tellFailed(
  work: Work, event: OrderCreated, { reason, items }: Pick<Extract<Reserving, { kind: 'refused' }>, 'reason' | 'items'>,
): void {
  const data = { orderId: event.data.orderId, reason, items };
  work.publish(inventoryReservationFailed, answering('InventoryReservationFailedEvent', work, event, data));
}
