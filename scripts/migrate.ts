/**
 * Applies the migrations of this release to the database at DATABASE_URL or, without one, to the embedded one of
 * DATA_DIR, which is started for the purpose when it does not run. The service does the same when it starts.
 */
import { startEmbeddedPostgres } from '../src/kernel/embedded-postgres/index.ts';
import { causeOf } from '../src/kernel/errors.ts';
import { migrate } from '../src/kernel/migrate.ts';
import { findEmbedded } from './admin/connect.ts';

const say = (line: string) => void process.stdout.write(`${line}\n`);

async function migrateAndTell(url: string): Promise<void> {
  const { host, pathname } = new URL(url);
  const applied = await migrate(url);
  if (applied.length === 0) return say(`${host}${pathname} is up to date.`);
  for (const name of applied) say(`applied ${name}`);
  say(`${host}${pathname}: ${applied.length} migrations applied.`);
}

async function main(env: NodeJS.ProcessEnv): Promise<void> {
  const dataDir = env.DATA_DIR || '.data';
  if (env.NODE_ENV === 'production' && !env.DATABASE_URL) {
    throw new Error(
      'DATABASE_URL: missing; in production nothing is embedded. Set it to postgres://user:password@host:5432/database',
    );
  }
  const running = env.DATABASE_URL || (await findEmbedded(dataDir));
  if (running) return migrateAndTell(running);
  say(`starting the embedded PostgreSQL of ${dataDir}`);
  const postgres = await startEmbeddedPostgres({ dataDir });
  try {
    await migrateAndTell(postgres.url);
  } finally {
    await postgres.stop();
  }
}

main(process.env).catch((error: unknown) => {
  process.stderr.write(`migrate: ${causeOf(error)}\n`);
  process.exitCode = 1;
});
