import { together, type Sql } from '../kernel/database.ts';
import type { Logger } from '../kernel/logger.ts';
import { appendSelected, appendToOutbox, type MessageQuery, type NewMessage } from './outbox.ts';
import type { Topic } from './topic.ts';

export interface PublishOptions {
  /** Whose fact it is; row-level security shows a tenant its own messages only. */
  tenantId?: number;
  /** A request that nobody waits for after this moment is not sent any more. */
  expiresAt?: Date;
  /** The event that caused it, for `explain`. */
  eventId?: number;
}

/**
 * One transaction's work, as handlers and REST commands see it. What is published is written to the outbox of the
 * same transaction: nothing is announced that was not committed, and nothing committed goes unannounced.
 */
export interface Work {
  trx: Sql;
  now: Date;
  traceId: string;
  /** The event that is handled; undefined for a command, and where several are handled together. */
  readonly eventId?: number;
  log: Logger;
  /** True when a first try met changed rows: read with locks this time. */
  locked: boolean;
  publish<Payload>(topic: Topic<Payload>, payload: NoInfer<Payload>, options?: PublishOptions): void;
  /**
   * As `publish`, for an answer too large to hold: a query makes its messages, all of one subject, and Node never sees
   * them. That they fit the topic's schema is the query's care; nothing checks it here.
   */
  publishSelected(topic: Pick<Topic, 'name' | 'destination'>, subject: string, query: MessageQuery): void;
  /** Applies the events that wait for this key, in this transaction. */
  wake(waitKey: string): void;
  /** Adds statements to those that are written together. They run in the order they were added; they must not wait. */
  write(step: () => Promise<unknown>): void;
  /** The same, behind all others: for the rows that other transactions wait for. */
  writeLast(step: () => Promise<unknown>): void;
}

/** Thrown by an optimistic step whose rows changed since they were read: the transaction is done again with locks. */
export class StaleRead extends Error {}

/** What a Work has gathered; only the event core looks in here. */
export interface OpenWork extends Work {
  wakeKeys: Set<string>;
  /** From here on, what is published says it was caused by this event, unless it says otherwise. */
  causedBy(eventId: number): void;
  /** Issues everything gathered so far, in order, as one trip to the database. */
  flush(): Promise<void>;
}

type Base = Pick<Work, 'trx' | 'now' | 'traceId' | 'log' | 'locked'>;

/** @param cause what every message of this work has in common. */
export function openWork(base: Base, cause: { eventId?: number; tenantId?: number } = {}): OpenWork {
  let messages: NewMessage[] = [];
  let writes: Array<() => Promise<unknown>> = [];
  let last: Array<() => Promise<unknown>> = [];
  const wakeKeys = new Set<string>();
  return {
    ...base,
    wakeKeys,
    get eventId() {
      return cause.eventId;
    },
    causedBy: (eventId) => void (cause = { ...cause, eventId }),
    publish: (topic, payload, options = {}) =>
      void messages.push({
        topic: topic.name,
        destination: topic.destination,
        // A message about nothing in particular has no order to keep, but is sent one at a time with its like.
        orderingKey: topic.subject(payload) ?? topic.name,
        payload: JSON.stringify(payload),
        ...cause,
        ...options,
      }),
    publishSelected(topic, subject, query) {
      const [before, caused] = [messages, cause];
      messages = []; // what was published before it goes out before it
      writes.push(
        () => appendToOutbox(base.trx, before),
        () => appendSelected(base.trx, { topic: topic.name, destination: topic.destination, orderingKey: subject, ...caused }, query),
      );
    },
    wake: (waitKey) => void wakeKeys.add(waitKey),
    write: (step) => void writes.push(step),
    writeLast: (step) => void last.push(step),
    async flush() {
      const announced = messages;
      const steps = [...writes, () => appendToOutbox(base.trx, announced), ...last];
      [messages, writes, last] = [[], [], []];
      await together(steps.map((step) => step()));
    },
  };
}
