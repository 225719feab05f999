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
