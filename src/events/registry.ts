import type { Outcome } from './outcome.ts';
import type { Topic } from './topic.ts';
import type { Work } from './work.ts';

/** One event as a handler sees it. */
export interface Received<Payload> {
  payload: Payload;
  eventId: number;
  traceId: string;
}

interface Common<Payload> {
  /** Who consumes: several subscribers may take the same topic, each exactly once. */
  subscriber: string;
  topic: Topic<Payload>;
  /** The broker's queue it is taken from; undefined for what does not come over the broker. */
  queue?: string;
}

/** A queue of ours at the broker, as its subscriptions say it. */
export interface ConsumedQueue {
  name: string;
  exchange: string;
  subscriber: string;
  routingKeys: readonly string[];
}

/** Lets so many run at once and the others wait their turn. */
export interface Slots {
  execute<T>(work: () => Promise<T>): PromiseLike<T>;
}

/** Handles one event a transaction. */
export interface SingleSubscription<Payload> extends Common<Payload> {
  handle: (payload: Payload, work: Work) => Promise<Outcome>;
  /** For what takes seconds: an event that waits for its turn here holds no connection, of which there are few. */
  slots?: Slots;
}

/** Handles what has arrived together in one transaction. */
export interface BatchSubscription<Payload, Picture = unknown> extends Common<Payload> {
  /** The rows this event will change, by name: two batches that run at once never share one. */
  touches: (payload: Payload) => readonly string[];
  /** Reads all that deciding needs, under the subjects' locks; repeats are among the payloads, it cannot know yet. */
  read: (payloads: readonly Payload[], work: Work) => Promise<Picture>;
  /** Decides and adds what is to be written to the work; returns one outcome an event, in the same order. */
  handleBatch: (events: readonly Received<Payload>[], picture: Picture, work: Work) => Outcome[];
}

export type Subscription<Payload, Picture = unknown> = SingleSubscription<Payload> | BatchSubscription<Payload, Picture>;

/** Payload types differ from subscription to subscription; each was checked where it was declared. */
// eslint-disable-next-line @typescript-eslint/no-explicit-any
export type AnySubscription = Subscription<any, any>;

export const subscribe = <Payload, Picture = unknown>(subscription: Subscription<Payload, Picture>): AnySubscription => subscription;

export interface Registry {
  add(subscription: AnySubscription): void;
  /** After this, `add` throws: what can be received is settled before the first event is. */
  seal(): void;
  /** The subscription for a topic or one of its aliases. */
  find(subscriber: string, topicName: string): AnySubscription | undefined;
  all(): readonly AnySubscription[];
  queues(): ConsumedQueue[];
}

export function createRegistry(): Registry {
  // A Map, since with a plain object a topic named "constructor" would be found.
  const byName = new Map<string, AnySubscription>();
  const all: AnySubscription[] = [];
  let sealed = false;
  return {
    add(subscription) {
      const { topic, subscriber } = subscription;
      if (subscription.queue !== undefined) refuseMixed(all, subscription);
      if (sealed) throw new Error(`${topic.name} was registered after the registry was sealed; register it in its module`);
      for (const name of [topic.name, ...topic.aliases]) {
        const key = `${subscriber} ${name}`;
        if (byName.has(key)) throw new Error(`${subscriber} already has a handler for ${name}; one topic, one handler`);
        byName.set(key, subscription);
      }
      all.push(subscription);
    },
    seal: () => void (sealed = true),
    find: (subscriber, topicName) => byName.get(`${subscriber} ${topicName}`),
    all: () => all,
    queues: () => {
      const queues = new Map<string, ConsumedQueue & { routingKeys: string[] }>();
      for (const { queue, topic, subscriber } of all) {
        if (queue === undefined || topic.amqp === undefined) continue;
        const { exchange, routingKey } = topic.amqp;
        const known = queues.get(queue);
        if (known) known.routingKeys.push(routingKey);
        else queues.set(queue, { name: queue, exchange, subscriber, routingKeys: [routingKey] });
      }
      return [...queues.values()];
    },
  };
}

/** Who is handled for here; other processes may have others (MODULES). */
export const subscribersIn = (registry: Registry): string[] => [...new Set(registry.all().map(({ subscriber }) => subscriber))];

/** One queue, one exchange, one consumer: what arrives in it is told apart by its routing key alone. */
function refuseMixed(all: readonly AnySubscription[], { queue, topic, subscriber }: AnySubscription): void {
  if (topic.amqp === undefined) throw new Error(`${topic.name} is taken from ${queue} and says no exchange`);
  const other = all.find((one) => one.queue === queue);
  if (other === undefined) return;
  if (other.subscriber !== subscriber || other.topic.amqp?.exchange !== topic.amqp.exchange) {
    throw new Error(`${queue} is ${other.subscriber}'s at ${other.topic.amqp?.exchange}; ${topic.name} needs another queue`);
  }
}
