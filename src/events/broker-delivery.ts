import { randomUUID } from 'node:crypto';
import { isStorable } from '../kernel/wire.ts';
import type { Delivery, Source } from './event-log.ts';

/** What came out of a queue: the routing key says what it is, the body whose. */
export interface BrokerMessage {
  source: Extract<Source, 'amqp' | 'local'>;
  subscriber: string;
  routingKey: string;
  /** The body as it came. */
  raw: string;
}

/** A body that is no JSON has no payload and is kept as invalid. */
export const brokerDelivery = (
  { source, subscriber, routingKey, raw }: BrokerMessage,
  { moreToCome, again }: Pick<Delivery, 'moreToCome' | 'again'> = {},
): Delivery => {
  const payload = parseJson(raw);
  const organization = organizationOf(payload);
  return { source, subscriber, organization, receivedTopic: routingKey, raw, payload, traceId: randomUUID(), moreToCome, again };
};

export function parseJson(raw: string): unknown {
  try {
    return JSON.parse(raw) as unknown;
  } catch {
    return undefined;
  }
}

/** Whose event it says it is, as far as that can be a name at all: the schema says what is wrong with any other. */
function organizationOf(payload: unknown): string {
  const { organization_id: id } = (typeof payload === 'object' && payload !== null ? payload : {}) as Record<string, unknown>;
  return typeof id === 'string' && id.length <= 100 && isStorable(id) ? id : '';
}
