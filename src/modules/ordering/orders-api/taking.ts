import { done, type Outcome, type Warning } from '../../../events/outcome.ts';
import { waitingSince } from '../../../events/parking.ts';
import { subscribe, type AnySubscription } from '../../../events/registry.ts';
import type { Topic } from '../../../events/topic.ts';
import type { Work } from '../../../events/work.ts';
import { orderChanged } from '../orders/topics.ts';
import { lateBy } from './rules.ts';

/** What every event of this exchange has. */
export interface OrderEvent {
  eventId: string;
  eventType: string;
  timestamp: string;
  correlationId: string;
  source: string;
  data: { orderId: string };
}

/** Who takes part; each has a queue of its own and takes each order's event once. */
export type Part = 'orders' | 'inventory' | 'payments' | 'notifications';

/** A subscription of one part; the work holds the order's lock. An event that comes late is taken all the same, with an alert. */
export const taking =
  (part: Part) =>
  <Event extends OrderEvent>(topic: Topic<Event>, handle: (event: Event, work: Work) => Promise<Outcome>): AnySubscription =>
    subscribe<Event>({
      subscriber: `orders-api.${part}`,
      queue: `orders-api.${part}`,
      topic,
      async handle(event, work) {
        const outcome = await handle(event, work);
        const late = await lateness(event, work);
        return late && outcome.kind === 'done' ? done(...outcome.warnings, late) : outcome;
      },
    });

/** By when it came, not by how long it has been waiting here since. */
async function lateness({ eventId, eventType, timestamp, data }: OrderEvent, work: Work): Promise<Warning | undefined> {
  const saidAt = new Date(timestamp);
  if (lateBy(saidAt, work.now) === undefined || work.eventId === undefined) return undefined;
  const waiting = await waitingSince(work.trx, orderChanged(data.orderId), work.eventId);
  const late = lateBy(saidAt, waiting ?? work.now);
  if (late === undefined) return undefined;
  const seconds = Math.round(late / 1000);
  if (waiting === undefined) work.log.warn(`[ORDERS API] ${eventType} ${eventId} of order ${data.orderId} came ${seconds} s after it was said`);
  return { code: 'evento_atrasado', message: `llegó ${seconds} s después de emitido, y el plazo es de cinco minutos; se procesó igual` };
}
