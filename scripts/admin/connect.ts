import { readdir, readFile, realpath } from 'node:fs/promises';
import path from 'node:path';
import { connectionUrl, serverState } from '../../src/kernel/embedded-postgres/database.ts';
import { isAlive, readPidFile } from '../../src/kernel/embedded-postgres/postmaster.ts';

/** Something the operator can mend; the message says how. */
export class OperatorError extends Error {}

/** The address of the embedded server that runs in this data folder; undefined when none does. */
export async function findEmbedded(dataDir: string): Promise<string | undefined> {
  const password = (await readFile(path.join(dataDir, 'postgres.password'), 'utf8').catch(() => '')).trim();
  if (password === '') return undefined;
  const clusters = (await readdir(dataDir)).filter((name) => /^postgres-\d+$/.test(name));
  for (const name of clusters) {
    const folder = await realpath(path.join(dataDir, name)).catch(() => undefined); // a link whose folder is gone
    const server = folder && (await readPidFile(folder));
    if (!folder || !server || server.port === 0 || !isAlive(server.pid)) continue;
    if ((await serverState(server.port, password, folder)) === 'ours') return connectionUrl(server.port, password);
  }
  return undefined;
}

/** @throws OperatorError when there is no database to look into. */
export async function databaseUrlFor(given: string | undefined, dataDir: string): Promise<string> {
  const url = given || (await findEmbedded(dataDir));
  if (url !== undefined) return url;
  throw new OperatorError(
    `no database: DATABASE_URL is not set, and no embedded PostgreSQL runs in ${path.resolve(dataDir)}.\n` +
      'Start the service (npm start), name its data folder with DATA_DIR, or set DATABASE_URL=postgres://….',
  );
}
