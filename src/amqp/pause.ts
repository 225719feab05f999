import { setTimeout as sleep } from 'node:timers/promises';

const FIRST_MS = 100;
const LONGEST_MS = 5000;

/** How long to wait after so many failures in a row: exponential, with full jitter. */
export const backoff = (failures: number): number =>
  Math.random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** Math.min(failures, 10));

/** Waits; false when the signal ended the wait. */
export const pause = (ms: number, signal: AbortSignal): Promise<boolean> =>
  sleep(ms, true, { signal }).catch(() => false); // it rejects for the signal alone

/** What the work comes to, or undefined as soon as the signal is there; the work itself goes on. */
export const unlessAborted = <T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> =>
  new Promise((resolve, reject) => {
    const giveUp = () => resolve(undefined);
    if (signal.aborted) giveUp();
    signal.addEventListener('abort', giveUp, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', giveUp));
  });
