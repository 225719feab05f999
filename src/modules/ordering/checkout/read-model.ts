import { eventsAbout } from '../../../events/read-model.ts';
import type { Sql } from '../../../kernel/database.ts';
import { orderSubject } from '../orders/topics.ts';
import { sentenceOf, stateOf, stepShown } from './rules.ts';
import type { CheckoutSaga } from './saga.ts';
import { inventoryRejected, inventoryUpdated, ORDER_QUEUE, paymentProcessed, userRejected, userValidated } from './topics.ts';

/** Each step as it is shown, and the events that end it. */
const STEPS = [
  { step: 'user', name: 'usuario', topics: [userValidated.name, userRejected.name] },
  { step: 'stock', name: 'inventario', topics: [inventoryUpdated.name, inventoryRejected.name] },
  { step: 'payment', name: 'pago', topics: [paymentProcessed.name] },
] as const;

const MOST_EVENTS = 100;

/** Where a checkout stands and why; undefined when nobody asked for it. Asked under the system role. */
export async function findCheckout(trx: Sql, saga: CheckoutSaga, orderId: string) {
  const standing = await saga.find(trx, orderId);
  if (standing === undefined) return undefined;
  const { state, reason, createdAt, updatedAt, deadline } = standing;
  const { events } = await eventsAbout(trx, orderSubject(orderId), MOST_EVENTS);
  const settledAt = (topics: readonly string[]) =>
    events.find(({ topic, outcome, subscriber }) => topics.includes(topic) && subscriber === ORDER_QUEUE && SETTLED.includes(outcome))?.settledAt;
  return {
    order_id: orderId,
    state: stateOf(state),
    reason,
    message: reason === null ? null : sentenceOf(reason),
    requested_at: createdAt,
    updated_at: updatedAt,
    expires_at: deadline,
    steps: STEPS.map(({ step, name, topics }) => {
      const shown = stepShown(state.steps[step]);
      return { name, state: shown, at: (shown === 'pendiente' ? undefined : settledAt(topics)) ?? null };
    }),
  };
}

const SETTLED = ['done', 'warned'];
