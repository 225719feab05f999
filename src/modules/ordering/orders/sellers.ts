import { freeOf, type VariantStanding } from '../availability/read-model.ts';
import type { Sellable } from '../catalog/read-model.ts';
import type { WantedLine } from '../ports.ts';
import type { PricedLine } from './repository.ts';

/** The one tenant that sells all that is wanted, and what each line may be there; or why there is none. */
export type Seller =
  | { tenantId: number; organizationId: string; sellables: readonly Sellable[] }
  | { reason: 'unknown_product' | 'ambiguous_product'; products: string[] };

/** Who sells all of this. Pure. */
export function sellerOf(lines: readonly WantedLine[], sellables: readonly Sellable[]): Seller {
  const names = [...new Set(lines.map(({ productId }) => productId))];
  const unknown = names.filter((name) => !sellables.some(({ wanted }) => wanted === name));
  if (unknown.length > 0) return { reason: 'unknown_product', products: unknown };
  const tenants = new Map(sellables.map(({ tenantId, organizationId }) => [tenantId, organizationId]));
  const whole = [...tenants].filter(([tenantId]) =>
    names.every((name) => sellables.some((one) => one.tenantId === tenantId && one.wanted === name)),
  );
  const [first, second] = whole;
  if (first === undefined) return { reason: 'unknown_product', products: names }; // nobody sells all of them
  if (second !== undefined) return { reason: 'ambiguous_product', products: names };
  const [tenantId, organizationId] = first;
  return { tenantId, organizationId, sellables: sellables.filter((one) => one.tenantId === tenantId) };
}

/** A line of an order, and by which name it was wanted. */
export type ChosenLine = PricedLine & { wanted: string };

/**
 * The variant that each line is: of several the first that covers it, else the first. Lines of one variant become one.
 * @returns undefined when such lines differ in price: no line could say it.
 */
export function chooseVariants(
  lines: readonly WantedLine[], sellables: readonly Sellable[], stock: ReadonlyMap<string, VariantStanding>,
): ChosenLine[] | undefined {
  const chosen = new Map<string, ChosenLine>();
  for (const { productId: wanted, quantity, unitPriceCents } of lines) {
    const candidates = sellables.filter((one) => one.wanted === wanted);
    const sellable = candidates.find(({ variantId }) => totalFree(stock.get(variantId)) >= quantity) ?? candidates[0];
    if (sellable === undefined) throw new Error(`nobody sells ${wanted}; ask sellerOf first`);
    const { variantId, productId } = sellable;
    const price = unitPriceCents ?? sellable.priceCents ?? 0;
    const same = chosen.get(variantId);
    if (same !== undefined && same.unitPriceCents !== price) return undefined;
    chosen.set(variantId, { variantId, productId, wanted, unitPriceCents: price, quantity: quantity + (same?.quantity ?? 0) });
  }
  return [...chosen.values()];
}

const totalFree = (standing: VariantStanding | undefined): number =>
  standing === undefined ? 0 : standing.shelves.reduce((sum, shelf) => sum + freeOf(shelf), 0) - standing.unplaced;
