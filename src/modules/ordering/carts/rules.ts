import { fromCents, type Cents } from '../../../kernel/money.ts';
import { isUnavailable, type VariantStanding } from '../availability/read-model.ts';
import type { CartItem } from './read-model.ts';

export const MAX_QUANTITY = 10_000;
export const MAX_LINES = 200;
/** Ten trillion pesos: up to here an amount of cents survives the trip through JSON. */
export const MAX_TOTAL_CENTS: Cents = 1e15;

/** What somebody puts into a cart. */
export interface Addition {
  variantId: string;
  quantity: number;
  /** What the caller says of it, which counts as far as the catalogue has told nothing. */
  unitPriceCents?: Cents;
  productId?: string;
}

type Known = Pick<VariantStanding, 'productId' | 'priceCents' | 'deleted' | 'shelves'>;

/** Why a variant cannot be put into a cart, as a sentence for the customer's shop. */
export function refusalOf({ deleted, shelves }: Known): string | undefined {
  if (deleted) return 'La variante se eliminó del catálogo.';
  return isUnavailable(shelves) ? 'La variante está agotada en todos los depósitos.' : undefined;
}

/**
 * The line as it is once this was put in: on top of what is there, at the catalogue's price if it is known. Undefined
 * when nobody told a price.
 */
export function withAdded(before: CartItem | undefined, addition: Addition, known: Known): CartItem | undefined {
  const unitPriceCents = known.priceCents ?? addition.unitPriceCents ?? before?.unitPriceCents;
  if (unitPriceCents === undefined) return undefined;
  return {
    variantId: addition.variantId,
    productId: known.productId ?? addition.productId ?? before?.productId ?? null,
    quantity: (before?.quantity ?? 0) + addition.quantity,
    unitPriceCents,
    unavailableReason: null, // whoever may put it in may have it
  };
}

/** The lines with this one in the place of the variant's former one, or at the end. */
export const withLine = (items: readonly CartItem[], line: CartItem): CartItem[] =>
  items.some(({ variantId }) => variantId === line.variantId)
    ? items.map((item) => (item.variantId === line.variantId ? line : item))
    : [...items, line];

export const lineTotal = ({ quantity, unitPriceCents }: Pick<CartItem, 'quantity' | 'unitPriceCents'>): Cents =>
  quantity * unitPriceCents;

export const totalOf = (items: ReadonlyArray<Pick<CartItem, 'quantity' | 'unitPriceCents'>>): Cents =>
  items.reduce((sum, item) => sum + lineTotal(item), 0);

/** What is wrong with a cart that would have these lines, a sentence each. */
export function problemsOf(items: readonly CartItem[]): string[] {
  const problems: string[] = [];
  if (items.length > MAX_LINES) problems.push(`items: un carrito admite hasta ${MAX_LINES} variantes distintas.`);
  if (items.some(({ quantity }) => quantity > MAX_QUANTITY)) {
    problems.push(`quantity: de cada variante se admiten hasta ${MAX_QUANTITY} unidades.`);
  }
  if (totalOf(items) > MAX_TOTAL_CENTS) {
    problems.push(`total: un carrito admite hasta ${fromCents(MAX_TOTAL_CENTS)}.`);
  }
  return problems;
}
