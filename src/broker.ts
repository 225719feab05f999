import { createLink } from './amqp/connection.ts';
import { createConsumer } from './amqp/consumer.ts';
import { createPublisher } from './amqp/publisher.ts';
import { createSender } from './amqp/sender.ts';
import { createSettler } from './amqp/settle.ts';
import { MODULES, type Config } from './config.ts';
import type { Dispatcher } from './events/dispatcher.ts';
import { createLocalTransport } from './events/local.ts';
import type { Registry } from './events/registry.ts';
import { createRelay, type RelayOptions, type Transport } from './events/relay/index.ts';
import { atExchange, type Destination, type Topic } from './events/topic.ts';

/** How this process stands with the broker; nothing of it keeps the process from working. */
export interface BrokerState {
  transport: 'rabbitmq' | 'local';
  /** Left out where this process needs no connection. */
  connected?: boolean;
  /** What somebody has to mend, and how. */
  problems: string[];
}

export interface Broker {
  /** The exchanges that the modules here publish to, each with a relay. */
  destinations: readonly Destination[];
  start(): Promise<void>;
  /** Takes nothing new, finishes what is in hand, closes the connections. Bounded. */
  stop(): Promise<void>;
  /** Undefined where no module publishes to the broker or takes from it. */
  state(): BrokerState | undefined;
}

export interface BrokerDeps extends Omit<RelayOptions, 'transport'> {
  config: Pick<Config, 'RABBITMQ_URL' | 'MAX_BODY_BYTES' | 'ROLES' | 'MODULES'>;
  registry: Registry;
  dispatcher: Dispatcher;
  topics: readonly Topic[];
  /** How often to look again at a queue that is in the way. Milliseconds. */
  conflictMs?: number;
}

const NO_BROKER: Broker = {
  destinations: [],
  start: async () => undefined,
  stop: async () => undefined,
  state: () => undefined,
};

/** What goes over the broker: with RABBITMQ_URL over that one, without it straight to the consumers of this process. */
export function composeBroker(deps: BrokerDeps): Broker {
  const { config, topics } = deps;
  if (topics.every(({ amqp }) => amqp === undefined)) return NO_BROKER;
  return config.RABBITMQ_URL === undefined ? localBroker(deps) : rabbitBroker(deps, config.RABBITMQ_URL);
}

const exchangesOf = (topics: readonly Topic[]): string[] => [
  ...new Set(topics.flatMap(({ amqp }) => amqp?.exchange ?? [])),
];

/** One context may take in by the same name what another sends out: as what is sent it is the sender's. */
const byName = (topics: readonly Topic[]): ReadonlyMap<string, Topic> => {
  const incoming = topics.filter(({ direction }) => direction === 'in');
  const outgoing = topics.filter(({ direction }) => direction !== 'in');
  return new Map([...incoming, ...outgoing].map((topic) => [topic.name, topic]));
};

const relayOver = (transport: Transport, deps: BrokerDeps) => createRelay({ ...deps, transport });

const all = (works: ReadonlyArray<Promise<void>>) => Promise.all(works).then(() => undefined);

/** What others would publish is taken from the outbox as well: whoever has no broker may put it there. */
function localBroker(deps: BrokerDeps): Broker {
  const exchanges = exchangesOf(deps.topics);
  const topics = byName(deps.topics);
  const relays = deps.config.ROLES.includes('relay')
    ? exchanges.map((exchange) => relayOver(createLocalTransport({ ...deps, exchange, topics }), deps))
    : [];
  const absent = MODULES.filter((name) => !deps.config.MODULES.includes(name));
  return {
    destinations: exchanges.map(atExchange),
    start: () => {
      if (relays.length > 0 && absent.length > 0) {
        deps.log.warn(`[BROKER] without RABBITMQ_URL what goes over exchanges reaches this process alone; set it if one runs elsewhere with ${absent.join(', ')}`);
      }
      return all(relays.map((relay) => relay.start()));
    },
    stop: () => all(relays.map((relay) => relay.stop())),
    state: () => ({ transport: 'local', problems: [] }),
  };
}

/** Two connections: a broker short of memory stops those that publish, and must not stop those that take from it. */
function rabbitBroker(deps: BrokerDeps, url: string): Broker {
  const { config, registry, dispatcher, log, conflictMs } = deps;
  const queues = registry.queues();
  const exchanges = exchangesOf(deps.topics.filter(({ direction }) => direction !== 'in'));
  const consumes = config.ROLES.includes('consumers') && queues.length > 0;
  const publishing = createLink({ url, name: 'publishing', log });
  const consuming = createLink({ url, name: 'consuming', log });
  const topics = byName(deps.topics);
  const publishers = config.ROLES.includes('relay')
    ? exchanges.map((exchange) => createPublisher({ link: publishing, exchange, topics, queues }))
    : [];
  const relays = publishers.map((publisher) => relayOver(publisher, deps));
  const sender = createSender({ link: publishing }); // of dead letters
  const settling = { dispatcher, sender, maxBodyBytes: config.MAX_BODY_BYTES, log };
  const consumers = (consumes ? queues : []).map((queue) =>
    createConsumer({ link: consuming, queue, settle: createSettler({ ...settling, queue }), log, conflictMs }),
  );
  const links = [...(relays.length > 0 || consumes ? [publishing] : []), ...(consumes ? [consuming] : [])];

  return {
    destinations: exchanges.map(atExchange),
    async start() {
      for (const link of links) link.start();
      for (const consumer of consumers) consumer.start();
      for (const publisher of publishers) void publisher.prepare();
      await all(relays.map((relay) => relay.start()));
    },
    async stop() {
      const consumed = all(consumers.map((consumer) => consumer.stop())).then(() => sender.close());
      await all([consumed, ...relays.map((relay) => relay.stop()), ...publishers.map((publisher) => publisher.close())]);
      await all(links.map((link) => link.close()));
    },
    state: () => ({
      transport: 'rabbitmq',
      connected: links.length === 0 ? undefined : links.every((link) => link.state().connected),
      problems: consumers.flatMap((consumer) => consumer.problem() ?? []),
    }),
  };
}
