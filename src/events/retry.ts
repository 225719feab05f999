import type { Database } from '../kernel/database.ts';
import type { Dispatcher } from './dispatcher.ts';

const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 15 * 60_000;
const GIVE_UP_AFTER = 40; // about nine hours at the longest delay: an operator has been told by then

/** When a failed event is tried again: exponential with full jitter, so that a herd does not come back as a herd. */
export function retryAt(now: Date, attempts: number, random: () => number = Math.random): Date {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempts, 20));
  return new Date(now.getTime() + ceiling / 2 + (random() * ceiling) / 2);
}

interface FailedRow {
  eventId: number;
  receivedAt: string;
  source: string;
  subscriber: string;
  organization: string;
  topic: string;
  deliveryId: string | null;
  body: string;
  attempts: number;
}

/**
 * Tries kept failed events again, oldest first. If the sender repeated one meanwhile and it was applied, the inbox
 * knows it and this becomes a repeat. Run by one instance at a time (a job).
 * @returns how many were tried.
 */
export async function retryFailed(database: Database, dispatcher: Dispatcher, payloadOf: (body: string) => unknown): Promise<number> {
  const due = await database.transaction('system', async (trx) => {
    await trx.run(
      `UPDATE events SET outcome = 'abandoned', next_attempt_at = NULL WHERE outcome = 'failed' AND attempts >= $1`,
      [GIVE_UP_AFTER],
    );
    return trx.rows<FailedRow>(
      `SELECT event_id AS "eventId", received_at::text AS "receivedAt", source, subscriber, organization, topic,
              delivery_id AS "deliveryId", body, attempts
       FROM events WHERE outcome = 'failed' AND next_attempt_at <= now() ORDER BY received_at, event_id LIMIT 100`,
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
      payload: payloadOf(row.body),
      deliveryId: row.deliveryId ?? undefined,
      traceId: `retry-${eventId}-${attempts + 1}`,
      kept: { eventId, receivedAt, attempts },
    });
  }
  return due.length;
}
