import { addMonths } from '../../../kernel/months.ts';
import type { Cents } from '../../../kernel/money.ts';
import type { CustomerSettings } from '../settings/read-model.ts';

/** Points that came together and expire together. What was earned is what remains, was used, expired or was taken back. */
export interface Lot {
  /** The sequence of the entry that earned it. */
  lot: number;
  source: 'order' | 'pos' | 'manual';
  reference: string;
  earned: number;
  remaining: number;
  used: number;
  expired: number;
  reversed: number;
  earnedAt: Date;
  expiresAt: Date;
}

/** A customer's points: what remains of all lots, and what was spent of lots that were then taken back. */
export interface Points {
  sequence: number;
  points: number;
  debt: number;
  /** By purchases that were not taken back. */
  earned: number;
  /** At least those with something left, and the one that is spoken of. */
  lots: readonly Lot[];
}

export type EntryKind = 'earned' | 'spent' | 'expired' | 'reversed' | 'debt' | 'debt_paid' | 'adjusted';

/** An entry of the ledger: what changes, and both figures after it. */
export interface Entry {
  sequence: number;
  kind: EntryKind;
  lot: number | null;
  points: number;
  debt: number;
  pointsAfter: number;
  debtAfter: number;
  reference: string;
  note: string | null;
}

/** What came of a step: the points from now on, and the entries that led there. */
export interface Change {
  next: Points;
  entries: readonly Entry[];
}

export const NO_POINTS: Points = { sequence: 0, points: 0, debt: 0, earned: 0, lots: [] };

export const unchanged = (points: Points): Change => ({ next: points, entries: [] });

/** Steps one after another. */
export const steps = (from: Points, ...all: ReadonlyArray<(points: Points) => Change>): Change =>
  all.reduce(({ next, entries }, step) => {
    const change = step(next);
    return { next: change.next, entries: [...entries, ...change.entries] };
  }, unchanged(from));

/** Points for each full amount; nothing for the rest of it. */
export const pointsFor = (amountCents: Cents, { earned, perCents }: CustomerSettings['points']): number =>
  Math.floor(amountCents / perCents) * earned;

export const expiryOf = (earnedAt: Date, { months }: Pick<CustomerSettings['points'], 'months'>): Date => addMonths(earnedAt, months);

const isOpen = ({ remaining }: Lot): boolean => remaining > 0;
const soonestFirst = (a: Lot, b: Lot): number => a.expiresAt.getTime() - b.expiresAt.getTime() || a.lot - b.lot;

/** What can be spent at this moment, whatever was written down. */
export const spendable = ({ lots }: Pick<Points, 'lots'>, now: Date): number =>
  lots.reduce((sum, { remaining, expiresAt }) => sum + (expiresAt > now ? remaining : 0), 0);

interface Move extends Pick<Entry, 'kind' | 'lot' | 'points' | 'reference'> {
  debt?: number;
  note?: string | null;
}

function record(points: Points, { debt = 0, note = null, ...move }: Move, lots: readonly Lot[] = points.lots): Change {
  const sequence = points.sequence + 1;
  const [pointsAfter, debtAfter] = [points.points + move.points, points.debt + debt];
  return {
    next: { ...points, sequence, points: pointsAfter, debt: debtAfter, lots },
    entries: [{ ...move, sequence, debt, note, pointsAfter, debtAfter }],
  };
}

/** Where a lot's points go to when they leave it. */
type Fate = 'used' | 'expired' | 'reversed';

/** Takes points out of one lot. */
const takeFrom = (lot: Lot, amount: number, fate: Fate, move: Omit<Move, 'lot' | 'points'>) => (points: Points): Change =>
  record(
    points,
    { ...move, lot: lot.lot, points: -amount },
    points.lots.map((one) =>
      one.lot === lot.lot ? { ...one, remaining: one.remaining - amount, [fate]: one[fate] + amount } : one,
    ),
  );

/** Takes up to so many points, from the soonest-expiring lot on. */
function takeUpTo(points: Points, amount: number, move: Omit<Move, 'lot' | 'points'>): Change & { missing: number } {
  let [change, missing] = [unchanged(points), amount];
  for (const lot of points.lots.filter(isOpen).sort(soonestFirst)) {
    const taken = Math.min(missing, lot.remaining);
    if (taken === 0) break;
    change = steps(points, () => change, takeFrom(lot, taken, 'used', move));
    missing -= taken;
  }
  return { ...change, missing };
}

/** Writes down what has expired. Every other step is taken after this one, at the same moment. */
export const expire = (now: Date) => (points: Points): Change =>
  steps(
    points,
    ...points.lots
      .filter((lot) => isOpen(lot) && lot.expiresAt <= now)
      .sort(soonestFirst)
      .map((lot) => takeFrom(lot, lot.remaining, 'expired', { kind: 'expired', reference: lot.reference })),
  );

export interface NewLot extends Pick<Lot, 'source' | 'reference' | 'earnedAt' | 'expiresAt'> {
  amount: number;
  note?: string;
}

/** A new lot; it pays a debt first. */
export const earn = ({ amount, note, ...lot }: NewLot) => (points: Points): Change => {
  if (amount === 0) return unchanged(points);
  const { reference, source } = lot;
  const fresh: Lot = { ...lot, lot: points.sequence + 1, earned: amount, remaining: amount, used: 0, expired: 0, reversed: 0 };
  const kind = source === 'manual' ? 'adjusted' : 'earned';
  const earned = points.earned + (source === 'manual' ? 0 : amount);
  const paid = Math.min(points.debt, amount);
  return steps(
    { ...points, earned },
    (now) => record(now, { kind, lot: fresh.lot, points: amount, reference, note }, [...now.lots, fresh]),
    (now) => (paid === 0 ? unchanged(now) : takeFrom(fresh, paid, 'used', { kind: 'debt_paid', debt: -paid, reference })(now)),
  );
};

/** @returns how many there are when they are too few. */
export function spend(
  points: Points, amount: number, { kind, reference, note }: { kind: 'spent' | 'adjusted'; reference: string; note?: string },
): Change | { available: number } {
  const { missing, ...change } = takeUpTo(points, amount, { kind, reference, note });
  return missing === 0 ? change : { available: amount - missing };
}

/**
 * Takes a purchase's points back. What was spent of them is taken from the customer's other points, and what these lack
 * is a debt. What had expired is gone already: nobody had anything of it.
 */
export const takeBack = (purchase: Pick<Lot, 'source' | 'reference'>) => (points: Points): Change => {
  const lot = points.lots.find(({ source, reference }) => source === purchase.source && reference === purchase.reference);
  if (lot === undefined) return unchanged(points);
  const { reference, remaining, used } = lot;
  const own = steps({ ...points, earned: points.earned - lot.earned }, (now) =>
    remaining === 0 ? unchanged(now) : takeFrom(lot, remaining, 'reversed', { kind: 'reversed', reference })(now),
  );
  const { missing, ...others } = takeUpTo(own.next, used, { kind: 'reversed', reference });
  return steps(
    points,
    () => own,
    () => others,
    (now) => (missing === 0 ? unchanged(now) : record(now, { kind: 'debt', lot: null, points: 0, debt: missing, reference })),
  );
};
