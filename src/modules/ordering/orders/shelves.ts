import { UNASSIGNED, type OrderLine, type ReservedItem } from './states.ts';

/** What is known of one variant's stock. */
export interface Stock {
  deleted: boolean;
  /** In the order in which they are emptied. */
  shelves: ReadonlyArray<{ warehouseId: string; available: number; counted: number; sold: number }>;
  /** What orders hold of it, and nobody knows from which shelf. */
  unplaced: number;
}

/** How the stock of an order would be taken. */
export interface Plan {
  items: ReservedItem[];
  /** Lines of whose stock nothing is known: the inventory has to say. */
  unknown: OrderLine[];
  /** Lines that the known shelves do not cover, with what they have. */
  short: Array<OrderLine & { free: number }>;
}

const NOTHING_KNOWN: Stock = { deleted: false, shelves: [], unplaced: 0 };

/** Takes each line from the first shelf that covers it whole; from several, in their order, when none does. */
export function planOf(lines: readonly OrderLine[], stock: ReadonlyMap<string, Stock>): Plan {
  const plan: Plan = { items: [], unknown: [], short: [] };
  for (const line of lines) {
    const { shelves: known, unplaced } = stock.get(line.variantId) ?? NOTHING_KNOWN;
    const shelves = known.map(({ warehouseId, available, counted }) => ({
      warehouseId,
      free: Math.max(0, available - counted),
    }));
    const free = Math.max(0, shelves.reduce((sum, shelf) => sum + shelf.free, 0) - unplaced);
    if (shelves.length === 0) plan.unknown.push(line);
    else if (free < line.quantity) plan.short.push({ ...line, free });
    else plan.items.push(...taken(line, shelves));
  }
  return plan;
}

function taken({ variantId, quantity }: OrderLine, shelves: ReadonlyArray<{ warehouseId: string; free: number }>): ReservedItem[] {
  const whole = shelves.find(({ free }) => free >= quantity);
  return dealt(quantity, whole ? [whole] : shelves).map((part) => ({ variantId, ...part }));
}

/** A quantity dealt out over shelves in their order, as far as they have it. */
function dealt(quantity: number, shelves: ReadonlyArray<{ warehouseId: string; free: number }>) {
  let rest = quantity;
  return shelves.flatMap(({ warehouseId, free }) => {
    const part = Math.min(rest, free);
    rest -= part;
    return part > 0 ? [{ warehouseId, quantity: part }] : [];
  });
}

/** Whether the shelves could give the whole order now; what was taken out of the catalogue is not sold any more. */
export function isCoverable(lines: readonly OrderLine[], stock: ReadonlyMap<string, Stock>): boolean {
  const { unknown, short } = planOf(lines, stock);
  return unknown.length + short.length === 0 && !lines.some(({ variantId }) => stock.get(variantId)?.deleted);
}

/** Whether the shelves' figures cover what is held of them, beside what is sold of them already. */
export const isBacked = (items: readonly ReservedItem[], stock: ReadonlyMap<string, Stock>): boolean =>
  items.every(({ variantId, warehouseId, quantity }) => {
    const shelf = stock.get(variantId)?.shelves.find((one) => one.warehouseId === warehouseId);
    return shelf !== undefined && shelf.available - shelf.sold >= quantity;
  });

/** Whether what was reserved is all that was ordered. */
export const isWhole = (lines: readonly OrderLine[], items: readonly ReservedItem[]): boolean =>
  lines.every(({ variantId, quantity }) => quantityOf(items, variantId) >= quantity);

const quantityOf = (items: readonly ReservedItem[], variantId: string): number =>
  items.reduce((sum, item) => (item.variantId === variantId ? sum + item.quantity : sum), 0);

/** Each line by where it comes from, its quantity unchanged; what no shelf is known for is `unassigned`. */
export function itemsOf<Line extends OrderLine>(
  lines: readonly Line[], items: readonly ReservedItem[],
): Array<Line & { warehouseId: string }> {
  return lines.flatMap((line) => {
    const own = items.filter(({ variantId }) => variantId === line.variantId);
    const parts = dealt(line.quantity, own.map(({ warehouseId, quantity }) => ({ warehouseId, free: quantity })));
    const missing = line.quantity - parts.reduce((sum, { quantity }) => sum + quantity, 0);
    const rest = missing > 0 ? [{ warehouseId: UNASSIGNED, quantity: missing }] : [];
    return mergedByWarehouse([...parts, ...rest]).map((part) => ({ ...line, ...part }));
  });
}

/** A reservation may name the shelf that is not known yet itself. */
function mergedByWarehouse(parts: ReadonlyArray<{ warehouseId: string; quantity: number }>) {
  const byWarehouse = new Map<string, number>();
  for (const { warehouseId, quantity } of parts) byWarehouse.set(warehouseId, (byWarehouse.get(warehouseId) ?? 0) + quantity);
  return [...byWarehouse].map(([warehouseId, quantity]) => ({ warehouseId, quantity }));
}
