/** As the source document configures every consumer. */
export const PREFETCH = 20;

/** The first fifth is not measured: connections open, code gets compiled. */
export const UNMEASURED = 0.2;

/** Messages a second, of their times in milliseconds in ascending order. */
export function steadyRate(times: readonly number[]): number {
  const from = Math.floor(times.length * UNMEASURED);
  const ms = (times.at(-1) ?? NaN) - (times[from] ?? NaN);
  return ((times.length - from - 1) * 1000) / ms;
}
