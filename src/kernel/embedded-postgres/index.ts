import { mkdir, realpath } from 'node:fs/promises';
import { prepareCluster } from './cluster.ts';
import { connectionUrl, ensureDatabase } from './database.ts';
import { acquireOwnerLock } from './owner-lock.ts';
import { stopPostmaster } from './postmaster.ts';
import { relaunch, startServer } from './server.ts';
import { superviseServer } from './supervisor.ts';

export interface EmbeddedPostgresOptions {
  /** Made when missing; one process at a time owns it. */
  dataDir: string;
  log?: (message: string) => void;
  /** Further server settings; tests use `{ fsync: 'off' }`. An adopted server keeps those it runs with. */
  settings?: Record<string, string>;
  /** How long to wait for a previous owner that still drains. */
  lockTimeoutMs?: number;
}

export interface EmbeddedPostgres {
  url: string;
  /** The data folder, links resolved. */
  dataDir: string;
  port: number;
  /** Whether the server is one that a killed process had left running. */
  adopted: boolean;
  /** Stops the server after everything is written, then gives the data folder free. */
  stop(): Promise<void>;
}

/**
 * Runs a PostgreSQL of our own in `dataDir`, reachable from this machine only. It outlives a kill -9 of this
 * process (the next start takes it over) and is started again, on the same port, when it dies itself.
 */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const log = options.log ?? (() => undefined);
  await mkdir(options.dataDir, { recursive: true });
  const dataDir = await realpath(options.dataDir);
  const lock = await acquireOwnerLock(dataDir, { timeoutMs: options.lockTimeoutMs ?? 15_000, log });
  try {
    const postgres = await run(dataDir, options.settings ?? {}, log);
    return { ...postgres, stop: once(() => postgres.stop().finally(() => lock.release())) };
  } catch (error) {
    await lock.release();
    throw error;
  }
}

async function run(
  dataDir: string,
  settings: Record<string, string>,
  log: (message: string) => void,
): Promise<EmbeddedPostgres> {
  const cluster = await prepareCluster(dataDir, settings, log);
  const { pid, port, adopted } = await startServer(cluster, log);
  const supervisor = superviseServer(pid, (signal) => relaunch(cluster, port, signal), log);
  const stop = async (): Promise<void> =>
    stopPostmaster(await supervisor.halt(), cluster.binFolder, cluster.dir);
  try {
    await ensureDatabase(port, cluster.password);
  } catch (error) {
    await stop();
    throw error;
  }
  return { url: connectionUrl(port, cluster.password), dataDir, port, adopted, stop };
}

function once(action: () => Promise<void>): () => Promise<void> {
  let running: Promise<void> | undefined;
  return () => (running ??= action());
}
