import type { Database } from '../../kernel/database.ts';

export interface RelayHealth {
  /** How many relays are alive, in all instances. */
  relays: number;
  /** Why nothing gets out now: the cause at the relay whose circuit opened; undefined while something does. */
  outage?: string;
}

/** The relays' state as they write it into Postgres themselves, so that any instance can tell. */
export const relayHealth = (database: Database, destination: string) => async (): Promise<RelayHealth> => {
  const rows = await database.transaction('system', (trx) =>
    trx.rows<{ open: boolean; cause: string | null }>(
      `SELECT coalesce(circuit_open_until > now(), false) AS open, circuit_cause AS cause
       FROM relays WHERE destination = $1 AND alive_until > now()`,
      [destination],
    ),
  );
  const allOpen = rows.length > 0 && rows.every(({ open }) => open);
  return { relays: rows.length, outage: allOpen ? (rows[0]?.cause ?? 'the circuit is open') : undefined };
};
