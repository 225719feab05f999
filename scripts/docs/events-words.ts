import { OURSELVES, type CatalogueEntry, type Side } from '../../src/events/catalogue.ts';
import type { KeyText } from '../../src/events/key-text.ts';

type AnyTopic = CatalogueEntry['topic'];

const code = (text: string): string => `\`${text}\``;

/** How it travels, in short: a routing key that is the topic's name is left out. */
export function wayIn({ amqp, destination, name }: AnyTopic, side: Side): string {
  if (amqp) return [`RabbitMQ, ${code(amqp.exchange)}`, ...(amqp.routingKey === name ? [] : [code(amqp.routingKey)])].join(', ');
  if (destination === 'hub') return side === 'in' ? 'hub, `POST /callback`' : 'hub, `POST /hub/publish`';
  return side === 'in' ? `${destination}, webhook` : `${destination}, as a call that its transport makes`;
}

export function transportIn(topic: AnyTopic, side: Side): string {
  const { amqp } = topic;
  if (amqp === undefined) return wayIn(topic, side);
  const held = amqp.mustBeTaken && side === 'out' ? '; it waits while no queue takes it' : '';
  return `RabbitMQ, exchange ${code(amqp.exchange)}, routing key ${code(amqp.routingKey)}${held}`;
}

export const producersIn = ({ producers, topic }: CatalogueEntry): string =>
  producers.join(', ') || (topic.amqp ? `whoever publishes to ${code(topic.amqp.exchange)}` : 'whoever publishes it at the hub');

export function consumersIn({ takers, consumers, topic }: CatalogueEntry): string {
  const ours = takers.map(({ subscriber, queue }) => `${OURSELVES} (${subscriber}${queue ? `, queue ${code(queue)}` : ''})`);
  const all = [...ours, ...consumers].join(', ');
  return all || (topic.amqp ? `whoever binds a queue to ${code(topic.amqp.exchange)}` : 'whoever subscribes to it at the hub');
}

export function keyIn({ template, dependsOn, onlyWhen }: KeyText): string {
  const more = dependsOn.length > 0 ? `, which depends on ${dependsOn.map(code).join(', ')}` : '';
  const when = onlyWhen.length > 0 ? `, if ${onlyWhen.map(code).join(' and ')}; else none` : '';
  return `${code(template)}${more}${when}`;
}

/** What a consumer has where the topic declares no key. */
export function withoutKey({ amqp, destination }: AnyTopic, side: Side): string {
  if (side === 'in') return 'none: each delivery is answered';
  if (amqp) return 'the AMQP property `message_id`, the same when it is sent again';
  return destination === 'hub' ? 'none: it is sent at least once, so the same may come twice' : 'none';
}
