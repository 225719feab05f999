import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { findFreePort } from '../../src/kernel/embedded-postgres/free-port.ts';
import { until } from './poll.ts';
import type { Show } from './show.ts';

/** A service to play with, and the simulator that is its hub. */
export interface Service {
  url: string;
  hubUrl: string;
  /** Where its embedded database lies, when it is one of this machine's. */
  dataDir?: string;
  /** How it came to be. */
  origin: string;
  /** Rejects with what it said, when it does not start. */
  ready: Promise<void>;
  /** Ends it, if it is ours. */
  stop(): Promise<void>;
}

/** Ends the service, if it is ours, when the demo is told to end. @returns what listens, to be taken off at its own end. */
export function endOnSignal(service: Pick<Service, 'stop'>, show: Pick<Show, 'interrupted'>): () => void {
  const onSignal = () => {
    show.interrupted();
    void service.stop().finally(() => process.exit(130));
  };
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  return onSignal;
}

/** Of our own environment only what a process needs to run: no setting of another service may reach the scratch one. */
const INHERITED = ['PATH', 'HOME', 'USER', 'TMPDIR', 'TEMP', 'TMP', 'LANG', 'SystemRoot', 'ComSpec'];
const START_MS = 60_000;
const STOP_MS = 20_000;

const root = fileURLToPath(new URL('../../', import.meta.url));

/** Whether a service is ready at `url` and its hub is the simulator at `hubUrl`; undefined, or what is missing. */
export async function whatIsMissing(url: string, hubUrl: string): Promise<string | undefined> {
  const ready = await statusOf(`${url}/readyz`);
  if (ready !== 200) return `${url}/readyz ${ready === undefined ? 'does not answer' : `answers ${ready}`}`;
  const simulator = await fetch(`${hubUrl}/_sim`)
    .then((res) => res.json() as Promise<{ callbackUrl?: string }>)
    .catch(() => undefined);
  if (simulator === undefined) return `no hub simulator answers at ${hubUrl}/_sim`;
  const callback = simulator.callbackUrl;
  if (!callback) return `the simulator at ${hubUrl} has no callback`;
  return new URL(callback).port === new URL(url).port
    ? undefined
    : `the simulator at ${hubUrl} delivers to ${callback}, not to ${url}`;
}

const statusOf = (url: string) =>
  fetch(url).then(
    ({ status }) => status,
    () => undefined,
  );

/** Starts a service of our own on a scratch folder and free ports, with `more` settings; it ends with `stop` and leaves nothing behind. */
export async function startService(env: NodeJS.ProcessEnv, more: Record<string, string> = {}): Promise<Service> {
  const [port, hubPort] = [await findFreePort(), await findFreePort()];
  const dataDir = await mkdtemp(path.join(tmpdir(), 'marketplace-demo-'));
  await chmod(dataDir, 0o755); // started by root, the database runs as nobody and has to enter
  const settings = { DATA_DIR: dataDir, PORT: String(port), HUB_SIMULATOR_PORT: String(hubPort), LOG_LEVEL: 'warn' };
  const child = spawn(process.execPath, ['--import', 'tsx', 'src/main.ts'], {
    cwd: root,
    env: { ...inherited(env), ...settings, ...more },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true, // Ctrl-C in the terminal reaches us alone: a second signal would keep it from stopping in order
  });
  const [url, hubUrl] = [`http://127.0.0.1:${port}`, `http://127.0.0.1:${hubPort}`];
  const ready = becomesReady(child, url, hubUrl);
  return {
    url,
    hubUrl,
    dataDir,
    origin: 'started for this demo, on a scratch data folder',
    ready,
    stop: stopper(child, ready, dataDir),
  };
}

async function becomesReady(child: ChildProcess, url: string, hubUrl: string): Promise<void> {
  const log = tailOf(child);
  await until(
    'the service becomes ready',
    async () => {
      if (hasEnded(child)) throw new Error(`the service did not start:\n${log()}`);
      return (await whatIsMissing(url, hubUrl)) === undefined;
    },
    START_MS,
  );
}

const hasEnded = (child: ChildProcess) => child.exitCode !== null || child.signalCode !== null;

const inherited = (env: NodeJS.ProcessEnv) => Object.fromEntries(INHERITED.map((name) => [name, env[name]]));

/** The last of what it said, for a start that fails. */
function tailOf(child: ChildProcess): () => string {
  let tail = '';
  const keep = (chunk: Buffer) => void (tail = (tail + chunk.toString()).slice(-4000));
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => tail.trim();
}

function stopper(child: ChildProcess, ready: Promise<void>, dataDir: string): () => Promise<void> {
  const end = async () => {
    await ready.catch(() => undefined); // one that is told to stop while it starts may leave its database running
    if (!hasEnded(child)) {
      const gone = once(child, 'exit');
      child.kill('SIGTERM');
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await gone;
      clearTimeout(late);
    }
    await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
  };
  let ending: Promise<void> | undefined;
  return () => (ending ??= end());
}
