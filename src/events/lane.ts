import type pg from 'pg';
import { sqlOn, type Database, type Sql } from '../kernel/database.ts';

export interface Lane {
  transaction<T>(work: (trx: Sql) => Promise<T>): Promise<T>;
  /** For a statement that is a transaction of its own. */
  statement<T>(work: (sql: Sql) => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

/**
 * Batches look rows up by key and nothing else. A plan made while a table was still empty scans it whole and is kept
 * by the connection, which turns quadratic as the table grows; these settings leave only index look-ups to choose,
 * and such a plan is as good for any values, so it is made once.
 */
export const KEY_LOOKUPS_ONLY =
  'SET enable_seqscan = off; SET enable_hashjoin = off; SET enable_mergejoin = off; SET plan_cache_mode = force_generic_plan';
const LIFETIME_MS = 10 * 60_000;

/** A connection of its own for batches, opened when first needed, again after it was lost, and renewed now and then. */
export function createLane(database: Database): Lane {
  let client: pg.Client | undefined;
  let bornAt = 0;
  const names = new Map<string, string>();
  /** Few statements, repeated for ever: each is parsed and planned once a connection. */
  const nameOf = (text: string) => {
    const name = names.get(text) ?? `batch_${names.size + 1}`;
    names.set(text, name);
    return name;
  };

  const open = async () => {
    if (client && Date.now() - bornAt > LIFETIME_MS) await drop();
    if (client) return client;
    const fresh = await database.connect({ application_name: 'marketplace-service batch' });
    fresh.on('end', () => {
      if (client === fresh) client = undefined;
    });
    await fresh.query(KEY_LOOKUPS_ONLY);
    bornAt = Date.now();
    return (client = fresh);
  };

  const drop = async () => {
    const old = client;
    client = undefined;
    await old?.end().catch(() => undefined); // it is being thrown away: how it ends does not matter
  };

  return {
    async transaction(work) {
      const connection = await open();
      try {
        // BEGIN travels with the first statements; it fails only with the connection, and then they fail too.
        const [, result] = await Promise.all([connection.query('BEGIN'), work(sqlOn(connection, nameOf))]);
        await connection.query('COMMIT');
        return result;
      } catch (error) {
        await connection.query('ROLLBACK').catch(drop);
        throw error;
      }
    },
    statement: async (work) => work(sqlOn(await open(), nameOf)),
    close: drop,
  };
}
