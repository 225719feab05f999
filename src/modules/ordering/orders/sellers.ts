import { freeOf, type VariantStanding } from '../availability/read-model.ts';
import type { Sellable } from '../catalog/read-model.ts';
import type { WantedLine } from '../ports.ts';
import type { PricedLine } from './repository.ts';

/** The one tenant that sells all that is wanted, and what each line may be there; or why there is none. */
export type Seller =
  | { tenantId: number; organizationId: string; sellables: readonly Sellable[] }
  | { reason: 'unknown_product' | 'ambiguous_product'; products: string[] };

/** By every name by which these lines may be found. */
export const namesOf = (lines: readonly WantedLine[]): string[] => [
  ...new Set(lines.flatMap(({ productId, sku }) => (sku === undefined ? [productId] : [sku, productId]))),
];

/**
 * What a line may be of one tenant's: the variant that its sku names, else what its productId names. A sku that is nobody's
 * means one of the product's variants all the same, so there has to be just one.
 */
function candidatesOf({ productId, sku }: WantedLine, own: readonly Sellable[]): Sellable[] {
  const bySku = own.filter(({ wanted, variantId }) => wanted === sku && variantId === sku);
  if (bySku.length > 0) return bySku.filter(({ deleted }) => !deleted);
  const byProduct = own.filter(({ wanted, deleted }) => wanted === productId && !deleted);
  return sku === undefined || byProduct.length === 1 ? byProduct : [];
}

/** Who sells all of this. Pure. */
export function sellerOf(lines: readonly WantedLine[], sellables: readonly Sellable[]): Seller {
  const products = [...new Set(lines.map(({ productId }) => productId))];
  const tenants = new Map(sellables.map(({ tenantId, organizationId }) => [tenantId, organizationId]));
  const shops = [...tenants].map(([tenantId, organizationId]) => ({
    tenantId, organizationId, sellables: sellables.filter((one) => one.tenantId === tenantId),
  }));
  const sells = (shop: (typeof shops)[number], line: WantedLine) => candidatesOf(line, shop.sellables).length > 0;
  const unknown = lines.filter((line) => !shops.some((shop) => sells(shop, line)));
  if (unknown.length > 0) return { reason: 'unknown_product', products: unknown.map(({ productId }) => productId) };
  const whole = shops.filter((shop) => lines.every((line) => sells(shop, line)));
  const [first, second] = whole;
  if (first === undefined) return { reason: 'unknown_product', products }; // nobody sells all of them
  return second === undefined ? first : { reason: 'ambiguous_product', products };
}

/** A line of an order, and the product it was wanted as. */
export type ChosenLine = PricedLine & { wanted: string };

/**
 * The variant that each line is: of several the first that covers it, else the first. Lines of one variant become one.
 * @returns undefined when such lines differ in price: no line could say it.
 */
export function chooseVariants(
  lines: readonly WantedLine[], sellables: readonly Sellable[], stock: ReadonlyMap<string, VariantStanding>,
): ChosenLine[] | undefined {
  const chosen = new Map<string, ChosenLine>();
  for (const line of lines) {
    const { productId: wanted, quantity, unitPriceCents } = line;
    const candidates = candidatesOf(line, sellables);
    const sellable = candidates.find(({ variantId }) => totalFree(stock.get(variantId)) >= quantity) ?? candidates[0];
    if (sellable === undefined) throw new Error(`nobody sells ${wanted}; ask sellerOf first`);
    const { variantId, productId } = sellable;
    const price = unitPriceCents ?? stock.get(variantId)?.priceCents ?? 0;
    const same = chosen.get(variantId);
    if (same !== undefined && same.unitPriceCents !== price) return undefined;
    chosen.set(variantId, { variantId, productId, wanted, unitPriceCents: price, quantity: quantity + (same?.quantity ?? 0) });
  }
  return [...chosen.values()];
}

const totalFree = (standing: VariantStanding | undefined): number =>
  standing === undefined ? 0 : standing.shelves.reduce((sum, shelf) => sum + freeOf(shelf), 0) - standing.unplaced;
