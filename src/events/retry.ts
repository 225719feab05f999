import type { Database } from '../kernel/database.ts';
import { GIVE_UP_AFTER } from './backoff.ts';
import type { Dispatcher } from './dispatcher.ts';
import type { Source } from './event-log.ts';
import { subscribersIn, type Registry } from './registry.ts';

interface FailedRow {
  eventId: number;
  receivedAt: string;
  source: Source;
  subscriber: string;
  organization: string;
  topic: string;
  deliveryId: string | null;
  body: string;
  attempts: number;
}

/** The payload of a kept body, as its transport wrapped it. */
export type PayloadOf = (source: Source, body: string) => unknown;

/**
 * Tries kept failed events again, oldest first. If the sender repeated one meanwhile and it was applied, the inbox
 * knows it and this becomes a repeat. Run by one instance at a time (a job), for the subscribers that it has: another
 * process (MODULES) tries those of its own.
 * @returns how many were tried.
 */
export async function retryFailed(
  database: Database, dispatcher: Dispatcher, registry: Registry, payloadOf: PayloadOf,
): Promise<number> {
  const due = await database.transaction('system', async (trx) => {
    await trx.run(
      `UPDATE events SET outcome = 'abandoned', next_attempt_at = NULL WHERE outcome = 'failed' AND attempts >= $1`,
      [GIVE_UP_AFTER],
    );
    return trx.rows<FailedRow>(
      `SELECT event_id AS "eventId", received_at::text AS "receivedAt", source, subscriber, organization, topic,
              delivery_id AS "deliveryId", body, attempts
       FROM events WHERE outcome = 'failed' AND next_attempt_at <= now() AND subscriber = ANY($1)
       ORDER BY received_at, event_id LIMIT 100`,
      [subscribersIn(registry)],
    );
  });
  for (const row of due) {
    const { eventId, receivedAt, attempts } = row;
    await dispatcher.receive({
      source: row.source,
      subscriber: row.subscriber,
      organization: row.organization,
      receivedTopic: row.topic,
      raw: row.body,
      payload: payloadOf(row.source, row.body),
      deliveryId: row.deliveryId ?? undefined,
      traceId: `retry-${eventId}-${attempts + 1}`,
      kept: { eventId, receivedAt, attempts },
    });
  }
  return due.length;
}
