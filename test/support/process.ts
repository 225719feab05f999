import { fork } from 'node:child_process';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fileURLToPath } from 'node:url';
import type { CrashPoint } from '../../src/events/probe.ts';
import type { Word } from './child-service.ts';
import { SECRET } from './service.ts';

export interface ServiceProcessOptions {
  databaseUrl: string;
  hubUrl: string;
  port: number;
  settings?: Record<string, string>;
}

export interface Death {
  signal: NodeJS.Signals | null;
  /** The end of what it wrote to stderr: why, if it was not killed. */
  stderr: string;
}

/** The service in a process of its own: loaded at once, started when told, and killed as hard as can be. */
export interface ServiceProcess {
  url: string;
  callbackUrl: string;
  /** Resolves when it answers. @throws Error when it dies before. */
  start(): Promise<void>;
  /** It will kill itself there, the `pass`-th time it comes by from now on. */
  crashAt(point: CrashPoint, pass: number): Promise<void>;
  /** Resolves when the process has ended, however. */
  died: Promise<Death>;
  readonly alive: boolean;
  kill9(): Promise<void>;
  /** Lets it finish what is under way. */
  stop(): Promise<void>;
}

const ENTRY = fileURLToPath(new URL('./child-service.ts', import.meta.url));
const STDERR_KEPT = 4000;

export function spawnService({ databaseUrl, hubUrl, port, settings = {} }: ServiceProcessOptions): ServiceProcess {
  const child = fork(ENTRY, {
    execArgv: ['--import', 'tsx'],
    stdio: ['ignore', process.env.TEST_LOG === undefined ? 'ignore' : 'inherit', 'pipe', 'ipc'],
    env: {
      PATH: process.env.PATH,
      DATABASE_URL: databaseUrl,
      HUB_URL: hubUrl,
      PORT: String(port),
      JWT_SECRET: SECRET,
      LOG_LEVEL: process.env.TEST_LOG ?? 'error',
      ...settings,
    },
  });
  let stderr = '';
  child.stderr?.on('data', (chunk: Buffer) => (stderr = (stderr + chunk.toString()).slice(-STDERR_KEPT)));
  const died = new Promise<Death>((resolve) => child.once('close', (_code, signal) => resolve({ signal, stderr })));
  const heard = (word: string) =>
    new Promise<void>((resolve, reject) => {
      child.on('message', (message) => message === word && resolve());
      void died.then((death) => reject(new Error(`the service died before it was ${word}: ${death.signal ?? ''} ${death.stderr}`)));
    });
  const tell = (word: Word) => void child.send(word, () => undefined); // one that has died meanwhile hears nothing
  const loaded = heard('loaded');
  loaded.catch(() => undefined); // told by start
  const url = `http://127.0.0.1:${port}`;
  return {
    url,
    callbackUrl: `${url}/callback`,
    async start() {
      await loaded;
      const started = heard('started');
      tell('start');
      await started;
    },
    async crashAt(point, pass) {
      const armed = heard('armed');
      tell({ crashAt: point, pass });
      await armed;
    },
    died,
    get alive() {
      return child.exitCode === null && child.signalCode === null;
    },
    async kill9() {
      child.kill('SIGKILL');
      await died;
    },
    async stop() {
      if (child.exitCode === null && child.signalCode === null) tell('stop');
      await died;
    },
  };
}

/** A port that nobody has just now, for a service that is to come back at the same address. */
export async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  await new Promise<void>((resolve) => void server.close(() => resolve()));
  return port;
}
