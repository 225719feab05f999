import { setTimeout as sleep } from 'node:timers/promises';
import { isAlive } from './postmaster.ts';

export interface Supervisor {
  /** Ends the watch and gives the pid of the server that runs now, if any does. */
  halt(): Promise<number>;
}

const POLL_MS = 250;
const FIRST_PAUSE_MS = 100;
const LONGEST_PAUSE_MS = 3000;

/**
 * Watches the server and starts it again when it dies. By polling, since an adopted server is not our
 * child; unref'd, since watching alone should not keep the process alive.
 */
export function superviseServer(
  first: number,
  relaunch: (signal: AbortSignal) => Promise<number>,
  log: (message: string) => void,
): Supervisor {
  const halted = new AbortController();
  let pid = first;
  let restarting: Promise<void> | undefined;

  async function restart(): Promise<void> {
    log(`Postgres (process ${pid}) died, starting it again`);
    for (let pause = FIRST_PAUSE_MS; !halted.signal.aborted; pause = Math.min(2 * pause, LONGEST_PAUSE_MS)) {
      try {
        pid = await relaunch(halted.signal);
        log(`Postgres is back (process ${pid})`);
        return;
      } catch (error) {
        // Sessions of the dead server may hold its memory for a moment: this is expected once or twice.
        log(`Postgres did not come back, next try in ${pause} ms: ${(error as Error).message}`);
        await sleep(pause, undefined, { signal: halted.signal, ref: false }).catch(() => undefined);
      }
    }
  }

  const timer = setInterval(() => {
    if (restarting || isAlive(pid)) return;
    restarting = restart().finally(() => (restarting = undefined));
  }, POLL_MS);
  timer.unref();

  return {
    async halt() {
      clearInterval(timer);
      halted.abort();
      await restarting;
      return pid;
    },
  };
}
