import { together, type Database, type Sql } from '../../kernel/database.ts';

/** A message to be sent, as the transport gets it. */
export interface Outgoing {
  id: number;
  slot: number;
  key: string;
  topic: string;
  /** JSON text. */
  payload: string;
  attempts: number;
  /** Milliseconds, from when it was loaded, after which nobody waits for it any more. */
  expiresInMs: number | null;
}

/** What became of a message: published, dead (it can never succeed), expired, or tried in vain and still pending. */
export interface Settlement {
  id: number;
  key: string;
  state: 'published' | 'dead' | 'expired' | 'pending';
  error?: string;
}

/** Bytes as stored, which is compressed: answers to accounting come by the megabyte, and thousands may wait. */
const PAGE_BYTES = 4 * 1024 * 1024;

/** What of the outbox a relay wants. */
export interface Wanted {
  slots: readonly number[];
  /** Keys that are being worked on. */
  busyKeys: readonly string[];
  /** Topics that nobody takes now. */
  heldTopics: readonly string[];
  limit: number;
}

/** The first message of each key that is held: what came before it may go, what comes behind it may not. */
const HELD = `LEFT JOIN (
  SELECT ordering_key, min(message_id) AS first FROM outbox
  WHERE destination = $1 AND state = 'pending' AND topic = ANY($6) GROUP BY ordering_key) AS held USING (ordering_key)`;

/** The oldest pending messages of these slots, as many as one page holds, leaving out what is not to be sent now. */
export async function loadPending(
  database: Database, destination: string, { slots, busyKeys, heldTopics, limit }: Wanted,
): Promise<Outgoing[]> {
  if (slots.length === 0) return [];
  const [join, condition, values] = heldTopics.length === 0 ? ['', '', []] : [HELD, 'AND (first IS NULL OR message_id < first)', [heldTopics]];
  return database.transaction('system', async (trx) => {
    if (heldTopics.length > 0) await trx.run('SET LOCAL enable_nestloop = off'); // many may be held, whatever statistics say
    return trx.rows<Outgoing>(
      `SELECT message_id AS id, slot, ordering_key AS key, topic, payload::text AS payload, attempts,
              extract(epoch FROM expires_at - now())::float8 * 1000 AS "expiresInMs"
       FROM (
         SELECT page.*, sum(pg_column_size(payload)) OVER (ORDER BY message_id) - pg_column_size(payload) AS before
         FROM (
           SELECT outbox.* FROM outbox ${join}
           WHERE destination = $1 AND state = 'pending' AND slot = ANY($2) AND ordering_key <> ALL($3) ${condition}
           ORDER BY message_id LIMIT $4) AS page) AS sized
       WHERE before < $5 ORDER BY message_id`,
      [destination, slots, busyKeys, limit, PAGE_BYTES, ...values],
    );
  });
}

/** Writes down what became of many messages at once. One that another relay settled meanwhile keeps its state. */
export async function settle(database: Database, settlements: readonly Settlement[]): Promise<void> {
  const published = settlements.filter(({ state }) => state === 'published').map(({ id }) => id);
  const others = lastWords(settlements.filter(({ state }) => state !== 'published'));
  // In this order: a message that was tried in vain first and published then ends as published.
  await database.transaction('system', (trx) => together([noteOthers(trx, others), markPublished(trx, published)]));
}

async function noteOthers(trx: Sql, last: ReadonlyArray<Settlement & { attempts: number }>): Promise<void> {
  if (last.length === 0) return;
  await trx.run(
    `UPDATE outbox o SET state = s.state, last_error = coalesce(s.error, o.last_error), attempts = o.attempts + s.attempts,
            settled_at = CASE WHEN s.state = 'pending' THEN NULL ELSE now() END
     FROM unnest($1::bigint[], $2::text[], $3::text[], $4::int[]) AS s(id, state, error, attempts)
     WHERE o.message_id = s.id AND o.state = 'pending'`,
    [last.map((s) => s.id), last.map((s) => s.state), last.map((s) => s.error ?? null), last.map((s) => s.attempts)],
  );
}

async function markPublished(trx: Sql, ids: readonly number[]): Promise<void> {
  if (ids.length === 0) return;
  await trx.run(
    `UPDATE outbox SET state = 'published', attempts = attempts + 1, settled_at = now()
     WHERE message_id = ANY($1::bigint[]) AND state = 'pending'`,
    [`{${ids.join()}}`], // as Postgres writes an array: the driver would look at each number as if it were text
  );
}

/** While Postgres is slow several attempts of a message gather; of two rows for one an UPDATE would take either. */
function lastWords(settlements: readonly Settlement[]): Array<Settlement & { attempts: number }> {
  const last = new Map<number, Settlement & { attempts: number }>();
  for (const settlement of settlements) {
    const before = last.get(settlement.id);
    last.set(settlement.id, { ...settlement, error: settlement.error ?? before?.error, attempts: (before?.attempts ?? 0) + 1 });
  }
  return [...last.values()];
}

/** A sleeping relay is woken by NOTIFY; one that is awake is spared it. Losing this row costs a poll, so no fsync. */
export async function setAsleep(database: Database, relayId: string, asleep: boolean): Promise<void> {
  await database.transaction('system', async (trx) => {
    await trx.run('SET LOCAL synchronous_commit = off');
    await trx.run('UPDATE relays SET asleep = $2 WHERE relay_id = $1', [relayId, asleep]);
  });
}
