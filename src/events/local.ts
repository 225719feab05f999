import { brokerDelivery } from './broker-delivery.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { AnySubscription, Registry } from './registry.ts';
import type { SendResult, Transport } from './relay/index.ts';
import type { Topic } from './topic.ts';

/**
 * Stands in for the broker where there is none: what the outbox holds for it goes to the consumers of this process,
 * each as if from its queue. A message is sent when all of them have settled it. One that failed and was kept is
 * tried again from Postgres; only one that could not be kept is sent again, and whoever has seen it knows it. What
 * nobody here takes is told all the same: there is no other process that ever could.
 */
export function createLocalTransport(
  { registry, dispatcher, topics }: { registry: Registry; dispatcher: Dispatcher; topics: ReadonlyMap<string, Topic> },
): Transport {
  const consumers = (topicName: string): AnySubscription[] => {
    const route = topics.get(topicName)?.amqp;
    return registry.all().filter(
      ({ queue, topic }) =>
        queue !== undefined && route !== undefined &&
        topic.amqp?.exchange === route.exchange && topic.amqp.routingKey === route.routingKey,
    );
  };
  return {
    destination: 'amqp',
    async send({ topic, payload: raw }): Promise<SendResult> {
      const takers = consumers(topic);
      const verdicts = await Promise.all(
        takers.map(({ subscriber, topic: { amqp } }) =>
          dispatcher.receive(brokerDelivery({ source: 'local', subscriber, routingKey: amqp?.routingKey ?? topic, raw })),
        ),
      );
      return verdicts.some(({ unkept }) => unkept)
        ? { kind: 'down', cause: 'a consumer of this process failed, and the failure could not be kept' }
        : { kind: 'sent' };
    },
  };
}
