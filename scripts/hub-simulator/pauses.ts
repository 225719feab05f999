import { setMaxListeners } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

export interface Pauses {
  /** Waits; rejects with an AbortError when the waiting was cancelled. */
  pause(ms: number): Promise<void>;
  /** Cancels everything that waits now. */
  cancel(): void;
}

/** The simulator's waits, all of which end with it: a late answer must not outlive its test. */
export function createPauses(): Pauses {
  let controller = newController();
  return {
    pause: (ms) => sleep(ms, undefined, { signal: controller.signal }),
    cancel() {
      controller.abort();
      controller = newController();
    },
  };
}

export function isCancelled(error: unknown): boolean {
  return error instanceof Error && error.name === 'AbortError';
}

function newController(): AbortController {
  const controller = new AbortController();
  setMaxListeners(0, controller.signal); // hundreds of delayed publishes at once are normal here
  return controller;
}
