import { textArray } from '../kernel/binary-array.ts';
import { together, type Sql } from '../kernel/database.ts';
import { isStorable } from '../kernel/wire.ts';
import type { Verdict } from './outcome.ts';

export type Source = 'hub' | 'amqp' | 'local' | 'stripe';

/** A delivery as it came, before anything was made of it. */
export interface Delivery {
  /** The transport. */
  source: Source;
  subscriber: string;
  organization: string;
  /** The topic as the sender spelled it. */
  receivedTopic: string;
  /** The event's body, as text, for ever unchanged. */
  raw: string;
  payload: unknown;
  /** The sender's own id of this delivery, where it gives one. */
  deliveryId?: string;
  traceId: string;
  /** Whether its sender may have more on the way: a batch is worth a moment's wait then. Left out where nobody can say. */
  moreToCome?: () => boolean;
  /**
   * Asked when not even its failure could be kept, so that only its sender still has it: waits, and says whether to try
   * once more. What came behind it about the same subject waits as well. Left out where the sender repeats it himself.
   */
  again?: (failures: number) => Promise<boolean>;
  /** Set when we try a kept delivery again: its row is settled instead of a new one written. */
  kept?: KeptEvent;
}

export interface KeptEvent {
  eventId: number;
  /** As Postgres prints it: a Date would lose the microseconds and not find the row. */
  receivedAt: string;
  attempts: number;
}

export interface EventRecord {
  delivery: Delivery;
  eventId: number;
  topic: string;
  subject?: string;
  verdict: Verdict;
  cause?: string;
  /** When we try a failed one again. */
  nextAttemptAt?: Date;
}

/** Ids for `count` new events. */
export async function nextEventIds(trx: Sql, count: number): Promise<number[]> {
  const rows = await trx.rows<{ id: number }>(
    `SELECT nextval('events_event_id_seq') AS id FROM generate_series(1, $1)`,
    [count],
  );
  return rows.map((row) => row.id);
}

/** Keeps deliveries with what became of them. */
export async function recordEvents(trx: Sql, records: readonly EventRecord[]): Promise<void> {
  const fresh = records.filter((record) => record.delivery.kept === undefined);
  const settled = records.map((record) => record.delivery.kept && settleKept(trx, record, record.delivery.kept));
  await together([insertEvents(trx, fresh), ...settled]);
}

async function insertEvents(trx: Sql, fresh: readonly EventRecord[]): Promise<void> {
  if (fresh.length === 0) return;
  await trx.run(
    `INSERT INTO events (event_id, source, subscriber, organization, topic, received_topic, subject, delivery_id,
                         body, outcome, answer, cause, next_attempt_at, details)
     SELECT event_id, source, subscriber, organization, topic, nullif(received_topic, topic), subject, delivery_id,
            body, outcome, answer::json, cause, next_attempt_at, details::json
     FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                 $9::text[], $10::text[], $11::text[], $12::text[], $13::timestamptz[], $14::text[])
       AS e(event_id, source, subscriber, organization, topic, received_topic, subject, delivery_id,
            body, outcome, answer, cause, next_attempt_at, details)`,
    [
      fresh.map((r) => r.eventId),
      textArray(fresh.map((r) => r.delivery.source)),
      textArray(fresh.map((r) => r.delivery.subscriber)),
      textArray(fresh.map((r) => r.delivery.organization)),
      textArray(fresh.map((r) => storable(r.topic))),
      textArray(fresh.map((r) => storable(r.delivery.receivedTopic))),
      textArray(fresh.map((r) => r.subject ?? null)),
      textArray(fresh.map((r) => (r.delivery.deliveryId === undefined ? null : storable(r.delivery.deliveryId)))),
      textArray(fresh.map((r) => storable(r.delivery.raw))),
      textArray(fresh.map((r) => r.verdict.state)),
      textArray(fresh.map((r) => jsonOrNull(r.verdict.answer))),
      textArray(fresh.map((r) => (r.cause === undefined ? null : storable(r.cause)))),
      fresh.map((r) => r.nextAttemptAt ?? null),
      textArray(fresh.map((r) => jsonOrNull(r.verdict.details))),
    ],
  );
}

async function settleKept(trx: Sql, record: EventRecord, kept: KeptEvent): Promise<void> {
  await trx.run(
    `UPDATE events SET outcome = $3, answer = $4, cause = $5, attempts = $6, next_attempt_at = $7, details = $8, settled_at = now()
     WHERE received_at = $1::timestamptz AND event_id = $2`,
    [
      kept.receivedAt,
      kept.eventId,
      record.verdict.state,
      jsonOrNull(record.verdict.answer),
      record.cause === undefined ? null : storable(record.cause),
      kept.attempts + 1,
      record.nextAttemptAt ?? null,
      jsonOrNull(record.verdict.details),
    ],
  );
}

const jsonOrNull = (value: unknown): string | null => (value == null ? null : JSON.stringify(value));

/** What Postgres does not store is kept visibly instead of losing the event. */
export const storable = (text: string): string =>
  isStorable(text) ? text : text.replaceAll('\u0000', '\\u0000').toWellFormed();
