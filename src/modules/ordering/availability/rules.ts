import type { Notice } from '../ports.ts';
import { isUnavailable } from './read-model.ts';

/** What a message says of one shelf. */
export interface Told {
  tenantId: number;
  variantId: string;
  warehouseId: string;
  /** When the inventory said so. */
  asOf: Date;
  available: number;
  /** What was available before, as the inventory had it; undefined when it only says that the shelf is empty. */
  previous?: number;
  figures?: { total: number; reserved: number; damaged: number };
}

export interface KnownShelf {
  total: number;
  available: number;
  reserved: number;
  damaged: number;
  /** What was available before the movement that brought this figure; null where none did, but e.g. an answer. */
  previous: number | null;
  asOf: Date;
}

export interface CartItem {
  cartId: string;
  customerId: string;
  /** As out of stock. */
  marked: boolean;
}

/** Somebody who asked to be told; without a warehouse, any will do. */
export interface Waiting {
  waitlistId: number;
  customerId: string;
  warehouseId: string | null;
}

/** All that is known of a variant; carts and waitlist only where a shelf may get empty or fill again. */
export interface VariantPicture {
  shelves: ReadonlyMap<string, KnownShelf>;
  items: readonly CartItem[];
  waiting: readonly Waiting[];
}

interface OfVariant {
  tenantId: number;
  variantId: string;
}
export type ChangedShelf = OfVariant & KnownShelf & { warehouseId: string };
export type ChangedItem = OfVariant & { cartId: string; marked: boolean };

export interface StockDecision {
  /** For each message whether it changed anything; it does not when more is known already. */
  applied: boolean[];
  /** Each shelf once, as it is after all messages. */
  shelves: ChangedShelf[];
  /** Items that stand otherwise than before. */
  items: ChangedItem[];
  /** Those of the waitlist who are told. */
  reached: Array<{ tenantId: number; waitlistId: number }>;
  notices: Array<{ tenantId: number; notice: Notice }>;
}

/** A variant of one tenant, for Maps. */
export const variantKey = ({ tenantId, variantId }: OfVariant): string => `${tenantId}:${variantId}`;

/** In the order in which the keys first come. */
export function grouped<Item, Key>(items: readonly Item[], keyOf: (item: Item) => Key): Map<Key, Item[]> {
  const groups = new Map<Key, Item[]>();
  for (const item of items) {
    const group = groups.get(keyOf(item));
    if (group === undefined) groups.set(keyOf(item), [item]);
    else group.push(item);
  }
  return groups;
}

/** Whether a shelf may get empty by this or fill again, so that carts and waitlist must be looked at. */
export const zeroInPlay = ({ available, previous }: Told, shelves: VariantPicture['shelves'] | undefined): boolean =>
  available === 0 || previous === 0 || [...(shelves?.values() ?? [])].some((shelf) => shelf.available === 0);

/** A variant while its messages are taken one after another; a copy, the picture stays as it is. */
interface Variant extends OfVariant {
  shelves: Map<string, KnownShelf>;
  items: CartItem[];
  waiting: Waiting[];
  touched: Set<string>;
  picture: VariantPicture;
}

const NOTHING_KNOWN: VariantPicture = { shelves: new Map(), items: [], waiting: [] };

/** Takes messages one after another over one picture: each sees what those before it left. Pure. */
export function decideStock(messages: readonly Told[], picture: ReadonlyMap<string, VariantPicture>): StockDecision {
  const variants = new Map<string, Variant>();
  const decision: Pick<StockDecision, 'applied' | 'reached' | 'notices'> = { applied: [], reached: [], notices: [] };
  for (const told of messages) {
    const key = variantKey(told);
    const variant = variants.get(key) ?? openVariant(told, picture.get(key) ?? NOTHING_KNOWN);
    variants.set(key, variant);
    const known = variant.shelves.get(told.warehouseId);
    const applies = known === undefined || !isOutdated(told, known);
    decision.applied.push(applies);
    if (applies || roseSince(told, known)) reachWaiting(variant, told, known, decision);
    if (applies) {
      variant.shelves.set(told.warehouseId, afterwards(told, known));
      variant.touched.add(told.warehouseId);
    }
    markItems(variant, told, decision);
  }
  const all = [...variants.values()];
  return { ...decision, shelves: all.flatMap(changedShelves), items: all.flatMap(changedItems) };
}

