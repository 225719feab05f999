/** What the tests of the embedded Postgres share: folders and processes that are gone afterwards. */
import { fork } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, chown, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import * as embedded from '../../../src/kernel/embedded-postgres/index.ts';
import { isAlive } from '../../../src/kernel/embedded-postgres/postmaster.ts';

export interface Report {
  url: string;
  port: number;
  adopted: boolean;
  failure?: string;
}

export const NOBODY = 65534;
const CHILD = fileURLToPath(new URL('embedded-postgres-child.ts', import.meta.url));
const LOADER = fileURLToPath(import.meta.resolve('tsx'));

const folders: string[] = [];
const servers: embedded.EmbeddedPostgres[] = [];
const children: ChildProcess[] = [];

/** An empty data folder that the user Postgres runs as can enter, or, with `closed`, cannot. */
export async function newDataDir(owner?: number, closed = false): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'embedded-postgres-test-')));
  await chmod(folder, closed ? 0o700 : 0o755);
  if (owner !== undefined) await chown(folder, owner, owner);
  folders.push(folder);
  return folder;
}

export async function start(options: embedded.EmbeddedPostgresOptions): Promise<embedded.EmbeddedPostgres> {
  const postgres = await embedded.startEmbeddedPostgres({ settings: { fsync: 'off' }, ...options });
  servers.push(postgres);
  return postgres;
}

/** Starts another process that owns the folder, and waits for its report. */
export async function startChild(
  dataDir: string,
  uid?: number,
): Promise<{ child: ChildProcess; report: Report }> {
  const child = spawnChild(dataDir, uid);
  const [report] = (await once(child, 'message')) as [Report];
  return { child, report };
}

export function spawnChild(dataDir: string, uid?: number): ChildProcess {
  const identity = uid === undefined ? {} : { uid, gid: uid, cwd: '/', env: { PATH: '/usr/bin:/bin' } };
  const child = fork(CHILD, [dataDir], { execArgv: ['--import', LOADER], ...identity });
  children.push(child);
  return child;
}

export async function kill(child: ChildProcess): Promise<void> {
  const exited = once(child, 'exit');
  child.kill('SIGKILL');
  await exited;
}

export async function query(url: string, sql: string): Promise<Record<string, unknown>[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query<Record<string, unknown>>(sql)).rows;
  } finally {
    await client.end().catch(() => undefined);
  }
}

/** The first answer of `attempt` that is neither an error nor empty. */
export async function eventually<T>(attempt: () => Promise<T | undefined>, timeoutMs = 20_000): Promise<T> {
  const deadline = Date.now() + timeoutMs;
  for (;;) {
    const result = await attempt().catch((error: unknown) => {
      if (Date.now() >= deadline) throw error;
      return undefined;
    });
    if (result !== undefined) return result;
    if (Date.now() >= deadline) throw new Error('it did not happen in time');
    await sleep(20);
  }
}

export async function postmasterPid(dataDir: string): Promise<number> {
  const text = await readFile(path.join(dataDir, 'postgres-18', 'postmaster.pid'), 'utf8');
  return Number(text.split('\n')[0]);
}

/** Stops whatever a test, failed ones included, left running and removes its folders. */
export async function cleanUp(): Promise<void> {
  for (const child of children.splice(0)) if (child.exitCode === null && !child.signalCode) await kill(child);
  for (const server of servers.splice(0)) await server.stop();
  for (const folder of folders.splice(0)) {
    // A server whose owner was killed still runs: taking it over is the way to stop it.
    if (await postmasterPid(folder).then(isAlive, () => false)) {
      await (await start({ dataDir: folder })).stop();
    }
    const cluster = await realpath(path.join(folder, 'postgres-18')).catch(() => folder);
    await rm(cluster, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  }
  servers.length = 0;
}
