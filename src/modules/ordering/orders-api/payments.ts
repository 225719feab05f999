import { done, parked, type Outcome } from '../../../events/outcome.ts';
import { createSaga, type Saga, type SagaView } from '../../../events/saga.ts';
import type { Work } from '../../../events/work.ts';
import { fromCents, toCents } from '../../../kernel/money.ts';
import type { Module, ModuleDeps } from '../../module.ts';
import { orderChanged, orderSubject } from '../orders/topics.ts';
import { hasGateway } from '../ports.ts';
import { chargeBy, type Charge, type Chargeable } from './charging.ts';
import { answering, type Cause } from './messages.ts';
import { paymentMethodProblem } from './rules.ts';
import { currencyOf } from './sums.ts';
import { taking } from './taking.ts';
import { inventoryReservationFailed, inventoryReserved, orderCreated, paymentApproved, paymentRejected } from './topics.ts';

type OrderCreated = (typeof orderCreated)['schema']['_output'];
type Reserved = (typeof inventoryReserved)['schema']['_output'];
type Failed = (typeof inventoryReservationFailed)['schema']['_output'];

/** What is known of an order's payment; each event adds its part. */
interface Payment {
  created?: Cause & Chargeable;
  reserved?: Cause;
  /** There is nothing to charge for, and the inventory has said so itself. */
  unreserved?: true;
  paymentId?: string;
}

const paymentSaga = (deadlineMs: number): Saga<Payment> =>
  createSaga<Payment>({
    name: 'order-payment',
    deadlineMs,
    subject: orderSubject,
    steps: { announced: {}, reserved: {}, charged: { after: ['announced', 'reserved'] } },
    completed: tellApproved,
    failed: tellRejected,
  });

/** Charges orders once they are announced and their stock is reserved, whichever comes first. */
export function paymentsPart(deps: ModuleDeps, charge: Charge = chargeBy({ simulates: !hasGateway(deps.config) })): Module {
  const saga = paymentSaga(deps.config.ORDER_PAYMENT_TTL);
  const take = taking('payments');
  return {
    name: 'orders-api-payments',
    topics: [orderCreated, inventoryReserved, inventoryReservationFailed, paymentApproved, paymentRejected],
    subscriptions: [
      take(orderCreated, chargeWhenOrderIsCreated(saga, charge)),
      take(inventoryReserved, chargeWhenStockIsReserved(saga, charge)),
      take(inventoryReservationFailed, endWhenStockIsMissing(saga)),
    ],
    jobs: [{ name: 'expire-order-payments', schedule: '* * * * * *', run: async () => void (await saga.expire(deps)) }],
  };
}

const chargeWhenOrderIsCreated = (saga: Saga<Payment>, charge: Charge) => async (event: OrderCreated, work: Work): Promise<Outcome> => {
  const { eventId, correlationId, data } = event;
  const { orderId, paymentMethod: method } = data;
  const problem = paymentMethodProblem(method);
  const created = { eventId, correlationId, orderId, cents: toCents(data.totalAmount), currency: currencyOf(data), method };
  const happening = problem === undefined
    ? { kind: 'done' as const, step: 'announced' }
    : { kind: 'refused' as const, step: 'announced', reason: problem };
  await saga.advance(work, orderId, happening, { created });
  return settle(saga, charge, work, orderId);
};

const chargeWhenStockIsReserved = (saga: Saga<Payment>, charge: Charge) => async (event: Reserved, work: Work): Promise<Outcome> => {
  const { eventId, correlationId, data: { orderId } } = event;
  await saga.advance(work, orderId, { kind: 'done', step: 'reserved' }, { reserved: { eventId, correlationId } });
  return settle(saga, charge, work, orderId);
};

const endWhenStockIsMissing = (saga: Saga<Payment>) => async ({ data }: Failed, work: Work): Promise<Outcome> => {
  await saga.advance(work, data.orderId, { kind: 'refused', step: 'reserved', reason: data.reason }, { unreserved: true });
  return done();
};

/** Charges an order of which all is known; an event that finds it unpaid waits for the order to change. */
async function settle(saga: Saga<Payment>, charge: Charge, work: Work, orderId: string): Promise<Outcome> {
  const { state, data } = (await saga.find(work.trx, orderId)) ?? {};
  if (state?.status !== 'running' || state.steps['charged'] !== 'asked' || data?.created === undefined) return done();
  const answer = await charge(work, data.created);
  if (answer.kind === 'waiting') {
    return parked(orderChanged(orderId), 'espera_el_pago', 'el pedido todavía no está pagado; se espera su pago o su cancelación');
  }
  if (answer.kind === 'approved') await saga.advance(work, orderId, { kind: 'done', step: 'charged' }, { paymentId: answer.paymentId });
  else await saga.advance(work, orderId, { kind: 'refused', step: 'charged', reason: answer.reason });
  return done();
}

function tellApproved(work: Work, { id: orderId, data }: SagaView<Payment>): void {
  const { created, reserved, paymentId } = data;
  if (!created || !reserved || paymentId === undefined) throw new Error(`order ${orderId} was charged before all of it was known`);
  const { cents, currency } = created;
  const paid = { orderId, paymentId, amount: fromCents(cents), currency };
  work.publish(paymentApproved, answering('PaymentApprovedEvent', work, reserved, paid));
}

/** The inventory's own refusal is not answered; an order that nobody announced has no amount to reject. */
function tellRejected(work: Work, { id: orderId, data: { created, unreserved }, reason }: SagaView<Payment>): void {
  if (unreserved) return;
  if (created === undefined) {
    work.log.warn(`[ORDERS API] stock was reserved for order ${orderId}, which nobody announced in time: ${reason}`);
    return;
  }
  const rejected = { orderId, amount: fromCents(created.cents), currency: created.currency, reason: reason ?? 'rejected' };
  work.publish(paymentRejected, answering('PaymentRejectedEvent', work, created, rejected));
}