const openVariant = ({ tenantId, variantId }: OfVariant, picture: VariantPicture): Variant => ({
  tenantId, variantId, picture,
  shelves: new Map(picture.shelves),
  items: [...picture.items],
  waiting: [...picture.waiting],
  touched: new Set(),
});

/**
 * Older than what is known. Moments are often whole seconds, so several movements may bear the same: then a message is
 * older when the known state goes on from it. Where no movement brought that state, it has to go on from it itself.
 */
function isOutdated({ asOf, available, previous }: Told, known: KnownShelf): boolean {
  const age = known.asOf.getTime() - asOf.getTime();
  if (age !== 0) return age > 0;
  if (previous === undefined || previous === known.available || available === known.available) return false;
  return known.previous === null || known.previous === available;
}

/**
 * Told late of a shelf that filled, and there still is some. What is newer may be an answer to a reservation, which
 * brings the shelf's figure and tells nobody.
 */
const roseSince = ({ previous, available }: Told, known: KnownShelf): boolean =>
  previous === 0 && available > 0 && known.available > 0;

const NO_FIGURES = { total: 0, reserved: 0, damaged: 0 };

const afterwards = ({ asOf, available, previous, figures }: Told, known: KnownShelf | undefined): KnownShelf => ({
  ...(known ?? NO_FIGURES), ...figures, available, asOf, previous: previous ?? before(available, known),
});

/** A depletion does not say what there was; told beside an update to zero, it is the same movement. */
const before = (available: number, known: KnownShelf | undefined): number | null =>
  known?.available === available ? known.previous : (known?.available ?? null);

/** Tells those who waited for this shelf, or for any while there was none; a customer who waits twice, once. */
function reachWaiting(
  variant: Variant, { variantId, warehouseId, asOf, available, previous }: Told, known: KnownShelf | undefined,
  { reached, notices }: Pick<StockDecision, 'reached' | 'notices'>,
): void {
  if (available === 0 || (known?.available !== 0 && previous !== 0)) return; // it did not rise from nothing
  const others = [...variant.shelves].filter(([id]) => id !== warehouseId);
  const thereWasNone = others.every(([, shelf]) => shelf.available === 0);
  const isFor = (entry: Waiting) => entry.warehouseId === warehouseId || (entry.warehouseId === null && thereWasNone);
  const told = variant.waiting.filter(isFor);
  variant.waiting = variant.waiting.filter((entry) => !isFor(entry));
  const { tenantId } = variant;
  reached.push(...told.map(({ waitlistId }) => ({ tenantId, waitlistId })));
  const about = `${variantId}:${warehouseId}@${asOf.toISOString()}`;
  for (const customerId of new Set(told.map((entry) => entry.customerId))) {
    const data = { variant_id: variantId, warehouse_id: warehouseId };
    notices.push({ tenantId, notice: { customerId, name: 'back_in_stock', data, about } });
  }
}

/**
 * Marks items by how the variant stands now, not by the step it took: one whose mark was missed gets it late, also from
 * a message that changes nothing else.
 */
function markItems(variant: Variant, { asOf }: Told, { notices }: Pick<StockDecision, 'notices'>): void {
  const { tenantId, variantId } = variant;
  const marked = isUnavailable([...variant.shelves.values()]);
  variant.items = variant.items.map((item) => {
    const { cartId, customerId } = item;
    if (marked && !item.marked) {
      const about = `${cartId}:${variantId}@${asOf.toISOString()}`;
      const data = { variant_id: variantId, cart_id: cartId };
      notices.push({ tenantId, notice: { customerId, name: 'cart_item_out_of_stock', data, about } });
    }
    return { ...item, marked };
  });
}

const changedShelves = ({ tenantId, variantId, shelves, touched }: Variant): ChangedShelf[] =>
  [...touched].map((warehouseId) => {
    const shelf = shelves.get(warehouseId) as KnownShelf;
    return { tenantId, variantId, warehouseId, ...shelf };
  });

const changedItems = ({ tenantId, variantId, items, picture }: Variant): ChangedItem[] =>
  items
    .filter(({ marked }, index) => marked !== picture.items[index]?.marked)
    .map(({ cartId, marked }) => ({ tenantId, variantId, cartId, marked }));
