/** Money inside the service: a whole number of cents (centavos), safe up to 90 trillion pesos (9·10¹³). */
export type Cents = number;

/**
 * A price as JSON carries it (pesos, a binary float) to cents, half away from zero.
 * `toFixed` would round 1.005 by its binary value; the shortest decimal text is what the sender meant.
 */
export function toCents(pesos: number): Cents {
  const amount = Math.abs(pesos);
  const cents = Math.round(Number(`${amount}e2`));
  return Math.sign(pesos) * (Number.isNaN(cents) ? Math.round(amount * 100) : cents);
}

/** Cents to the number that JSON carries: 90150 → 901.5. */
export const fromCents = (cents: Cents): number => cents / 100;

/** Whether a JSON number is an amount of whole cents that survives the trip through a double. */
export const isCents = (pesos: number): boolean =>
  Math.abs(pesos) <= 1e13 && Math.abs(pesos - fromCents(toCents(pesos))) <= Math.max(1e-6, Math.abs(pesos) * Number.EPSILON);

/**
 * Deals `total` out over the weights by largest remainder: the parts add up to the total and each is within
 * one cent of its exact share; ties go to the earlier part. All weights zero: everything to the first part.
 */
export function dealOut(total: Cents, weights: readonly Cents[]): Cents[] {
  const sum = weights.reduce((a, b) => a + BigInt(b), 0n);
  if (weights.length === 0) return [];
  if (sum === 0n) return weights.map((_, index) => (index === 0 ? total : 0));
  const exact = weights.map((weight) => BigInt(total) * BigInt(weight));
  const parts = exact.map((share) => Number(share / sum));
  const byRemainder = exact
    .map((share, index) => ({ index, remainder: share % sum }))
    .sort((a, b) => (a.remainder === b.remainder ? a.index - b.index : a.remainder < b.remainder ? 1 : -1));
  let missing = total - parts.reduce((a, b) => a + b, 0);
  for (const { index } of byRemainder) {
    if (missing === 0) break;
    parts[index] = (parts[index] ?? 0) + 1;
    missing -= 1;
  }
  return parts;
}
