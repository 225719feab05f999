import type { Cents } from '../../../kernel/money.ts';

/**
 * Currencies that Stripe does not count in hundredths (docs.stripe.com/currencies). UGX and ISK have no fraction
 * either, and are written there as if they had one, so they are not in here.
 */
const ZERO_DECIMAL = new Set([
  'BIF', 'CLP', 'DJF', 'GNF', 'JPY', 'KMF', 'KRW', 'MGA', 'PYG', 'RWF', 'VND', 'VUV', 'XAF', 'XOF', 'XPF',
]);
/** The last digit of these is always zero at Stripe, so whole hundredths lose nothing. */
const THREE_DECIMAL = new Set(['BHD', 'JOD', 'KWD', 'OMR', 'TND']);

/** An amount as Stripe counts it; undefined where its currency has no such fraction (JPY 10.50). */
export function toMinorUnits(cents: Cents, currency: string): number | undefined {
  const code = currency.toUpperCase();
  if (THREE_DECIMAL.has(code)) return cents * 10;
  if (!ZERO_DECIMAL.has(code)) return cents;
  return cents % 100 === 0 ? cents / 100 : undefined;
}

/** What Stripe counted, in hundredths of the currency, as everything is inside. */
export function fromMinorUnits(amount: number, currency: string): Cents {
  const code = currency.toUpperCase();
  if (THREE_DECIMAL.has(code)) return Math.round(amount / 10);
  return ZERO_DECIMAL.has(code) ? amount * 100 : amount;
}
