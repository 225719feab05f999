import { randomBytes } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { sqlState } from '../../src/kernel/database.ts';

export interface TestDatabase {
  url: string;
  /** Ends whatever is still connected. */
  drop(): Promise<void>;
}

const TEMPLATE_BUSY = '55006'; // object_in_use: somebody is connected to the template just now
const PATIENCE_MS = 20_000;

/** A migrated, empty database of one's own: for one test file, made in `before` and dropped in `after`. */
export async function cloneDatabase(): Promise<TestDatabase> {
  const name = `test_${process.pid}_${randomBytes(4).toString('hex')}`;
  for (const deadline = Date.now() + PATIENCE_MS; ; await sleep(100)) {
    try {
      await onServer(`CREATE DATABASE ${name} TEMPLATE ${setByHooks('TEST_TEMPLATE')}`);
      return { url: databaseUrl(name), drop: () => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`) };
    } catch (error) {
      if (sqlState(error) !== TEMPLATE_BUSY || Date.now() >= deadline) throw error;
    }
  }
}

/** The address of another database on the test server. */
export function databaseUrl(name: string): string {
  const url = new URL(setByHooks('TEST_SERVER_URL'));
  url.pathname = `/${name}`;
  return url.href;
}

/** Runs one statement on the test server, outside the databases under test. */
export async function onServer(sql: string): Promise<void> {
  const client = new pg.Client({ connectionString: setByHooks('TEST_SERVER_URL') });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

function setByHooks(name: 'TEST_SERVER_URL' | 'TEST_TEMPLATE'): string {
  const value = process.env[name];
  if (!value) throw new Error(`${name} is not set: run tests with mocha, whose hooks (test/support/hooks.ts) start the server`);
  return value;
}
