import { causeOf } from '../kernel/errors.ts';
import { lostARace, type Sql } from '../kernel/database.ts';
import type { Delivery } from './event-log.ts';
import { verdictOf, type Outcome } from './outcome.ts';
import type { Probe } from './probe.ts';
import { subscribersIn, type AnySubscription, type Registry } from './registry.ts';
import { openWork, StaleRead, type OpenWork, type Work } from './work.ts';

/** After how long one is tried again that failed when it was woken; until it expires, since what failed may be mended. */
const AGAIN_AFTER_MS = 30_000;

export interface ParkedEvent {
  outcome: Extract<Outcome, { kind: 'parked' }>;
  delivery: Delivery;
  topic: string;
  payload: unknown;
  eventId: number;
}

/** Lets an event wait in Postgres for `waitKey`; the change it waits for wakes it, or it expires visibly. */
export async function park(trx: Sql, event: ParkedEvent, ttlMs: number): Promise<void> {
  await trx.run(
    `INSERT INTO parked_events (wait_key, subscriber, organization, topic, payload, event_id, event_received_at, reason, expires_at)
     VALUES ($1, $2, $3, $4, $5, $6, coalesce($7::timestamptz, now()), $8, now() + $9 * interval '1 ms')`,
    [
      event.outcome.waitKey, event.delivery.subscriber, event.delivery.organization, event.topic,
      JSON.stringify(event.payload), event.eventId, event.delivery.kept?.receivedAt ?? null, event.outcome.message, ttlMs,
    ],
  );
}

export interface WaitingRow {
  id: number;
  subscriber: string;
  organization: string;
  topic: string;
  payload: unknown;
  eventId: number;
  receivedAt: string;
}

/**
 * Applies what waits for the keys this work woke, in the order it was parked and in the same transaction, so that
 * e.g. a late order is cancelled by the very commit that creates it. An event that still cannot be applied goes on
 * waiting; one that fails is rolled back alone, with the failure noted, and is tried again: nothing else may wake it.
 */
export async function applyWoken(
  work: OpenWork, firstWaiting: readonly WaitingRow[], { registry, probe }: { registry: Registry; probe: Probe },
): Promise<void> {
  for (let waiting = firstWaiting; waiting.length > 0; waiting = await readWaiting(work.trx, [...work.wakeKeys])) {
    work.wakeKeys.clear(); // one that is settled may wake others, also such as were tried too early
    for (const row of waiting) {
      await applyOne(work, row, registry);
      probe('parking.applied');
    }
  }
}

/** Since when this event waits for the key; undefined for one that does not. Asked under the system role. */
export async function waitingSince(trx: Sql, waitKey: string, eventId: number): Promise<Date | undefined> {
  const row = await trx.maybe<{ since: Date }>(
    `SELECT parked_at AS since FROM parked_events WHERE wait_key = $1 AND event_id = $2 AND state = 'waiting'`,
    [waitKey, eventId],
  );
  return row?.since;
}

const WAITING_ROW = `parked_id AS id, subscriber, organization, topic, payload, event_id AS "eventId", event_received_at::text AS "receivedAt"`;

/** What waits for these keys, locked. */
export async function readWaiting(trx: Sql, keys: readonly string[]): Promise<WaitingRow[]> {
  if (keys.length === 0) return [];
  return trx.rows<WaitingRow>(
    `SELECT ${WAITING_ROW} FROM parked_events WHERE wait_key = ANY($1) AND state = 'waiting' ORDER BY parked_id FOR UPDATE`,
    [keys],
  );
}

/** Tries one event whose time has come, unless it was tried meanwhile. The caller holds the lock of its subject. */
export async function applyDue(work: Work, id: number, registry: Registry): Promise<void> {
  const row = await work.trx.maybe<WaitingRow>(
    `UPDATE parked_events SET woken_at = NULL WHERE parked_id = $1 AND state = 'waiting' AND woken_at <= now() RETURNING ${WAITING_ROW}`,
    [id],
  );
  if (row !== undefined) await applyOne(work, row, registry);
}

/** It failed when its time had come: that is noted, and it is tried again. */
export const postpone = (trx: Sql, id: number, error: unknown): Promise<number> =>
  trx.run(
    `UPDATE parked_events SET note = $2, woken_at = now() + $3 * interval '1 ms' WHERE parked_id = $1 AND state = 'waiting'`,
    [id, causeOf(error), AGAIN_AFTER_MS],
  );

