import { Gauge, type Registry } from 'prom-client';
import { atMostEvery } from '../kernel/at-most-every.ts';
import { together, type Database, type Sql } from '../kernel/database.ts';
import { SUPERSEDED } from './read-model.ts';
import { relayHealth, type RelayHealth } from './relay/health.ts';

/** What has still to be done, in all instances together. A count stops at `COUNTED_TO`. */
export interface Backlog {
  /** Messages not yet at the hub. */
  pending: number;
  /** How long the oldest of them that somebody still waits for has waited; 0 when there is none. Seconds. */
  oldestPendingSeconds: number;
  deadLetters: number;
  /** Events that came before their time. */
  parked: number;
  /** Events that failed and are tried again. */
  failed: number;
  hub: RelayHealth;
}

/** Beyond this an exact figure helps nobody, and counting millions at every look would be a burden of its own. */
const COUNTED_TO = 100_000;
const LIMITS = { keepMs: 2000, patienceMs: 3000, what: 'the database' };

/** The backlog as of two seconds ago at most, read by index alone. @throws Error when the database does not answer. */
export function createBacklog(database: Database, destination: string): () => Promise<Backlog> {
  const hub = relayHealth(database, destination);
  return atMostEvery(LIMITS, async () => {
    const [counts, health] = await Promise.all([
      database.transaction('system', (trx) => readBacklog(trx, destination)),
      hub(),
    ]);
    return { ...counts, hub: health };
  });
}

/** Each condition is that of a partial index, which holds what is unfinished and nothing of the millions before. */
export async function readBacklog(trx: Sql, destination: string): Promise<Omit<Backlog, 'hub'>> {
  const pending = `FROM outbox WHERE destination = $1 AND state = 'pending'`;
  const dead = `FROM outbox WHERE state = 'dead' AND (last_error IS NULL OR last_error NOT LIKE $2 || '%')`;
  const counted = (what: string) => `(SELECT count(*) FROM (SELECT ${what} LIMIT ${COUNTED_TO}) AS counted)`;
  const [, , row] = await together([
    trx.run('SET LOCAL enable_seqscan = off'), // statistics that lag behind must not make it read a whole table
    trx.run(`SET LOCAL statement_timeout = '10s'`),
    trx.one<Omit<Backlog, 'hub'>>(
      `SELECT ${counted(pending)} AS pending,
         coalesce((SELECT extract(epoch FROM clock_timestamp() - created_at)::float8 ${pending}
                     AND (expires_at IS NULL OR expires_at > now()) ORDER BY message_id LIMIT 1), 0)
           AS "oldestPendingSeconds",
         ${counted(dead)} AS "deadLetters",
         ${counted(`FROM parked_events WHERE state = 'waiting'`)} AS parked,
         ${counted(`FROM events WHERE outcome = 'failed'`)} AS failed`,
      [destination, SUPERSEDED],
    ),
  ]);
  return row;
}

const GAUGES: ReadonlyArray<[name: string, help: string, value: (backlog: Backlog) => number]> = [
  [
    'relay_lag_seconds',
    'Age of the oldest message not yet published that somebody still waits for; 0 when there is none.',
    (b) => b.oldestPendingSeconds,
  ],
  ['outbox_pending', `Messages not yet published; counted up to ${COUNTED_TO}.`, (b) => b.pending],
  ['dead_letters', 'Messages that can never be published as they are.', (b) => b.deadLetters],
  ['parked_events', 'Events that came before their time and wait.', (b) => b.parked],
  ['failed_events', 'Events that failed and are tried again.', (b) => b.failed],
  ['relays_alive', 'Relays at work, in all instances.', (b) => b.hub.relays],
  ['circuit_open', '1 while no relay gets anything out to the hub.', (b) => (b.hub.outage === undefined ? 0 : 1)],
];

/**
 * Gauges of what the database holds, the same at every instance. @returns brings them up to date; with the database
 * away they have no value, rather than an old one.
 */
export function backlogGauges(registry: Registry, backlog: () => Promise<Backlog>): () => Promise<void> {
  const gauge = (name: string, help: string) => new Gauge({ name: `marketplace_${name}`, help, registers: [registry] });
  const up = gauge('database_up', 'Whether the database answers this process.');
  const gauges = GAUGES.map(([name, help, value]) => ({ gauge: gauge(name, help), value }));
  return async () => {
    const now = await backlog().catch(() => undefined);
    up.set(now === undefined ? 0 : 1);
    for (const { gauge: one, value } of gauges) {
      if (now === undefined) one.remove();
      else one.set(value(now));
    }
  };
}
