import type { ConsumedQueue } from '../events/registry.ts';
import type { Outgoing, SendResult, Transport } from '../events/relay/index.ts';
import { atExchange, type AmqpRoute, type Topic } from '../events/topic.ts';
import { causeOf } from '../kernel/errors.ts';
import type { Link } from './connection.ts';
import { createSender } from './sender.ts';
import { declareExchange, declareQueue, QUEUE_GONE_MS } from './topology.ts';

export interface PublisherOptions {
  link: Link;
  exchange: string;
  /** What is published, by name. */
  topics: ReadonlyMap<string, Topic>;
  /** Our own queues: what goes into one of them must not be sent before it is there. */
  queues: readonly ConsumedQueue[];
  timeoutMs?: number;
}

export interface Publisher extends Transport {
  /** Declares the exchange, so that others find it before anything is said there. What is wrong shows at the first message. */
  prepare(): Promise<void>;
  /** Gives up what is still under way after `graceMs`; it was not confirmed, so it is sent again by the next relay. */
  close(graceMs?: number): Promise<void>;
}

/**
 * The relay's way to one exchange: durable messages, each confirmed, no command into the void. Whatever is wrong with
 * the exchange, our queues or our rights there is `down` for this exchange, and its circuit tries again; a command that
 * nobody takes yet waits with its like.
 */
export function createPublisher({ link, exchange, topics, queues, timeoutMs }: PublisherOptions): Publisher {
  const ours = queues.filter((queue) => queue.exchange === exchange);
  let ready: Promise<void> | undefined;
  const sender = createSender({ link, timeoutMs, onLost: () => (ready = undefined) });

  /** The exchange and our queues at it, once a connection. */
  const prepare = (): Promise<void> => {
    if (ready) return ready;
    const preparing = sender.declare(async (channel) => {
      await declareExchange(channel, exchange);
      for (const queue of ours) await declareQueue(channel, queue);
    });
    ready = preparing;
    preparing.catch(() => {
      if (ready === preparing) ready = undefined; // whoever waits for it hears why
    });
    return preparing;
  };

  // Of a topic that another release knows, exchange and name say enough.
  const routeOf = (topic: string): Omit<AmqpRoute, 'exchange'> =>
    topics.get(topic)?.amqp ?? { routingKey: topic, mustBeTaken: false };

  const attempt = async (message: Outgoing): Promise<SendResult> => {
    const { routingKey, mustBeTaken } = routeOf(message.topic);
    const body = Buffer.from(message.payload);
    if (body.length > sender.maxBytes()) {
      return { kind: 'dead', cause: `${body.length} bytes, and the broker takes no more than ${sender.maxBytes()}` };
    }
    await prepare();
    const fate = await sender.send({ exchange, routingKey, body, properties: propertiesOf(message) });
    if (fate === 'refused') return { kind: 'down', cause: 'the broker could not keep it' };
    const isOurs = ours.some((queue) => queue.routingKeys.includes(routingKey));
    if (fate === 'taken' || (!mustBeTaken && !isOurs)) return { kind: 'sent' };
    const cause = `no queue takes ${routingKey} from ${exchange}`;
    if (!isOurs) return { kind: 'untaken', cause };
    setTimeout(() => (ready = undefined), QUEUE_GONE_MS).unref(); // then it is declared again
    return { kind: 'down', cause };
  };

  return {
    destination: atExchange(exchange),
    prepare: () => prepare().catch(() => undefined),
    send: (message) => attempt(message).catch((error: unknown): SendResult => ({ kind: 'down', cause: causeOf(error) })),
    close: (graceMs) => sender.close(graceMs),
  };
}

const propertiesOf = ({ id, topic }: Outgoing) => ({
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  messageId: String(id),
  type: topic,
  timestamp: Math.floor(Date.now() / 1000), // seconds, as the protocol has it
});
