import { PAYMENT_METHODS, type PaymentMethod } from '../ports.ts';

/** Who we are in an envelope. */
export const SOURCE = 'marketplace-service';

/** How long after it was said the document still wants an event processed; later it is processed with an alert. */
const TIMELY_MS = 5 * 60_000;

/** By how many milliseconds an event came too late; undefined when it came in time. */
export function lateBy(saidAt: Date, arrivedAt: Date): number | undefined {
  const age = arrivedAt.getTime() - saidAt.getTime();
  return age > TIMELY_MS ? age : undefined;
}

/** A method's name whatever its case, blanks or hyphens. */
const plain = (name: string): string => name.toLowerCase().replace(/[\s_-]/g, '');
const KNOWN = new Set<string>(PAYMENT_METHODS.map(plain));

/**
 * Why an order cannot be paid in this way, as the reason of its PaymentRejectedEvent. No method at all is no reason: it is
 * paid over REST or at the gateway, and waited for.
 */
export function paymentMethodProblem(method: PaymentMethod | null | undefined): string | undefined {
  if (method == null) return undefined;
  if (method.type == null || method.type.trim() === '') return 'payment_method_invalid';
  if (!KNOWN.has(plain(method.type))) return 'payment_method_not_supported';
  const digits = method.lastFourDigits;
  return digits == null || /^\d{4}$/.test(digits) ? undefined : 'payment_method_invalid';
}

/** `null` is absent, wherever it stands: an event that says so is the same as one that leaves it out. */
export function withoutNulls(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutNulls);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, member]) => (member == null ? [] : [[key, withoutNulls(member)]])));
}
