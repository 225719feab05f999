import { addMonths } from '../../../kernel/months.ts';
import type { Cents } from '../../../kernel/money.ts';
import type { Segment, Thresholds } from '../settings/read-model.ts';

/** A cancellation as it was told. */
export interface Cancellation {
  at: Date;
  /** False when the order service did it by itself: such an order may come back when it is paid late. */
  forGood: boolean;
}

/** counted; reversed: cancelled since; barred: cancelled before anybody heard of it. */
export type PurchaseState = 'counted' | 'reversed' | 'barred';

/** What is known of an order. */
export interface Known {
  state: PurchaseState;
  happenedAt: Date | null;
  cancellation: Cancellation | null;
}

/** What a clock that is ahead says counts as now. */
export const notAfter = (at: Date, now: Date): Date => (at > now ? now : at);

/** Whether a cancellation undoes what was completed then, whichever of them is heard of first. */
const undoes = ({ forGood, at }: Cancellation, completedAt: Date): boolean => forGood || at >= completedAt;

/** `barred`: it was cancelled, and gives nothing. `known`: it has been counted, and is not again. */
export function judgeCompletion(known: Known | undefined, at: Date): 'count' | 'barred' | 'known' {
  if (known === undefined) return 'count';
  if (known.state !== 'barred') return 'known';
  return known.cancellation !== null && undoes(known.cancellation, at) ? 'barred' : 'count';
}

/** `bar`: what may be completed later gives nothing. `older`: it was completed after this. `known`: it is cancelled. */
export function judgeCancellation(known: Known | undefined, told: Cancellation): 'reverse' | 'bar' | 'older' | 'known' {
  if (known === undefined || known.state === 'barred') return 'bar';
  if (known.state === 'reversed' || known.happenedAt === null) return 'known';
  return undoes(told, known.happenedAt) ? 'reverse' : 'older';
}

/** Of several cancellations, what counts of all. */
export const stronger = (known: Cancellation | null, told: Cancellation): Cancellation =>
  known === null ? told : { at: known.at > told.at ? known.at : told.at, forGood: known.forGood || told.forGood };

/** All that was ever bought and not taken back. */
export interface Totals {
  sequence: number;
  purchases: number;
  spentCents: Cents;
}

export const NOTHING_BOUGHT: Totals = { sequence: 0, purchases: 0, spentCents: 0 };

/** An entry of the ledger of purchases: the change, and the totals after it. */
export interface PurchaseEntry {
  kind: 'purchase' | 'reversal';
  purchases: number;
  spentCents: Cents;
  after: Totals;
}

const entry = (kind: PurchaseEntry['kind'], totals: Totals, purchases: number, spentCents: Cents): PurchaseEntry => ({
  kind,
  purchases,
  spentCents,
  after: {
    sequence: totals.sequence + 1,
    purchases: totals.purchases + purchases,
    spentCents: totals.spentCents + spentCents,
  },
});

export const count = (totals: Totals, amountCents: Cents): PurchaseEntry => entry('purchase', totals, 1, amountCents);
export const takeBack = (totals: Totals, amountCents: Cents): PurchaseEntry => entry('reversal', totals, -1, -amountCents || 0);

/** Half up; nothing where nothing was bought. */
export const averageOf = ({ purchases, spentCents }: Pick<Totals, 'purchases' | 'spentCents'>): Cents =>
  purchases === 0 ? 0 : Math.floor((2 * spentCents + purchases) / (2 * purchases));

const WINDOW_MONTHS = 12;

/** Purchases after this moment are the last twelve months'. */
export const windowStart = (now: Date): Date => addMonths(now, -WINDOW_MONTHS);

/** What was bought within the window. */
export interface Figures {
  purchases: number;
  spentCents: Cents;
  /** Of the first of them, whose leaving may change the segment. */
  oldestAt: Date | null;
}

/** A segment with what it was decided on. */
export interface Decision {
  segment: Segment;
  from: Date;
  purchases: number;
  spentCents: Cents;
  thresholds: Thresholds;
  /** When time alone may change it; null: never. */
  reviewAt: Date | null;
}

/** The highest segment both of whose thresholds are reached. */
export function decideSegment({ purchases, spentCents, oldestAt }: Figures, thresholds: Thresholds, now: Date): Decision {
  const reached = (['vip', 'frequent', 'regular'] as const).find(
    (segment) => purchases >= thresholds[segment].purchases && spentCents >= thresholds[segment].spentCents,
  );
  return {
    segment: reached ?? 'new',
    from: windowStart(now),
    purchases,
    spentCents,
    thresholds,
    reviewAt: oldestAt && addMonths(oldestAt, WINDOW_MONTHS),
  };
}
