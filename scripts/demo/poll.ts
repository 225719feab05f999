import { setTimeout as pause } from 'node:timers/promises';

const EVERY_MS = 25;

/** Asks again until there is an answer. @throws Error when there is none at the deadline. */
export async function until<T>(
  what: string,
  ask: () => Promise<T | undefined | false>,
  timeoutMs = 10_000,
): Promise<T> {
  for (const deadline = Date.now() + timeoutMs; ; await pause(EVERY_MS)) {
    const answer = await ask();
    if (answer !== undefined && answer !== false) return answer;
    if (Date.now() >= deadline) throw new Error(`${what}: not within ${timeoutMs / 1000} s`);
  }
}
