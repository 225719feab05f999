import type { Cents } from '../../../kernel/money.ts';

/** What a customer owes of the credit, or has with us: never both. */
export interface Credit {
  sequence: number;
  usedCents: Cents;
  favourCents: Cents;
  /** Of the customer's own; null: the tenant's default. */
  limitCents: Cents | null;
}

/** An entry of the ledger: what changes of each figure, and the account after it. */
export interface CreditEntry {
  kind: 'used' | 'paid' | 'adjusted' | 'limit';
  usedCents: Cents;
  favourCents: Cents;
  after: Credit;
}

export const NO_CREDIT: Credit = { sequence: 0, usedCents: 0, favourCents: 0, limitCents: null };

const entry = (kind: CreditEntry['kind'], credit: Credit, usedCents: Cents, favourCents: Cents): CreditEntry => ({
  kind,
  usedCents,
  favourCents,
  after: {
    ...credit,
    sequence: credit.sequence + 1,
    usedCents: credit.usedCents + usedCents,
    favourCents: credit.favourCents + favourCents,
  },
});

/** What can be used now: the balance in favour, and what is left of the limit. A limit lowered below the use leaves nothing. */
export const availableOf = ({ usedCents, favourCents, limitCents }: Credit, defaultLimitCents: Cents): Cents =>
  favourCents + Math.max(0, (limitCents ?? defaultLimitCents) - usedCents);

/** Uses the balance in favour first. @returns how much is available when it is too little. */
export function use(credit: Credit, amountCents: Cents, defaultLimitCents: Cents): CreditEntry | { availableCents: Cents } {
  const availableCents = availableOf(credit, defaultLimitCents);
  if (amountCents > availableCents) return { availableCents };
  const ofFavour = Math.min(amountCents, credit.favourCents);
  return entry('used', credit, amountCents - ofFavour, -ofFavour || 0);
}

/** Releases at most what is in use; the rest is a balance in the customer's favour. */
export function pay(credit: Credit, amountCents: Cents, kind: 'paid' | 'adjusted' = 'paid'): CreditEntry {
  const released = Math.min(amountCents, credit.usedCents);
  return entry(kind, credit, -released || 0, amountCents - released);
}

/** @param limitCents null: the tenant's default again. */
export function setLimit(credit: Credit, limitCents: Cents | null): CreditEntry {
  const unmoved = entry('limit', credit, 0, 0);
  return { ...unmoved, after: { ...unmoved.after, limitCents } };
}
