import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir, readFile, realpath, rename, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { findBinaries, runnableBy } from './binaries.ts';
import { createCluster } from './initdb.ts';
import { runUserFor } from './run-user.ts';
import type { RunUser } from './run-user.ts';

/** A data folder that is ready to be served, and everything needed to do so. */
export interface Cluster {
  /** The folder of the data, links resolved. */
  dir: string;
  binFolder: string;
  user: RunUser;
  password: string;
  logFile: string;
  settings: Record<string, string>;
}

/** Finds the cluster for the version we have, or makes one. Only for the owner of the data folder. */
export async function prepareCluster(
  dataDir: string,
  settings: Record<string, string>,
  log: (message: string) => void,
): Promise<Cluster> {
  const found = await findBinaries(dataDir, log);
  const name = `postgres-${found.major}`;
  const entry = path.join(dataDir, name);
  await refuseForeign(entry);
  const user = await runUserFor(entry);
  const binFolder = await runnableBy(user, found, log);
  const durable = settings['fsync'] !== 'off';
  const password = await ensurePassword(path.join(dataDir, 'postgres.password'), entry);
  if (!existsSync(entry)) {
    await warnOfOtherVersions(dataDir, name, log);
    await createCluster(dataDir, entry, { user, password, binFolder, major: found.major, durable }, log);
  }
  return { dir: await realpath(entry), binFolder, user, password, logFile: `${entry}.log`, settings };
}

/** Root runs a cluster as its owner, whoever that is; an ordinary user cannot. */
async function refuseForeign(entry: string): Promise<void> {
  const owner = (await stat(entry).catch(() => undefined))?.uid;
  const us = process.getuid?.();
  if (owner === undefined || us === undefined || us === 0 || owner === us) return;
  throw new Error(
    `${entry} belongs to uid ${owner}. Start the service as that user or as root, or set another DATA_DIR.`,
  );
}

/** Made once, before the cluster that gets it. Renamed into place, so that it is never seen half written. */
async function ensurePassword(file: string, clusterEntry: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  if (kept) return kept.trim();
  if (existsSync(clusterEntry)) {
    throw new Error(`${file} is missing, and ${clusterEntry} opens with that password only: restore it.`);
  }
  const password = randomBytes(24).toString('base64url');
  await writeFile(`${file}.new`, `${password}\n`, { mode: 0o600, flush: true });
  await rename(`${file}.new`, file);
  return password;
}

async function warnOfOtherVersions(
  dataDir: string,
  name: string,
  log: (message: string) => void,
): Promise<void> {
  const others = (await readdir(dataDir)).filter((entry) => /^postgres-\d+$/.test(entry) && entry !== name);
  if (others.length > 0) {
    log(`${dataDir} holds data of another PostgreSQL version (${others.join(', ')}); ${name} starts empty`);
  }
}
