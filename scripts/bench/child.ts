import { fork } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** A process of its own that takes one job at a time. */
export interface Child<Job, Result> {
  /** Where it listens; empty for one that does not. */
  address: string;
  ask(job: Job): Promise<Result>;
  stop(): Promise<void>;
}

export interface ChildOptions {
  env?: Record<string, string>;
  /** Where its stdout goes; nowhere when not given. */
  logFile?: string;
  execArgv?: string[];
}

type Reply = { ready: string } | { result: unknown } | { error: string };

/** Starts `scripts/bench/<name>` and waits until it is ready. It ends when it is told to, or with this process. */
export async function startChild<Job extends object | string, Result>(name: string, options: ChildOptions = {}): Promise<Child<Job, Result>> {
  const ending = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const stdout = options.logFile === undefined ? 'ignore' : openSync(options.logFile, 'a');
  const child = fork(fileURLToPath(new URL(`./${name}.${ending}`, import.meta.url)), {
    env: { ...process.env, ...options.env },
    execArgv: [...process.execArgv, ...(options.execArgv ?? [])],
    stdio: ['ignore', stdout, 'inherit', 'ipc'],
  });
  if (typeof stdout === 'number') closeSync(stdout);

  const reply = () =>
    new Promise<Reply>((resolve, reject) => {
      const onExit = (code: number | null) => reject(new Error(`the process ${name} ended with ${code}`));
      child.once('exit', onExit);
      child.once('message', (message) => {
        child.off('exit', onExit);
        resolve(message as Reply);
      });
    });

  const first = await reply();
  if (!('ready' in first)) throw new Error(`${name}: ${'error' in first ? first.error : 'no address'}`);
  return {
    address: first.ready,
    async ask(job) {
      const answered = reply();
      child.send(job);
      const answer = await answered;
      if ('result' in answer) return answer.result as Result;
      throw new Error(`${name}: ${'error' in answer ? answer.error : 'answered out of turn'}`);
    },
    stop: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null) return resolve();
        child.once('exit', () => resolve());
        child.disconnect();
      }),
  };
}

/** The child's side: says that it is ready, answers jobs, and ends when the parent lets go or is gone. */
export function serveParent<Job, Result>(address: string, work: (job: Job) => Promise<Result> | Result, close: () => Promise<void> = async () => undefined): void {
  const send = (reply: Reply) => void (process.connected && process.send?.(reply));
  process.on('message', (job) => {
    Promise.resolve()
      .then(() => work(job as Job))
      .then((result) => send({ result: result ?? null }), (error: unknown) => send({ error: String(error) }));
  });
  process.on('disconnect', () => void close().finally(() => process.exit()));
  process.on('SIGINT', () => undefined); // Ctrl-C reaches the whole group; the parent decides
  send({ ready: address });
}

/** Processor time this process has used, in microseconds: the answer to any job of a server. */
export const cpuMicroseconds = (): number => {
  const { user, system } = process.cpuUsage();
  return user + system;
};
