import { Gauge, type Registry } from 'prom-client';
import { atMostEvery } from '../kernel/at-most-every.ts';
import { together, type Database, type Sql } from '../kernel/database.ts';
import { SUPERSEDED } from './read-model.ts';
import { relayHealth, type RelayHealth } from './relay/health.ts';
import type { Destination } from './topic.ts';

/** What waits for one way out of the service, and who carries it there. */
export interface WayOut extends RelayHealth {
  destination: Destination;
  /** Messages not yet there. */
  pending: number;
  /** How long the oldest of them that somebody still waits for has waited; 0 when there is none. Seconds. */
  oldestPendingSeconds: number;
}

/** What has still to be done, in all instances together. A count stops at `COUNTED_TO`. */
export interface Backlog {
  ways: WayOut[];
  deadLetters: number;
  /** Events that came before their time. */
  parked: number;
  /** Events that failed and are tried again. */
  failed: number;
}

/** Beyond this an exact figure helps nobody, and counting millions at every look would be a burden of its own. */
const COUNTED_TO = 100_000;
const LIMITS = { keepMs: 2000, patienceMs: 3000, what: 'the database' };

/** The backlog as of two seconds ago at most, read by index alone. @throws Error when the database does not answer. */
export function createBacklog(database: Database, destinations: readonly Destination[]): () => Promise<Backlog> {
  const healths = destinations.map((destination) => relayHealth(database, destination));
  return atMostEvery(LIMITS, async () => {
    const [{ waiting, ...counts }, ...relays] = await Promise.all([
      database.transaction('system', (trx) => readBacklog(trx, destinations)),
      ...healths.map((health) => health()),
    ]);
    const wayOut = (destination: Destination, index: number) =>
      ({ destination, ...waiting[index], ...relays[index] }) as WayOut;
    return { ...counts, ways: destinations.map(wayOut) };
  });
}

type Waiting = Pick<WayOut, 'pending' | 'oldestPendingSeconds'>;

/** Each condition is that of a partial index, which holds what is unfinished and nothing of the millions before. */
export async function readBacklog(
  trx: Sql, destinations: readonly Destination[],
): Promise<Omit<Backlog, 'ways'> & { waiting: Waiting[] }> {
  const dead = `FROM outbox WHERE state = 'dead' AND (last_error IS NULL OR last_error NOT LIKE $1 || '%')`;
  const [, , counts, ...waiting] = await together([
    trx.run('SET LOCAL enable_seqscan = off'), // statistics that lag behind must not make it read a whole table
    trx.run(`SET LOCAL statement_timeout = '10s'`),
    trx.one<Omit<Backlog, 'ways'>>(
      `SELECT ${counted(dead)} AS "deadLetters",
         ${counted(`FROM parked_events WHERE state = 'waiting'`)} AS parked,
         ${counted(`FROM events WHERE outcome = 'failed'`)} AS failed`,
      [SUPERSEDED],
    ),
    ...destinations.map((destination) => readWaiting(trx, destination)),
  ]);
  return { ...counts, waiting };
}

const readWaiting = (trx: Sql, destination: Destination): Promise<Waiting> => {
  const pending = `FROM outbox WHERE destination = $1 AND state = 'pending'`;
  return trx.one<Waiting>(
    `SELECT ${counted(pending)} AS pending,
       coalesce((SELECT extract(epoch FROM clock_timestamp() - created_at)::float8 ${pending}
                   AND (expires_at IS NULL OR expires_at > now()) ORDER BY message_id LIMIT 1), 0)
         AS "oldestPendingSeconds"`,
    [destination],
  );
};

const counted = (what: string): string => `(SELECT count(*) FROM (SELECT ${what} LIMIT ${COUNTED_TO}) AS counted)`;

type Gauges<What> = ReadonlyArray<[name: string, help: string, value: (what: What) => number]>;

const GAUGES: Gauges<Backlog> = [
  ['dead_letters', 'Messages that can never be published as they are.', (b) => b.deadLetters],
  ['parked_events', 'Events that came before their time and wait.', (b) => b.parked],
  ['failed_events', 'Events that failed and are tried again.', (b) => b.failed],
];

const GAUGES_BY_DESTINATION: Gauges<WayOut> = [
  [
    'relay_lag_seconds',
    'Age of the oldest message not yet published that somebody still waits for; 0 when there is none.',
    (way) => way.oldestPendingSeconds,
  ],
  ['outbox_pending', `Messages not yet published; counted up to ${COUNTED_TO}.`, (way) => way.pending],
  ['relays_alive', 'Relays at work, in all instances.', (way) => way.relays],
  ['circuit_open', '1 while no relay gets anything out there, or nobody there takes a topic.', (way) => (way.outage === undefined ? 0 : 1)],
];

/**
 * Gauges of what the database holds, the same at every instance. @returns brings them up to date; with the database
 * away they have no value, rather than an old one.
 */
export function backlogGauges(registry: Registry, backlog: () => Promise<Backlog>): () => Promise<void> {
  const gauge = <Label extends string = never>(name: string, help: string, labelNames: Label[] = []) =>
    new Gauge({ name: `marketplace_${name}`, help, labelNames, registers: [registry] });
  const up = gauge('database_up', 'Whether the database answers this process.');
  const totals = GAUGES.map(([name, help, value]) => ({ gauge: gauge(name, help), value }));
  const byDestination = GAUGES_BY_DESTINATION.map(([name, help, value]) => ({
    gauge: gauge(name, help, ['destination']),
    value,
  }));
  return async () => {
    const now = await backlog().catch(() => undefined);
    up.set(now === undefined ? 0 : 1);
    for (const { gauge: one, value } of totals) {
      if (now === undefined) one.remove();
      else one.set(value(now));
    }
    for (const { gauge: one, value } of byDestination) {
      one.reset();
      for (const way of now?.ways ?? []) one.set({ destination: way.destination }, value(way));
    }
  };
}
