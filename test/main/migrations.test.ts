import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir } from 'node:fs/promises';
import pg from 'pg';
import { migrate, migrateDown } from '../../src/kernel/migrate.ts';
import { databaseUrl, onServer } from '../support/database.ts';
import { until } from '../support/service.ts';

const CHILD = `const { migrate } = await import('./src/kernel/migrate.ts'); await migrate(process.argv[1]);`;

describe('migrations', () => {
  let url: string;
  let name: string;
  let all: string[];

  before(async () => {
    const files = await readdir(new URL('../../db/migrations/', import.meta.url));
    all = files.map((file) => file.replace(/\.ts$/, '')).sort();
  });
  beforeEach(async () => {
    name = `test_migrate_${randomBytes(4).toString('hex')}`;
    await onServer(`CREATE DATABASE ${name}`);
    url = databaseUrl(name);
  });
  afterEach(() => onServer(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`));

  const connect = async () => {
    const client = new pg.Client({ connectionString: url });
    client.on('error', () => undefined); // dropping the database ends what a failed test left open
    await client.connect();
    return client;
  };
  const query = async (sql: string) => {
    const client = await connect();
    try {
      return (await client.query<Record<string, unknown>>(sql)).rows;
    } finally {
      await client.end();
    }
  };
  const applied = async () => (await query('SELECT name FROM schema_migrations ORDER BY id')).map((row) => String(row['name']));

  it('are applied once when several instances start at once', async () => {
    const results = await Promise.all([migrate(url), migrate(url), migrate(url)]);
    assert.deepEqual(results.map((names) => names.length).sort(), [0, 0, all.length]);
    assert.deepEqual(await applied(), all);
    assert.deepEqual(await migrate(url), []);
  });

  it('go on after a process was killed in the middle of them', async () => {
    const last = await connect();
    await last.query('BEGIN; CREATE TABLE tenants (n int)'); // the migration that makes this table waits here
    const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', CHILD, url], { stdio: 'ignore' });
    const waiting = `SELECT 1 FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`;
    await until('the migration at the table', async () => (await query(waiting)).length);
    child.kill('SIGKILL');
    await once(child, 'exit');
    const some = await applied();
    assert.ok(some.length < all.length, `it was not in the middle: ${some.join()}`);
    await last.query('ROLLBACK');
    await last.end();
    assert.deepEqual(await migrate(url), all.slice(some.length));
    assert.deepEqual(await applied(), all);
  });

  it('refuse a database that a newer release migrated, and name what they do not know', async () => {
    await migrate(url);
    await query(`INSERT INTO schema_migrations (name, batch, migration_time) VALUES ('29990101000000-from-the-future', 99, now())`);
    await assert.rejects(migrate(url), /newer release.*29990101000000-from-the-future/);
    await query(`DELETE FROM schema_migrations WHERE name LIKE '2999%'`);
    assert.deepEqual(await migrate(url), []);
  });

  it('can be taken back, all of them, and applied again', async () => {
    await migrate(url);
    await migrateDown(url, all.length);
    const left = await query(`SELECT relname FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p', 'v') ORDER BY 1`);
    assert.deepEqual(left.map((row) => row['relname']), ['schema_migrations', 'schema_migrations_lock']);
    assert.deepEqual(await migrate(url), all);
  });
});
