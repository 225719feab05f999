import { brokerDelivery } from './broker-delivery.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { AnySubscription, Registry } from './registry.ts';
import type { SendResult, Transport } from './relay/index.ts';
import { atExchange, type Topic } from './topic.ts';

export interface LocalOptions {
  registry: Registry;
  dispatcher: Dispatcher;
  exchange: string;
  topics: ReadonlyMap<string, Topic>;
}

/**
 * Stands in for an exchange where there is no broker: what the outbox holds for it goes to the consumers of this
 * process, each as if from its queue. A message is sent when all of them have settled it. One that failed and was kept
 * is tried again from Postgres; only one that could not be kept is sent again, and whoever has seen it knows it. What
 * nobody here takes is told all the same: contexts apart (MODULES) need a broker.
 */
export function createLocalTransport({ registry, dispatcher, exchange, topics }: LocalOptions): Transport {
  const consumers = (routingKey: string): AnySubscription[] =>
    registry.all().filter(
      ({ queue, topic: { amqp } }) =>
        queue !== undefined && amqp?.exchange === exchange && amqp.routingKey === routingKey,
    );
  return {
    destination: atExchange(exchange),
    async send({ topic, payload: raw }): Promise<SendResult> {
      const routingKey = topics.get(topic)?.amqp?.routingKey ?? topic;
      const verdicts = await Promise.all(
        consumers(routingKey).map(({ subscriber }) =>
          dispatcher.receive(brokerDelivery({ source: 'local', subscriber, routingKey, raw })),
        ),
      );
      return verdicts.some(({ unkept }) => unkept)
        ? { kind: 'down', cause: 'a consumer of this process failed, and the failure could not be kept' }
        : { kind: 'sent' };
    },
  };
}
