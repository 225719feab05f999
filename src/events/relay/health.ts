import type { Database } from '../../kernel/database.ts';

export interface RelayHealth {
  /** How many relays are alive, in all instances. */
  relays: number;
  /** Why nothing gets out now, or nothing of one topic: the cause at the relay that met it; undefined while all does. */
  outage?: string;
}

/** While a probe is on its way the circuit counts as open still; when there is nothing to probe with, not for longer. */
const PROBE_MS = 2000;

/** The relays' state as they write it into Postgres themselves, so that any instance can tell. */
export const relayHealth = (database: Database, destination: string) => async (): Promise<RelayHealth> => {
  const rows = await database.transaction('system', (trx) =>
    trx.rows<{ open: boolean; held: boolean; cause: string | null }>(
      `SELECT coalesce(circuit_open_until > now() - $2 * interval '1 ms', false) AS open, held, circuit_cause AS cause
       FROM relays WHERE destination = $1 AND alive_until > now()`,
      [destination, PROBE_MS],
    ),
  );
  const open = rows.filter((row) => row.open);
  // A circuit that is open at one relay alone is that relay's; a topic that nobody takes is so for all.
  const outage = open.find(({ held }) => held) ?? (open.length === rows.length ? open[0] : undefined);
  return { relays: rows.length, outage: outage && (outage.cause ?? 'the circuit is open') };
};
