import { keyText, type KeyText } from './key-text.ts';
import type { AnySubscription } from './registry.ts';
import type { AnyTopic } from './topic.ts';

/** How the docs call us. */
export const OURSELVES = 'marketplace-service';

/** What we take, or what we publish. */
export type Side = 'in' | 'out';

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
  /** Empty where nobody says. */
  producers: readonly string[];
  takers: readonly Taker[];
  /** Who else takes it, as far as is known; empty where nobody says. */
  consumers: readonly string[];
}

export type Catalogue = readonly CatalogueEntry[];

/** What a module says of itself, as far as the catalogue needs it. */
interface Manifest {
  context?: string;
  topics?: readonly AnyTopic[];
}

/** Where a message travels: two topics at one address are two sides of one message. */
const addressOf = ({ amqp, destination, name }: AnyTopic): string =>
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
      consumers: consumersOf(topic),
    };
  });
}

/** Dedupe and ordering key of a topic in words; undefined where there is none. */
export function keysOf({ key, subject, schema, example }: AnyTopic): { dedupe?: KeyText; order?: KeyText } {
  const payload: unknown = schema.parse(example);
  return { dedupe: keyText(key, payload), order: keyText(subject, payload) };
}

/** Of a topic that we both take and publish there are two sides: what is accepted may be more than what is sent. */
export const sidesOf = ({ direction }: AnyTopic): Side[] => (direction === 'both' ? ['in', 'out'] : [direction]);

/** As the message travels: the hub's in its wrapper, the broker's as it is. */
export const onTheWire = ({ destination, name }: AnyTopic, payload: unknown): unknown =>
  destination === 'hub' ? { topic: name, payload } : payload;

/** Several modules may list a topic, also of other contexts, which change what it tells of; it is the first one's. */
function declaredIn(modules: readonly Manifest[]): Array<{ topic: AnyTopic; context: string }> {
  const contexts = new Map<AnyTopic, string>();
  for (const { context = 'others', topics = [] } of modules) {
    for (const topic of topics) if (!contexts.has(topic)) contexts.set(topic, context);
  }
  return [...contexts].map(([topic, context]) => ({ topic, context }));
}

function groupBy<One>(all: readonly One[], keyOf: (one: One) => string): Map<string, One[]> {
  const groups = new Map<string, One[]>();
  for (const one of all) groups.set(keyOf(one), [...(groups.get(keyOf(one)) ?? []), one]);
  return groups;
}

function producersOf({ producer, destination, direction }: AnyTopic, contexts: readonly string[]): string[] {
  const ours = [...new Set(contexts)].map((context) => `${OURSELVES} (${context})`);
  const theirs = producer ?? (destination === 'stripe' && direction === 'in' ? 'Stripe' : undefined);
  return theirs === undefined ? ours : [...ours, theirs];
}

const consumersOf = ({ consumers, direction, destination }: AnyTopic): readonly string[] =>
  destination === 'stripe' && direction === 'out' ? ['Stripe'] : consumers;
