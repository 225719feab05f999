import type { Cents } from '../../../kernel/money.ts';

/** What is known of a product or variant; undefined before the first event named it. */
export interface Known {
  updatedAt: Date;
  deleted: boolean;
}

/**
 * What an event of the catalogue means to something known. `older`: more is known already. `gone`: it was deleted, and
 * stays so; a change said of it changes nothing.
 */
export function judge(known: Known | undefined, saidAt: Date): 'newer' | 'older' | 'gone' {
  if (known === undefined) return 'newer';
  if (saidAt < known.updatedAt) return 'older';
  return known.deleted ? 'gone' : 'newer';
}

/** As `judge`; a first price is news, however old it is. */
export const judgeVariant = (
  known: (Known & { priceCents: Cents | null }) | undefined, saidAt: Date, saysPrice: boolean,
): ReturnType<typeof judge> =>
  judge(known && saysPrice && known.priceCents === null ? { ...known, updatedAt: saidAt } : known, saidAt);

/** A customer hears of a rise above ten per cent. A price of zero has no per cents. */
export const isNotable = (oldPrice: Cents, newPrice: Cents): boolean =>
  oldPrice > 0 && (newPrice - oldPrice) * 10 > oldPrice;
