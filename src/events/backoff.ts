const FIRST_DELAY_MS = 1000;
const LONGEST_DELAY_MS = 15 * 60_000;
/** Attempts after which a failed event is left to an operator: after five to seven hours one has been told. */
export const GIVE_UP_AFTER = 40;

/** When a failed event is tried again: exponential, half of it random, so that a herd does not come back as a herd. */
export function retryAt(now: Date, attempts: number, random: () => number = Math.random): Date {
  const ceiling = Math.min(LONGEST_DELAY_MS, FIRST_DELAY_MS * 2 ** Math.min(attempts, 20));
  return new Date(now.getTime() + ceiling / 2 + (random() * ceiling) / 2);
}
