import cron, { type ScheduledTask } from 'node-cron';
import type { Database } from './database.ts';
import { causeOf } from './errors.ts';
import type { Logger } from './logger.ts';

export interface ScheduledJob {
  name: string;
  /** A node-cron expression; six fields, the first is seconds. */
  schedule: string;
  run: () => Promise<void>;
}

export interface Scheduler {
  start(): void;
  /** Stops the clock and waits for what is running. */
  stop(): Promise<void>;
}

/** Runs jobs by the clock: of all instances one runs each, the others find its advisory lock taken and let it be. */
export function createScheduler(database: Database, log: Logger, jobs: readonly ScheduledJob[]): Scheduler {
  const running = new Map<string, Promise<void>>();
  let tasks: ScheduledTask[] = [];

  const trigger = (job: ScheduledJob) => {
    if (running.has(job.name)) return;
    const run = runAlone(database, job)
      .catch((error: unknown) => void log.warn(`[JOB] ${job.name}: ${causeOf(error)}; it runs again at its next time`))
      .finally(() => running.delete(job.name));
    running.set(job.name, run);
  };

  return {
    start: () => void (tasks = jobs.map((job) => cron.schedule(job.schedule, () => trigger(job)))),
    async stop() {
      for (const task of tasks) await task.destroy();
      await Promise.all(running.values());
    },
  };
}

const runAlone = (database: Database, job: ScheduledJob): Promise<void> =>
  database.transaction('system', async (trx) => {
    await trx.run('SET LOCAL idle_in_transaction_session_timeout = 0'); // it idles for as long as the job takes
    const { mine } = await trx.one<{ mine: boolean }>(`SELECT pg_try_advisory_xact_lock(hashtextextended($1, 0)) AS mine`, [`job ${job.name}`]);
    if (mine) await job.run();
  });
