import { spawn } from 'node:child_process';
import { open, rename, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import { serverState } from './database.ts';
import { findFreePort } from './free-port.ts';
import { clusterName, endOrphanSessions } from './orphan-sessions.ts';
import { clearStalePidFile, isAlive, isPostmasterOf, readPidFile } from './postmaster.ts';
import { programOptions } from './run-user.ts';
import type { RunUser } from './run-user.ts';

export interface RunningServer {
  pid: number;
  port: number;
  adopted: boolean;
}

/** How long another server of this folder may take to come up or go down, or its sessions to end. */
const SETTLE_MS = 60_000;
const POLL_MS = 20;
const MAX_LOG_BYTES = 5_000_000;
/** Refusals that pass by themselves: another was quicker with the port or the folder, or has not left yet. */
const PASSING = /pre-existing shared memory|could not bind|lock file ".*" (already exists|is empty)/;

/** Takes over the server that a killed process of ours left running, or starts one. */
export async function startServer(cluster: Cluster, log: (message: string) => void): Promise<RunningServer> {
  const deadline = Date.now() + SETTLE_MS;
  for (;;) {
    const orphan = await findOrphan(cluster, deadline);
    if (orphan) return { ...orphan, adopted: true };
    const port = await findFreePort();
    try {
      return { pid: await launch(cluster, port), port, adopted: false };
    } catch (error) {
      const message = (error as Error).message;
      if (!PASSING.test(message) || Date.now() >= deadline) throw error;
      log(`Postgres did not start yet, trying again: ${message.slice(0, 300)}`);
      await sleep(200);
      if (message.includes('shared memory')) await endOrphanSessions(cluster.dir);
    }
  }
}

/** Starts the server again after its main process died; on the same port, for the pools that know it. */
export async function relaunch(cluster: Cluster, port: number, signal: AbortSignal): Promise<number> {
  await endOrphanSessions(cluster.dir);
  return launch(cluster, port, signal);
}

/** Starts a server and waits until it accepts connections or ends; recovery may take its time. */
async function launch(cluster: Cluster, port: number, signal?: AbortSignal): Promise<number> {
  await clearStalePidFile(cluster.dir);
  const serverLog = await openLog(cluster.logFile, cluster.user);
  try {
    const child = spawn(path.join(cluster.binFolder, 'postgres'), serverArgs(cluster, port), {
      ...programOptions(cluster.user),
      detached: true, // Ctrl-C in the terminal must reach us only: Postgres stays until we have drained
      stdio: ['ignore', serverLog.handle.fd, serverLog.handle.fd],
    });
    let ended: string | undefined;
    child.on('error', (error) => (ended = error.message));
    child.on('exit', (code, by) => (ended ??= by ? `killed by ${by}` : `exit code ${code}`));
    child.unref();
    for (;;) {
      if (ended !== undefined) throw new Error(await failure(ended, cluster.logFile, serverLog.size));
      const file = await readPidFile(cluster.dir);
      // Aborted means that our service stops: it stops this server as well, ready or not.
      if (child.pid && ((file?.pid === child.pid && file.ready) || signal?.aborted)) return child.pid;
      await sleep(POLL_MS);
    }
  } finally {
    await serverLog.handle.close();
  }
}

/** A live server of this folder, waiting out one that is about to come up or to go. */
async function findOrphan(
  cluster: Cluster,
  deadline: number,
): Promise<{ pid: number; port: number } | undefined> {
  for (;;) {
    const file = await readPidFile(cluster.dir);
    if (!file || !isAlive(file.pid)) return undefined;
    const state = file.port > 0 ? await serverState(file.port, cluster.password, cluster.dir) : 'not ready';
    if (state === 'ours') return { pid: file.pid, port: file.port };
    if (!(await isPostmasterOf(file.pid, cluster.dir))) return undefined;
    if (state === 'refuses password' || Date.now() >= deadline) {
      const why = state === 'not ready' ? 'does not become ready' : state;
      throw new Error(`Postgres runs in ${cluster.dir} but ${why}. Stop it: kill -INT ${file.pid}`);
    }
    await sleep(POLL_MS);
  }
}

function serverArgs(cluster: Cluster, port: number): string[] {
  const settings: Record<string, string> = {
    listen_addresses: '127.0.0.1',
    unix_socket_directories: '',
    logging_collector: 'off',
    cluster_name: clusterName(cluster.dir),
    ...cluster.settings,
  };
  const args = ['-D', cluster.dir, '-p', String(port)];
  for (const [name, value] of Object.entries(settings)) args.push('-c', `${name}=${value}`);
  return args;
}

async function openLog(file: string, user: RunUser): Promise<{ handle: FileHandle; size: number }> {
  const size = (await stat(file).catch(() => undefined))?.size ?? 0;
  if (size > MAX_LOG_BYTES) await rename(file, `${file}.1`);
  const handle = await open(file, 'a', 0o600);
  // Made by root for somebody else's cluster, it must not bar its owner's next start.
  if (user) await handle.chown(user.uid, user.gid);
  return { handle, size: size > MAX_LOG_BYTES ? 0 : size };
}

/** The reason is in the server's log, of which this start wrote what lies behind `from`. */
async function failure(ended: string, logFile: string, from: number): Promise<string> {
  const handle = await open(logFile, 'r');
  try {
    const { size } = await handle.stat();
    const start = Math.max(from, size - 2000);
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - start), 0, size - start, start);
    const text = buffer.toString('utf8', 0, bytesRead);
    return `Postgres did not start (${ended}). ${logFile} ends with:\n${text}`;
  } finally {
    await handle.close();
  }
}