async function applyOne(work: Work, row: WaitingRow, registry: Registry): Promise<void> {
  const { trx } = work;
  const subscription = registry.find(row.subscriber, row.topic);
  if (subscription === undefined) {
    await trx.run('UPDATE parked_events SET woken_at = now() WHERE parked_id = $1', [row.id]); // see woken.ts
    return;
  }
  await trx.run('SAVEPOINT woken');
  try {
    const inner = openWork({ ...work, trx }, { eventId: row.eventId });
    const outcome = await handleOne(subscription, row.payload, inner, row.eventId);
    await inner.flush();
    if (outcome.kind !== 'parked') await settle(trx, row, subscription.topic.key(row.payload), outcome);
    await trx.run('RELEASE SAVEPOINT woken');
    // Only what leaves the waiting may wake, so that each round has fewer of them.
    if (outcome.kind !== 'parked') for (const key of inner.wakeKeys) work.wake(key);
  } catch (error) {
    if (lostARace(error) || error instanceof StaleRead) throw error; // all of it is done again
    await trx.run('ROLLBACK TO SAVEPOINT woken');
    await postpone(trx, row.id, error);
    work.log.error(`[PARKED] ${row.topic} (event ${row.eventId}) could not be applied: ${causeOf(error)}`);
  }
}

async function handleOne(subscription: AnySubscription, payload: unknown, work: Work, eventId: number): Promise<Outcome> {
  const validated: unknown = subscription.topic.schema.parse(payload);
  if ('handle' in subscription) return subscription.handle(validated, work);
  const picture: unknown = await subscription.read([validated], work);
  const [outcome] = subscription.handleBatch([{ payload: validated, eventId, traceId: work.traceId }], picture, work);
  if (outcome === undefined) throw new Error(`${subscription.topic.name}: the handler gave no outcome`);
  return outcome;
}

async function settle(
  trx: Sql, row: WaitingRow, key: string | undefined, outcome: Exclude<Outcome, { kind: 'parked' }>,
): Promise<void> {
  const verdict = verdictOf(outcome);
  const answer = verdict.answer === null ? null : JSON.stringify(verdict.answer);
  // An applied one keeps the answer that was first given. One that was refused tells a repeat so, rather than "wait".
  await trx.run(
    `UPDATE inbox SET outcome = $3, answer = CASE WHEN $3 = 'refused' THEN $4::json ELSE answer END
     WHERE key = $1 AND topic = $2 AND subscriber = $5 AND organization = $6`,
    [key ?? null, row.topic, verdict.state, answer, row.subscriber, row.organization],
  );
  await trx.run(`UPDATE parked_events SET state = $2, settled_at = now(), note = $3 WHERE parked_id = $1`, [
    row.id, outcome.kind === 'done' ? 'applied' : 'refused', verdict.answer?.message ?? null,
  ]);
  await trx.run(
    `UPDATE events SET outcome = $3, answer = $4, settled_at = now() WHERE received_at = $1::timestamptz AND event_id = $2`,
    [row.receivedAt, row.eventId, verdict.state, answer],
  );
}

/**
 * Gives up what waited too long. It stays in the table and in `admin parked`: an operator sees it, nothing is dropped.
 * Its key is given back (a content that nothing equals, and refused), so that a repeat is judged as things are then.
 * Which key that is knows a process that handles it: of others' events it leaves the hands off.
 * @returns how many it gave up.
 */
export async function expireParked(trx: Sql, registry: Registry): Promise<number> {
  const expired = await trx.rows<WaitingRow>(
    `UPDATE parked_events SET state = 'expired', settled_at = now(), note = 'nothing it waited for came in time'
     WHERE state = 'waiting' AND expires_at <= now() AND subscriber = ANY($1)
     RETURNING parked_id AS id, subscriber, organization, topic, payload, event_id AS "eventId", event_received_at::text AS "receivedAt"`,
    [subscribersIn(registry)],
  );
  for (const row of expired) {
    const key: unknown = registry.find(row.subscriber, row.topic)?.topic.key(row.payload);
    await trx.run(
      `UPDATE inbox SET outcome = 'refused', content_hash = '' WHERE key = $1 AND topic = $2 AND subscriber = $3 AND organization = $4`,
      [key ?? null, row.topic, row.subscriber, row.organization],
    );
    await trx.run(
      `UPDATE events SET outcome = 'abandoned', settled_at = now() WHERE received_at = $1::timestamptz AND event_id = $2`,
      [row.receivedAt, row.eventId],
    );
  }
  return expired.length;
}
