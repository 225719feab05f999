import type { AnySubscription } from './registry.ts';
import type { AnyTopic } from './topic.ts';

/** How the docs call us. */
export const OURSELVES = 'marketplace-service';

/** One of our own consumers. */
export interface Taker {
  subscriber: string;
  /** At the broker; undefined for what comes by HTTP. */
  queue?: string;
}

/** A topic with all that the docs and the contract kit say of it beside its own value. */
export interface CatalogueEntry {
  topic: AnyTopic;
  /** The bounded context that declares it: `ordering`. */
  context: string;
  producers: readonly string[];
  takers: readonly Taker[];
  /** Who else takes it, as far as is known. */
  consumers: readonly string[];
}

export type Catalogue = readonly CatalogueEntry[];

/** What a module says of itself, as far as the catalogue needs it. */
interface Manifest {
  context?: string;
  topics?: readonly AnyTopic[];
}

/** Where a message travels: two topics at one address are two sides of one message. */
export const addressOf = ({ amqp, destination, name }: AnyTopic): string =>
  amqp ? `${amqp.exchange} ${amqp.routingKey}` : `${destination} ${name}`;

/** Every topic of every context once, with who publishes it and who takes it. */
export function catalogueOf(modules: readonly Manifest[], subscriptions: readonly AnySubscription[]): Catalogue {
  const declared = declaredIn(modules);
  const publishers = groupBy(
    declared.filter(({ topic }) => topic.direction !== 'in'),
    ({ topic }) => addressOf(topic),
  );
  const takers = groupBy(subscriptions, ({ topic }) => addressOf(topic as AnyTopic));
  return declared.map(({ topic, context }) => {
    const address = addressOf(topic);
    return {
      topic,
      context,
      producers: producersOf(topic, publishers.get(address)?.map((one) => one.context) ?? []),
      takers: (takers.get(address) ?? []).map(({ subscriber, queue }) => ({ subscriber, queue })),
      consumers: consumersOf(topic, takers.has(address)),
    };
  });
}

/** Modules of one context may list the same topic; it is one all the same. */
function declaredIn(modules: readonly Manifest[]): Array<{ topic: AnyTopic; context: string }> {
  const seen = new Map<string, Set<AnyTopic>>();
  return modules.flatMap(({ context = 'others', topics = [] }) => {
    const known = seen.get(context) ?? new Set();
    seen.set(context, known);
    const fresh = [...new Set(topics)].filter((topic) => !known.has(topic));
    for (const topic of fresh) known.add(topic);
    return fresh.map((topic) => ({ topic, context }));
  });
}

function groupBy<One>(all: readonly One[], keyOf: (one: One) => string): Map<string, One[]> {
  const groups = new Map<string, One[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

function producersOf({ producer, destination, amqp }: AnyTopic, contexts: readonly string[]): string[] {
  const ours = [...new Set(contexts)].map((context) => `${OURSELVES} (${context})`);
  const known = [...ours, ...(producer === undefined ? [] : [producer])];
  if (known.length > 0) return known;
  if (destination === 'stripe') return ['Stripe'];
  return [amqp ? `whoever publishes to ${amqp.exchange}` : 'whoever publishes it at the hub'];
}

function consumersOf({ consumers, direction, destination, amqp }: AnyTopic, taken: boolean): readonly string[] {
  if (consumers.length > 0 || direction === 'in' || taken) return consumers;
  if (destination === 'stripe') return ['Stripe'];
  return [amqp ? `whoever binds a queue to ${amqp.exchange}` : 'whoever subscribes to it at the hub'];
}
