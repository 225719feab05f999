import cron, { type ScheduledTask } from 'node-cron';
import type pg from 'pg';
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
  const locks = createLocks(database);
  let tasks: ScheduledTask[] = [];

  const trigger = (job: ScheduledJob) => {
    if (running.has(job.name)) return;
    const run = locks
      .alone(`job ${job.name}`, job.run)
      .catch((error: unknown) => void log.warn(`[JOB] ${job.name}: ${causeOf(error)}; it runs again at its next time`))
      .finally(() => running.delete(job.name));
    running.set(job.name, run);
  };

  return {
    start: () => void (tasks = jobs.map((job) => cron.schedule(job.schedule, () => trigger(job)))),
    async stop() {
      for (const task of tasks) await task.destroy();
      await Promise.all(running.values());
      await locks.close();
    },
  };
}

/**
 * Locks of one connection for all jobs, beside the pool: many jobs have the same second, and were each to hold one of the
 * pool's connections while it waits for another, none would get on. Lost with the connection, as with the process.
 */
function createLocks(database: Database) {
  let client: Promise<pg.Client> | undefined;

  const connected = (): Promise<pg.Client> =>
    (client ??= database.connect({ application_name: 'marketplace-service jobs' }).then(
      (fresh) => fresh.on('end', () => (client = undefined)),
      (error: unknown) => {
        client = undefined;
        throw error;
      },
    ));

  return {
    /** Runs it unless another process does. */
    async alone(name: string, run: () => Promise<void>): Promise<void> {
      const connection = await connected();
      const { rows } = await connection.query<{ mine: boolean }>('SELECT pg_try_advisory_lock(hashtextextended($1, 0)) AS mine', [name]);
      if (!rows[0]?.mine) return;
      try {
        await run();
      } finally {
        await connection.query('SELECT pg_advisory_unlock(hashtextextended($1, 0))', [name]);
      }
    },
    async close(): Promise<void> {
      const last = client;
      client = undefined;
      await (await last)?.end();
    },
  };
}
