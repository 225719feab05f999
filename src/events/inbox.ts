import { hash } from 'node:crypto';
import { textArray } from '../kernel/binary-array.ts';
import type { Sql } from '../kernel/database.ts';
import type { Answer, EventState } from './outcome.ts';

/** Names a fact for one subscriber. */
export interface InboxKey {
  key: string;
  topic: string;
  subscriber: string;
  organization: string;
}

export interface InboxEntry extends InboxKey {
  contentHash: string;
  outcome: EventState;
  answer: Answer;
  eventId: number;
}

/** Two payloads are the same content when they are equal after validation: 1 and 1.00 are, so are reordered members. */
export const contentHash = (validated: unknown): string => hash('md5', JSON.stringify(validated), 'hex');

/** The text by which an inbox entry is found in a Map; the separator cannot occur in a validated key. */
export const inboxId = (entry: InboxKey): string =>
  `${entry.subscriber}\u0000${entry.organization}\u0000${entry.topic}\u0000${entry.key}`;

/**
 * The entries that exist for these keys. The callers' subject locks keep a key from appearing in between.
 * LATERAL with OFFSET 0, so that each key is looked up whatever is known of the table: a plan that was made while it was
 * empty (a vacuum tells) and kept would read all of it for every batch.
 */
export async function readInbox(trx: Sql, keys: readonly InboxKey[]): Promise<Map<string, InboxEntry>> {
  if (keys.length === 0) return new Map();
  const rows = await trx.rows<InboxEntry>(
    `SELECT i.key, i.topic, i.subscriber, i.organization, encode(i.content_hash, 'hex') AS "contentHash",
            i.outcome, i.answer, i.event_id AS "eventId"
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[]) AS k(key, topic, subscriber, organization)
     CROSS JOIN LATERAL (
       SELECT * FROM inbox
       WHERE key = k.key AND topic = k.topic AND subscriber = k.subscriber AND organization = k.organization OFFSET 0) AS i`,
    columns(keys),
  );
  return new Map(rows.map((row) => [inboxId(row), row]));
}

/** Whether this fact came to this subscriber before, whatever became of it, and whoever it said it was for. */
export async function hasHeard(trx: Sql, subscriber: string, topic: string, key: string): Promise<boolean> {
  const values = [key, topic, subscriber];
  return (await trx.maybe('SELECT FROM inbox WHERE key = $1 AND topic = $2 AND subscriber = $3 LIMIT 1', values)) !== undefined;
}

/**
 * Remembers what became of these keys, for good. A key whose first content was refused may be judged again and is
 * overwritten; one that was accepted never is: that would be a second effect, so it fails the transaction.
 */
export async function writeInbox(trx: Sql, entries: readonly InboxEntry[]): Promise<void> {
  if (entries.length === 0) return;
  const written = await trx.run(
    `INSERT INTO inbox AS i (key, topic, subscriber, organization, content_hash, outcome, answer, event_id)
     SELECT key, topic, subscriber, organization, decode(content_hash, 'hex'), outcome, answer::json, event_id
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::bigint[])
       AS e(key, topic, subscriber, organization, content_hash, outcome, answer, event_id)
     ON CONFLICT (key, topic, subscriber, organization) DO UPDATE
       SET content_hash = excluded.content_hash, outcome = excluded.outcome, answer = excluded.answer,
           event_id = excluded.event_id, processed_at = now()
       WHERE i.outcome = 'refused'`,
    [
      ...columns(entries),
      textArray(entries.map((e) => e.contentHash)),
      textArray(entries.map((e) => e.outcome)),
      textArray(entries.map((e) => (e.answer === null ? null : JSON.stringify(e.answer)))),
      entries.map((e) => e.eventId),
    ],
  );
  if (written !== entries.length) throw new Error('an event was taken by another transaction at the same time');
}

const columns = (keys: readonly InboxKey[]) => [
  textArray(keys.map((k) => k.key)),
  textArray(keys.map((k) => k.topic)),
  textArray(keys.map((k) => k.subscriber)),
  textArray(keys.map((k) => k.organization)),
];
