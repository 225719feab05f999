import { readdir } from 'node:fs/promises';
import knex, { type Knex } from 'knex';
import { sqlState, type Database } from './database.ts';

const FOLDER = new URL('../../db/migrations/', import.meta.url);

/** The migrations of this release, by name without an ending: the same whether run from TypeScript or from the build. */
async function migrationNames(): Promise<string[]> {
  const files = await readdir(FOLDER);
  return [...new Set(files.filter((file) => /\.(ts|js)$/.test(file) && !file.endsWith('.d.ts')).map((file) => file.replace(/\.(ts|js)$/, '')))].sort();
}

async function loadMigration(name: string): Promise<Knex.Migration> {
  const ending = import.meta.url.endsWith('.ts') ? '.ts' : '.js';
  return (await import(new URL(name + ending, FOLDER).href)) as Knex.Migration;
}

const source: Knex.MigrationSource<string> = {
  getMigrations: migrationNames,
  getMigrationName: (name) => name,
  getMigration: loadMigration,
};

/** How a knex for migrations is configured; shared with `db/knexfile.ts`. */
export const knexConfig = (url: string): Knex.Config => ({
  client: 'pg',
  connection: url,
  pool: { min: 0, max: 3 },
  migrations: { migrationSource: source, tableName: 'schema_migrations' },
});

/**
 * Brings the schema up to this release; safe to run from several instances at once, and again after a kill half way:
 * a migration that was cut short left nothing behind, and our advisory lock decides who runs, for it dies with its connection.
 * Knex's own lock is a row that a killed process leaves behind; whoever holds the advisory lock may free it.
 * @returns the names of the migrations that were applied.
 */
export async function migrate(url: string): Promise<string[]> {
  const db = knex(knexConfig(url));
  try {
    return await db.transaction(async (guard) => {
      await guard.raw("SELECT pg_advisory_xact_lock(hashtextextended('marketplace-service migrations', 0))");
      await db.migrate.forceFreeMigrationsLock();
      await refuseNewerSchema(db);
      const [, applied] = (await db.migrate.latest()) as [number, string[]];
      return applied;
    });
  } catch (error) {
    if (sqlState(error) === '42501') throw explainMissingRight(error as Error);
    throw error;
  } finally {
    await db.destroy();
  }
}

/** Takes the last `count` migrations back, newest first; for tests and for an operator who knows why. */
export async function migrateDown(url: string, count: number): Promise<void> {
  const db = knex(knexConfig(url));
  try {
    for (let left = count; left > 0; left -= 1) await db.migrate.down();
  } finally {
    await db.destroy();
  }
}

/** How the schema differs from this release's, and how to mend it; undefined when it does not. @throws with the database away. */
export async function schemaProblem({ pool }: Pick<Database, 'pool'>): Promise<string | undefined> {
  const applied = await pool.query<{ name: string }>('SELECT name FROM schema_migrations').then(
    ({ rows }): string[] => rows.map(({ name }) => name),
    (error: unknown): string[] => {
      if (sqlState(error) === '42P01') return []; // undefined_table: never migrated
      throw error;
    },
  );
  const ours = await migrationNames();
  const [missing, unknown] = [ours.filter((name) => !applied.includes(name)), applied.filter((name) => !ours.includes(name))];
  if (unknown.length > 0) return newerRelease(unknown);
  if (missing.length > 0) return `the schema is older than this release: it lacks ${missing.join(', ')}; run npm run migrate, or restart`;
  return undefined;
}

const newerRelease = (unknown: readonly string[]) =>
  `the database was migrated by a newer release (${unknown.join(', ')}); start that release or a later one`;

async function refuseNewerSchema(db: Knex): Promise<void> {
  if (!(await db.schema.hasTable('schema_migrations'))) return;
  const known = new Set(await migrationNames());
  const unknown = (await db<{ name: string }>('schema_migrations').select('name')).filter(({ name }) => !known.has(name));
  if (unknown.length > 0) throw new Error(newerRelease(unknown.map(({ name }) => name)));
}

const explainMissingRight = (cause: Error) =>
  new Error(
    `the database login lacks a right: ${cause.message}. The first start creates two roles; either give the login CREATEROLE, ` +
      'or have an administrator run: CREATE ROLE marketplace_system NOLOGIN; CREATE ROLE marketplace_tenant NOLOGIN; ' +
      'GRANT marketplace_system, marketplace_tenant TO <the login>;',
    { cause },
  );
