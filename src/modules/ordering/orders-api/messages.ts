import type { Work } from '../../../events/work.ts';
import { uuidV5 } from '../../../kernel/uuid.ts';
import { SOURCE } from './rules.ts';

/** What an answer is an answer to. */
export interface Cause {
  eventId: string;
  correlationId: string;
}

/** Of names that this service makes UUIDs of; any fixed UUID would do. */
export const NAMESPACE = '5f1c2f5e-7d0f-4c57-9f6a-2f5f0a4f3c11';

interface Envelope<Name extends string, Data> {
  eventId: string;
  eventType: Name;
  eventVersion: string;
  timestamp: string;
  correlationId: string;
  causationId: string | null;
  source: string;
  data: Data;
}

export const enveloped = <Name extends string, Data>(
  eventType: Name, { now }: Pick<Work, 'now'>, ids: Pick<Envelope<Name, Data>, 'eventId' | 'correlationId' | 'causationId'>, data: Data,
): Envelope<Name, Data> => ({ ...ids, eventType, eventVersion: 'v1.0', timestamp: now.toISOString(), source: SOURCE, data });

/**
 * An answer in the cause's conversation. Its id is made of the cause's, so that an answer that is given again is the same.
 * @param which tells several answers of one type to one cause apart.
 */
export const answering = <Name extends string, Data>(
  eventType: Name, work: Pick<Work, 'now'>, cause: Cause, data: Data, which = '',
): Envelope<Name, Data> => {
  const { eventId: causationId, correlationId } = cause;
  const eventId = uuidV5(NAMESPACE, [causationId, eventType, which].join(' '));
  return enveloped(eventType, work, { eventId, correlationId, causationId }, data);
};
