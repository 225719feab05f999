export interface CircuitState {
  /** Closed: sends freely. Open: sends nothing until then. */
  openUntil: number | undefined;
  cause: string | undefined;
}

export interface Circuit {
  /** How many sends may start now, given how many are under way: none while open, one to probe after that. */
  allowance(inFlight: number, limit: number): number;
  success(): void;
  /** The other side is unwell, for this message or for all: wait, longer each time in a row. */
  failure(cause: string, retryAfterMs?: number): void;
  state(): CircuitState;
  /** Milliseconds until the next send may start. */
  wait(): number;
}

const FIRST_MS = 200;
const LONGEST_MS = 10_000;
const LONGEST_RETRY_AFTER_MS = 10 * 60_000;

/**
 * Opens on the first failure and stays open for an exponentially growing time with full jitter, at least as long as
 * Retry-After asks; then lets one message through as a probe. A success closes it.
 */
export function createCircuit(now: () => number = Date.now, random: () => number = Math.random): Circuit {
  let openUntil: number | undefined;
  let cause: string | undefined;
  let failures = 0;
  return {
    allowance(inFlight, limit) {
      if (openUntil === undefined) return Math.max(0, limit - inFlight);
      return openUntil <= now() && inFlight === 0 ? 1 : 0;
    },
    success() {
      openUntil = undefined;
      cause = undefined;
      failures = 0;
    },
    failure(why, retryAfterMs = 0) {
      cause = why;
      const asked = now() + Math.min(retryAfterMs, LONGEST_RETRY_AFTER_MS);
      const alreadyOpen = openUntil !== undefined && openUntil > now();
      // What was in flight when it opened fails too: one outage, counted once.
      if (alreadyOpen) openUntil = Math.max(openUntil as number, asked);
      else {
        openUntil = Math.max(asked, now() + random() * Math.min(LONGEST_MS, FIRST_MS * 2 ** failures));
        failures = Math.min(failures + 1, 10);
      }
    },
    state: () => ({ openUntil, cause }),
    wait: () => (openUntil === undefined ? 0 : Math.max(0, openUntil - now())),
  };
}
