import { realpath } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';

export const USER = 'app';
export const DATABASE = 'marketplace';

export type ServerState = 'ours' | 'refuses password' | 'not ready';

export function connectionUrl(port: number, password: string, database = DATABASE): string {
  return `postgres://${USER}:${password}@127.0.0.1:${port}/${database}`;
}

/** Whether what listens on the port is the server of this folder and lets us in. */
export async function serverState(port: number, password: string, dataDir: string): Promise<ServerState> {
  try {
    const serves = await ask(connectionUrl(port, password, 'postgres'), 'SHOW data_directory');
    const folder = serves[0]?.['data_directory'] ?? '';
    return (await realpath(folder)) === dataDir ? 'ours' : 'not ready';
  } catch (error) {
    const refused = (error as pg.DatabaseError).code === '28P01';
    return refused ? 'refuses password' : 'not ready';
  }
}

/** Also when the server dies meanwhile and is started again: tries until it worked or the time is up. */
export async function ensureDatabase(port: number, password: string, timeoutMs = 30_000): Promise<void> {
  for (const deadline = Date.now() + timeoutMs; ; await sleep(100)) {
    try {
      return await createDatabaseIfMissing(port, password);
    } catch (error) {
      if (Date.now() >= deadline) throw error;
    }
  }
}

async function createDatabaseIfMissing(port: number, password: string): Promise<void> {
  const maintenance = connectionUrl(port, password, 'postgres');
  const found = await ask(maintenance, `SELECT datname FROM pg_database WHERE datname = '${DATABASE}'`);
  if (found.length === 0) await ask(maintenance, `CREATE DATABASE ${DATABASE}`);
}

async function ask(url: string, sql: string): Promise<Record<string, string>[]> {
  const client = new pg.Client({ connectionString: url, connectionTimeoutMillis: 5000, ssl: false });
  // A server that dies meanwhile fails the query as well; unheard, this event would end our process.
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, string>>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}
