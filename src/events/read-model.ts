import type { Sql } from '../kernel/database.ts';
import type { Answer, EventState } from './outcome.ts';

/** A delivery and what became of it, as people look at it. */
export interface EventView {
  eventId: number;
  receivedAt: Date;
  settledAt: Date;
  source: string;
  subscriber: string;
  topic: string;
  /** As the sender spelled it, where that was an alias. */
  receivedTopic: string | null;
  subject: string | null;
  deliveryId: string | null;
  outcome: EventState;
  answer: Answer;
  cause: string | null;
  attempts: number;
  nextAttemptAt: Date | null;
  /** What the handler looked at when it refused. */
  details: unknown;
}

const EVENT_COLUMNS = `event_id AS "eventId", received_at AS "receivedAt", settled_at AS "settledAt", source, subscriber, topic,
  received_topic AS "receivedTopic", subject, delivery_id AS "deliveryId", outcome, answer, cause, attempts,
  next_attempt_at AS "nextAttemptAt", details`;

/** The newest deliveries first. A topic is also found by the alias it came under. */
export const recentEvents = (
  trx: Sql,
  filter: { topic?: string; outcome?: string; limit: number },
): Promise<EventView[]> =>
  trx.rows<EventView>(
    `SELECT ${EVENT_COLUMNS} FROM events
     WHERE ($1::text IS NULL OR topic = $1 OR received_topic = $1) AND ($2::text IS NULL OR outcome = $2)
     ORDER BY received_at DESC, event_id DESC LIMIT $3`,
    [filter.topic ?? null, filter.outcome ?? null, filter.limit],
  );

/**
 * The deliveries about one subject (`pedido:12345`), in the order they came; of more than `most` the first and the last,
 * since a sender may repeat itself without end.
 */
export async function eventsAbout(trx: Sql, subject: string, most: number): Promise<{ events: EventView[]; total: number }> {
  const rows = await trx.rows<EventView & { total: number }>(
    `SELECT ${EVENT_COLUMNS}, total
     FROM (SELECT *, row_number() OVER (ORDER BY received_at, event_id) AS number, count(*) OVER () AS total
           FROM events WHERE subject = $1) AS numbered
     WHERE number <= $2 OR number > total - $2 ORDER BY number`,
    [subject, Math.floor(most / 2)],
  );
  return { events: rows.map(({ total: _total, ...event }) => event), total: rows[0]?.total ?? 0 };
}

/** The bodies of some events about a subject, as they came, in any dialect of their sender. */
export const bodiesOf = (
  trx: Sql,
  subject: string,
  eventIds: readonly number[],
): Promise<Array<{ eventId: number; body: string }>> =>
  trx.rows('SELECT event_id AS "eventId", body FROM events WHERE subject = $1 AND event_id = ANY($2)', [
    subject,
    eventIds,
  ]);

/** An event that came before its time. */
export interface ParkedView {
  parkedId: number;
  eventId: number;
  topic: string;
  waitKey: string;
  state: 'waiting' | 'applied' | 'refused' | 'expired';
  reason: string;
  parkedAt: Date;
  expiresAt: Date;
  settledAt: Date | null;
  note: string | null;
}

const PARKED_COLUMNS = `parked_id AS "parkedId", event_id AS "eventId", topic, wait_key AS "waitKey", state, reason,
  parked_at AS "parkedAt", expires_at AS "expiresAt", settled_at AS "settledAt", note`;

/** What waits and what waited in vain, oldest first; with `all` also what was applied or refused in the end. */
export const parkedEvents = (trx: Sql, { all, limit }: { all: boolean; limit: number }): Promise<ParkedView[]> =>
  trx.rows<ParkedView>(
    `SELECT ${PARKED_COLUMNS} FROM parked_events
     WHERE $1 OR state IN ('waiting', 'expired') ORDER BY parked_id LIMIT $2`,
    [all, limit],
  );

export const parkedOf = (trx: Sql, eventIds: readonly number[]): Promise<ParkedView[]> =>
  trx.rows<ParkedView>(`SELECT ${PARKED_COLUMNS} FROM parked_events WHERE event_id = ANY($1) ORDER BY parked_id`, [
    eventIds,
  ]);

/** A message on its way out. */
export interface MessageView {
  messageId: number;
  topic: string;
  orderingKey: string;
  eventId: number | null;
  createdAt: Date;
  state: 'pending' | 'published' | 'dead' | 'expired';
  attempts: number;
  lastError: string | null;
  settledAt: Date | null;
}

const MESSAGE_COLUMNS = `o.message_id AS "messageId", o.topic, o.ordering_key AS "orderingKey", o.event_id AS "eventId",
  o.created_at AS "createdAt", o.state, o.attempts, o.last_error AS "lastError", o.settled_at AS "settledAt"`;

/**
 * What the events about a subject caused to be sent. The outbox is indexed by time alone (BRIN), and a message is
 * written in the transaction that received or settled its event: so each event's own moments are looked at, not all
 * the time between the first and the last.
 */
export const messagesCausedBy = (trx: Sql, subject: string): Promise<MessageView[]> =>
  trx.rows<MessageView>(
    `WITH causes AS MATERIALIZED (SELECT event_id, received_at, settled_at FROM events WHERE subject = $1)
     SELECT DISTINCT ON (o.message_id) ${MESSAGE_COLUMNS}
     FROM (SELECT DISTINCT date_trunc('second', moment) AS second
           FROM causes, LATERAL (VALUES (received_at), (settled_at)) AS m(moment)) AS moments
     JOIN outbox o ON o.created_at BETWEEN moments.second AND moments.second + interval '1 second'
     WHERE o.event_id IN (SELECT event_id FROM causes)
     ORDER BY o.message_id`,
    [subject],
  );

/** Messages of certain keys written at certain moments (as Postgres prints them): what a person's command announced. */
export const messagesWrittenAt = (
  trx: Sql,
  keys: readonly string[],
  moments: readonly string[],
): Promise<MessageView[]> =>
  trx.rows<MessageView>(
    `SELECT ${MESSAGE_COLUMNS} FROM outbox o
     WHERE o.created_at = ANY($2::timestamptz[]) AND o.ordering_key = ANY($1) AND o.event_id IS NULL
     ORDER BY o.message_id`,
    [keys, moments],
  );

/** Messages of certain keys written within some seconds of these moments, which a process's own clock told. */
export const messagesAround = (trx: Sql, keys: readonly string[], moments: readonly string[]): Promise<MessageView[]> =>
  trx.rows<MessageView>(
    `SELECT DISTINCT ON (o.message_id) ${MESSAGE_COLUMNS}
     FROM unnest($2::timestamptz[]) AS moment
     JOIN outbox o ON o.created_at BETWEEN moment - interval '10 s' AND moment + interval '10 s'
     WHERE o.ordering_key = ANY($1) ORDER BY o.message_id`,
    [keys, moments],
  );

/** How a dead message that a newer one replaced is marked: it stays dead, for that is what happened to it. */
export const SUPERSEDED = 'superseded';

/** What can never be delivered as it is, oldest first; with `all` also what was superseded. */
export const deadMessages = (trx: Sql, { all, limit }: { all: boolean; limit: number }): Promise<MessageView[]> =>
  trx.rows<MessageView>(
    `SELECT ${MESSAGE_COLUMNS} FROM outbox o
     WHERE o.state = 'dead' AND ($1 OR o.last_error IS NULL OR o.last_error NOT LIKE $2 || '%')
     ORDER BY o.message_id LIMIT $3`,
    [all, SUPERSEDED, limit],
  );
