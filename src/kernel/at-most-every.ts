import { inTime } from './in-time.ts';

/**
 * A look at something dear that many may ask for: at most one is under way, and what it came to, a failure too,
 * serves for `keepMs` after it. Nobody waits longer than `patienceMs`; the look
 * goes on and its result serves a later caller.
 */
export function atMostEvery<T>(
  { keepMs, patienceMs, what }: { keepMs: number; patienceMs: number; what: string },
  look: () => Promise<T>,
): () => Promise<T> {
  let latest: Promise<T> | undefined;
  let validUntil = 0;
  return () => {
    if (latest === undefined || performance.now() >= validUntil) {
      validUntil = Infinity; // while it is under way
      latest = look().finally(() => (validUntil = performance.now() + keepMs));
    }
    return inTime(latest, patienceMs, what);
  };
}
