import { migrate } from '../../src/kernel/migrate.ts';
import { type ScratchPostgres, startScratchPostgres } from '../../scripts/scratch-postgres.ts';
import { databaseUrl, onServer } from './database.ts';

let embedded: ScratchPostgres | undefined;

/**
 * One server for the whole run, with one migrated database that the files clone: an embedded one, or the one that
 * TEST_DATABASE_SERVER names, where the template bears this process's id, for others may test there as well.
 */
export async function mochaGlobalSetup(): Promise<void> {
  const given = process.env.TEST_DATABASE_SERVER;
  if (!given) embedded = await startScratchPostgres({ synchronous_commit: 'on', max_connections: '200' });
  process.env.TEST_SERVER_URL = given || embedded?.url;
  process.env.TEST_TEMPLATE = given ? `template_marketplace_${process.pid}` : 'template_marketplace';
  try {
    await onServer(`CREATE DATABASE ${process.env.TEST_TEMPLATE}`);
    await migrate(databaseUrl(process.env.TEST_TEMPLATE));
  } catch (error) {
    await mochaGlobalTeardown(); // mocha does not call it when this function fails
    throw error;
  }
}

export async function mochaGlobalTeardown(): Promise<void> {
  if (embedded) await embedded.stop();
  else await onServer(`DROP DATABASE IF EXISTS ${process.env.TEST_TEMPLATE} WITH (FORCE)`);
}
