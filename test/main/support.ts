import { spawn, type ChildProcess } from 'node:child_process';
import { chmod, mkdtemp, readFile, realpath, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import pg from 'pg';
import { startEmbeddedPostgres } from '../../src/kernel/embedded-postgres/index.ts';
import { isAlive } from '../../src/kernel/embedded-postgres/postmaster.ts';
import { until } from '../support/service.ts';

export interface Main {
  child: ChildProcess;
  /** Everything it wrote so far. */
  output(): string;
  /** Where it listens, once it says so. */
  address(): Promise<string>;
  /** The exit code, or the signal that ended it. */
  ended: Promise<number | NodeJS.Signals | null>;
  signal(name: NodeJS.Signals): void;
}

const running = new Set<Main>();
const folders: string[] = [];

/** `src/main.ts` as `npm start` runs it, with nothing of this process's environment but the path. */
export function startMain(env: Record<string, string>): Main {
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], { env: { PATH: process.env.PATH ?? '', ...env } });
  let text = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  const ended = new Promise<number | NodeJS.Signals | null>((resolve) => child.once('close', (code, by) => resolve(code ?? by)));
  const main: Main = {
    child,
    output: () => text,
    address: () =>
      until('the service saying where it listens', () => {
        if (child.exitCode !== null) throw new Error(`it ended:\n${text}`);
        return /\[START\] service +(\S+)/.exec(text)?.[1];
      }, 40_000),
    ended,
    signal: (name) => void child.kill(name),
  };
  running.add(main);
  void ended.then(() => running.delete(main));
  return main;
}

/** A folder for the service's data; opened up, since the server that root starts runs as nobody. */
export async function newDataDir(): Promise<string> {
  const folder = await realpath(await mkdtemp(path.join(tmpdir(), 'marketplace-main-')));
  await chmod(folder, 0o755);
  folders.push(folder);
  return folder;
}

/** The process id of the folder's PostgreSQL, if it runs. */
export async function postmasterOf(dataDir: string): Promise<number | undefined> {
  const text = await readFile(path.join(dataDir, 'postgres-18', 'postmaster.pid'), 'utf8').catch(() => '');
  const pid = Number(text.split('\n')[0]);
  return pid > 0 && isAlive(pid) ? pid : undefined;
}

/** A session in the service's own database, for looking and for locking. */
export async function connectTo(main: Main, dataDir: string): Promise<pg.Client> {
  const [, host] = /\[START\] database +(\S+)\/marketplace/.exec(main.output()) ?? [];
  const password = (await readFile(path.join(dataDir, 'postgres.password'), 'utf8')).trim();
  const client = new pg.Client({ connectionString: `postgres://app:${password}@${host}/marketplace` });
  client.on('error', () => undefined);
  await client.connect();
  return client;
}

/** Ends what tests, failed ones included, left behind. */
export async function cleanUp(): Promise<void> {
  for (const main of [...running]) {
    main.signal('SIGKILL');
    await main.ended;
  }
  for (const folder of folders.splice(0)) {
    if (await postmasterOf(folder)) await (await startEmbeddedPostgres({ dataDir: folder })).stop(); // taking it over is the way to stop it
    const cluster = await realpath(path.join(folder, 'postgres-18')).catch(() => folder);
    await rm(cluster, { recursive: true, force: true });
    await rm(folder, { recursive: true, force: true });
  }
}
