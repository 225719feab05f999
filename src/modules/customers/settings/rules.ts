import type { Cents } from '../../../kernel/money.ts';

/** From the least to the most. */
export const SEGMENTS = ['new', 'regular', 'frequent', 'vip'] as const;
export type Segment = (typeof SEGMENTS)[number];

/** What a customer has to reach within twelve months, both of it. */
export interface Threshold {
  purchases: number;
  spentCents: Cents;
}

export type Thresholds = Record<Exclude<Segment, 'new'>, Threshold>;

/** Reached by points that purchases earned, spent or not. */
export interface Tier {
  name: string;
  fromPoints: number;
}

/** How a tenant treats its customers. */
export interface CustomerSettings {
  /** `earned` points for each full `perCents` of a purchase; good for so many months. */
  points: { earned: number; perCents: Cents; months: number; warningDays: number };
  /** From the lowest, which begins at 0. */
  tiers: readonly Tier[];
  segments: Thresholds;
  /** Of customers that were given no limit of their own. */
  creditLimitCents: Cents;
}

export const DEFAULT_SETTINGS: CustomerSettings = {
  points: { earned: 1, perCents: 10_000, months: 12, warningDays: 30 },
  tiers: [
    { name: 'bronce', fromPoints: 0 },
    { name: 'plata', fromPoints: 1000 },
    { name: 'oro', fromPoints: 5000 },
    { name: 'platino', fromPoints: 20_000 },
  ],
  segments: {
    regular: { purchases: 2, spentCents: 0 },
    frequent: { purchases: 6, spentCents: 5_000_000 },
    vip: { purchases: 12, spentCents: 25_000_000 },
  },
  creditLimitCents: 0,
};

/** The highest tier that so many points reach. */
export function tierOf(earned: number, tiers: readonly Tier[]): Tier {
  const reached = tiers.filter(({ fromPoints }) => fromPoints <= earned).at(-1);
  if (reached === undefined) throw new Error('the lowest tier does not begin at 0');
  return reached;
}

/** What is wrong with settings that are each well-formed; in Spanish, for the tenant. */
export function problemsOf({ tiers, segments }: Pick<CustomerSettings, 'tiers' | 'segments'>): string[] {
  const rising = tiers.every(({ fromPoints }, index) => index === 0 || fromPoints > (tiers[index - 1] as Tier).fromPoints);
  const { regular, frequent, vip } = segments;
  const ordered = [[regular, frequent], [frequent, vip]].every(
    ([less, more]) => (less as Threshold).purchases <= (more as Threshold).purchases && (less as Threshold).spentCents <= (more as Threshold).spentCents,
  );
  return [
    ...(tiers[0]?.fromPoints === 0 && rising ? [] : ['tiers: el primer nivel empieza en 0 puntos y cada uno pide más que el anterior.']),
    ...(new Set(tiers.map(({ name }) => name)).size === tiers.length ? [] : ['tiers: dos niveles tienen el mismo nombre.']),
    ...(ordered ? [] : ['segments: regular, frequent y vip piden cada uno lo mismo que el anterior, o más.']),
  ];
}
