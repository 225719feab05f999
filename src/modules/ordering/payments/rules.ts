import type { Cents } from '../../../kernel/money.ts';
import type { PaymentState } from './read-model.ts';

export interface Money {
  cents: Cents;
  /** ISO 4217, upper case. */
  currency: string;
}

/** What is known of a payment. */
export interface PaymentFacts extends Money {
  state: PaymentState;
  refundedCents: Cents;
  failure: string | null;
  /** When the money came in, by the gateway's clock; null as long as nobody said so. */
  paidAt: Date | null;
}

/** What the gateway says: the money that came in (or was to come in), and what became of it. */
export type News = Money &
  (
    | { kind: 'succeeded'; at: Date }
    | { kind: 'failed'; reason: string }
    /** `refundedCents` in all, not by this refund. */
    | { kind: 'refunded'; refundedCents: Cents }
  );

/**
 * What follows for others. `paid`: the order may be confirmed. `wrong_amount`: not what the order costs. `failed`: the
 * customer is told. `given_back`: a payment that counted is gone. `late`: something later is known already.
 */
export type Effect = 'none' | 'paid' | 'wrong_amount' | 'failed' | 'given_back' | 'late';

export interface Decision {
  next: PaymentFacts;
  effect: Effect;
}

/**
 * What one piece of news makes of a payment. The gateway sends them again and in any order; whatever the order, the
 * payment ends in the same state: money that came in outweighs attempts that failed, and money that went back both.
 */
export function decide(payment: PaymentFacts, news: News, price: Money): Decision {
  if (news.kind === 'succeeded') return succeeded(payment, news, price);
  if (news.kind === 'refunded') return refunded(payment, news);
  if (payment.state === 'succeeded' || payment.state === 'refunded') return { next: payment, effect: 'late' };
  return { next: { ...payment, state: 'failed', failure: news.reason }, effect: 'failed' };
}

function succeeded(payment: PaymentFacts, news: News & { kind: 'succeeded' }, price: Money): Decision {
  if (payment.paidAt !== null) return { next: payment, effect: 'none' };
  const { cents, currency } = news; // what came in, should it be other than what was asked for
  const next = settled({ ...payment, cents, currency, state: 'succeeded', paidAt: news.at });
  if (next.state === 'refunded') return { next, effect: 'late' }; // the money is gone again: it confirms nothing
  return { next, effect: samePrice(news, price) ? 'paid' : 'wrong_amount' };
}

function refunded(payment: PaymentFacts, news: News & { kind: 'refunded' }): Decision {
  if (news.refundedCents <= payment.refundedCents) return { next: payment, effect: 'late' };
  const { cents, currency, refundedCents } = news;
  const next = settled({ ...payment, cents, currency, refundedCents });
  return { next, effect: next.state === 'refunded' && payment.state === 'succeeded' ? 'given_back' : 'none' };
}

function settled(facts: PaymentFacts): PaymentFacts {
  const whole = facts.refundedCents > 0 && facts.refundedCents >= facts.cents;
  const state = whole ? 'refunded' : facts.state;
  return { ...facts, state, failure: state === 'succeeded' || state === 'refunded' ? null : facts.failure };
}

export const samePrice = (money: Money, price: Money): boolean =>
  money.cents === price.cents && money.currency.toUpperCase() === price.currency.toUpperCase();

/** What is still with us of a payment. */
export const leftOf = ({ cents, refundedCents }: Pick<PaymentFacts, 'cents' | 'refundedCents'>): Cents =>
  Math.max(0, cents - refundedCents);

/** An order as far as paying for it is concerned; `state` as it is now. */
export interface PricedOrder extends Money {
  state: string;
}

/**
 * Why an order cannot be paid, for whoever asks; undefined when it can.
 * @param paid money came in and is still with us: the order may be waiting for its stock.
 */
export function notPayable({ state, cents }: PricedOrder, paid: boolean): string | undefined {
  if (state === 'cancelled') return 'El pedido está cancelado, o se pasó el plazo para pagarlo.';
  if (paid || state === 'confirmed' || state === 'completed') return 'El pedido ya está pagado.';
  return cents > 0 ? undefined : NOTHING_TO_PAY;
}

export const NOTHING_TO_PAY = 'El pedido no tiene nada que pagar.';
