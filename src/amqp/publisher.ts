import type { ConsumedQueue } from '../events/registry.ts';
import type { Outgoing, SendResult, Transport } from '../events/relay/index.ts';
import type { AmqpRoute, Topic } from '../events/topic.ts';
import { causeOf } from '../kernel/errors.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Link } from './connection.ts';
import { createSender } from './sender.ts';
import { Conflict, declareExchange, declareQueue, QUEUE_GONE_MS } from './topology.ts';

export interface PublisherOptions {
  link: Link;
  /** What is published, by name. */
  topics: ReadonlyMap<string, Topic>;
  /** Our own queues: what goes into one of them must not be sent before it is there. */
  queues: readonly ConsumedQueue[];
  log: Logger;
  timeoutMs?: number;
}

export interface Publisher extends Transport {
  /** What somebody has to mend at the broker; empty when nothing. */
  problems(): string[];
  /** Gives up what is still under way after `graceMs`; it was not confirmed, so it is sent again by the next relay. */
  close(graceMs?: number): Promise<void>;
}

/** The relay's way to the broker: durable messages, each confirmed, none into the void. */
export function createPublisher({ link, topics, queues, log, timeoutMs }: PublisherOptions): Publisher {
  const ready = new Map<string, Promise<void>>();
  const problems = new Map<string, string>();
  const sender = createSender({ link, timeoutMs, onLost: () => ready.clear() });

  const note = (key: string, problem: string) => {
    if (problems.get(key) !== problem) log.error(`[BROKER] ${problem}`);
    problems.set(key, problem);
  };
  const queuesOf = ({ exchange, routingKey }: AmqpRoute) =>
    queues.filter((queue) => queue.exchange === exchange && queue.routingKeys.includes(routingKey));

  /** Its exchange and those of our queues that take it, once a connection. */
  const prepare = (route: AmqpRoute): Promise<void> => {
    const key = keyOf(route);
    const preparing =
      ready.get(key) ??
      sender
        .declare(async (channel) => {
          await declareExchange(channel, route.exchange);
          for (const queue of queuesOf(route)) await declareQueue(channel, queue);
        })
        .then(
          () => void problems.delete(key),
          (error: unknown) => {
            ready.delete(key);
            throw error;
          },
        );
    ready.set(key, preparing);
    return preparing;
  };

  const attempt = async (message: Outgoing, route: AmqpRoute): Promise<SendResult> => {
    const body = Buffer.from(message.payload);
    if (body.length > sender.maxBytes()) {
      return { kind: 'dead', cause: `${body.length} bytes, and the broker takes no more than ${sender.maxBytes()}` };
    }
    await prepare(route);
    const fate = await sender.send({ ...route, body, properties: propertiesOf(message) });
    if (fate === 'refused') return { kind: 'held', cause: 'the broker could not keep it' };
    if (fate === 'taken' || (!route.mustBeTaken && queuesOf(route).length === 0)) return { kind: 'sent' };
    setTimeout(() => ready.delete(keyOf(route)), QUEUE_GONE_MS).unref(); // then a queue of ours is declared again
    return { kind: 'held', cause: `no queue takes ${route.routingKey} from ${route.exchange}` };
  };

  return {
    destination: 'amqp',
    async send(message) {
      const route = topics.get(message.topic)?.amqp;
      // Another release may know it, and whoever comes behind it under its key has to wait for that.
      if (route === undefined) return { kind: 'held', cause: `no module here says where ${message.topic} goes` };
      try {
        return await attempt(message, route);
      } catch (error) {
        if (!(error instanceof Conflict)) return { kind: 'down', cause: causeOf(error) };
        note(keyOf(route), error.message);
        return { kind: 'held', cause: error.message };
      }
    },
    problems: () => [...new Set(problems.values())],
    close: (graceMs) => sender.close(graceMs),
  };
}

const keyOf = ({ exchange, routingKey }: AmqpRoute): string => `${exchange} ${routingKey}`;

const propertiesOf = ({ id, topic }: Outgoing) => ({
  contentType: 'application/json',
  contentEncoding: 'utf-8',
  messageId: String(id),
  type: topic,
  timestamp: Math.floor(Date.now() / 1000), // seconds, as the protocol has it
});
