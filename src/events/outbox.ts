import { textArray } from '../kernel/binary-array.ts';
import { together, type Sql } from '../kernel/database.ts';
import { SUPERSEDED } from './read-model.ts';
import type { Destination } from './topic.ts';

export interface NewMessage {
  topic: string;
  /** The relay that sends it; the hub's, unless it says otherwise. */
  destination?: Destination;
  orderingKey: string;
  /** JSON text, exactly as it will go out. */
  payload: string;
  tenantId?: number;
  expiresAt?: Date;
  eventId?: number;
}

/** The channel on which a COMMIT wakes a relay that sleeps. */
export const OUTBOX_CHANNEL = 'outbox';

/**
 * Adds messages in the order given. Ids grow with that order, and whoever writes about an aggregate has locked it or
 * has its version guarded, so ids keep the order of commits of its key too: the relay only has to send by id.
 */
export async function appendToOutbox(trx: Sql, messages: readonly NewMessage[]): Promise<void> {
  if (messages.length === 0) return;
  const written = trx.run(
    `INSERT INTO outbox (destination, topic, ordering_key, payload, tenant_id, expires_at, event_id)
     SELECT destination, topic, ordering_key, payload::json, tenant_id, expires_at, event_id
     FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $5::int[], $6::timestamptz[], $7::bigint[])
       WITH ORDINALITY AS m(destination, topic, ordering_key, payload, tenant_id, expires_at, event_id, position)
     ORDER BY position`,
    [
      textArray(messages.map(destinationOf)),
      textArray(messages.map((m) => m.topic)),
      textArray(messages.map((m) => m.orderingKey)),
      textArray(messages.map((m) => m.payload)),
      messages.map((m) => m.tenantId ?? null),
      messages.map((m) => m.expiresAt ?? null),
      messages.map((m) => m.eventId ?? null),
    ],
  );
  await together([written, wakeRelays(trx, messages.map(destinationOf))]);
}

const destinationOf = ({ destination = 'hub' }: Pick<NewMessage, 'destination'>): Destination => destination;

/** A query whose rows are messages: its column `payload` is the JSON text, its order theirs. */
export interface MessageQuery {
  text: string;
  values: readonly unknown[];
}

/** Rows that are messages with their own topic, destination and key, made of what the same statement writes. */
export interface WrittenMessages extends MessageQuery {
  /** The steps before `text`, which may write: `told AS (INSERT … RETURNING …), …`. */
  steps: string;
  /** Those that may come. */
  destinations: readonly Destination[];
}

/**
 * Writes rows and the messages about them in one statement, for where which rows are new shows only while they are
 * written. `text` gives topic, destination, ordering_key and payload.
 */
export async function appendWritten(
  trx: Sql, { tenantId, eventId }: Pick<NewMessage, 'tenantId' | 'eventId'>,
  { steps, text, values, destinations }: WrittenMessages,
): Promise<void> {
  const own = (position: number) => `$${values.length + position}`;
  const written = trx.run(
    `WITH ${steps}
     INSERT INTO outbox (destination, topic, ordering_key, tenant_id, event_id, payload)
     SELECT destination, topic, ordering_key, ${own(1)}::int, ${own(2)}::bigint, payload::json FROM (${text}) AS made`,
    [...values, tenantId ?? null, eventId ?? null],
  );
  await together([written, wakeRelays(trx, destinations)]);
}

/** Says of a dead message what took its place; it stays dead, for that is what happened to it. */
export const markSuperseded = (trx: Sql, messageId: number, why: string): Promise<number> =>
  trx.run(`UPDATE outbox SET last_error = $2 WHERE message_id = $1 AND state = 'dead'`, [messageId, `${SUPERSEDED} ${why}`]);

/** Adds the messages that a query makes, without one of them leaving the database. */
export async function appendSelected(
  trx: Sql,
  { topic, orderingKey, tenantId, eventId, destination = 'hub' }: Omit<NewMessage, 'payload' | 'expiresAt'>,
  { text, values }: MessageQuery,
): Promise<void> {
  const own = (position: number) => `$${values.length + position}`;
  const written = trx.run(
    `INSERT INTO outbox (destination, topic, ordering_key, tenant_id, event_id, payload)
     SELECT ${own(1)}, ${own(2)}, ${own(3)}, ${own(4)}::int, ${own(5)}::bigint, payload::json FROM (${text}) AS made`,
    [...values, destination, topic, orderingKey, tenantId ?? null, eventId ?? null],
  );
  await together([written, wakeRelays(trx, [destination])]);
}

// NOTIFY takes a lock that all committing sessions share, so it is sent only when a relay sleeps. The relay
// polls too: one that falls asleep at this very moment is late by a poll, not lost.
const wakeRelays = (trx: Sql, destinations: readonly Destination[]) =>
  trx.rows(
    `SELECT pg_notify($1, destination) FROM unnest($2::text[]) AS destination
     WHERE EXISTS (SELECT 1 FROM relays r WHERE r.destination = destination.destination AND asleep AND alive_until > now())`,
    [OUTBOX_CHANNEL, [...new Set(destinations)]],
  );
