import type { ShelfRow } from '../stock/read-model.ts';

export const shelfId = (comercioId: number, productoId: number) => `${comercioId}:${productoId}`;

/** What is left of each shelf while a batch is decided; nothing for one that was never counted. */
export type Stock = Map<string, { cantidad: number; version: number }>;

/** A quantity of one product that an order asks for. */
interface Wanted {
  shelf: ShelfRow;
  cantidad: number;
}

/** One product's stock taken for one order. */
export interface Taking {
  shelf: ShelfRow;
  cantidadAnterior: number;
  cantidadNueva: number;
  version: number;
}

/** What each product lacks, in words; undefined when there is enough. Lines of one product are added up first. */
export function shortages(comercioId: number, lines: readonly Wanted[], stock: Stock): string | undefined {
  const short = wantedOf(lines).flatMap(({ shelf: { productoId, producto }, cantidad }) => {
    const available = stock.get(shelfId(comercioId, productoId))?.cantidad ?? 0;
    return available < cantidad ? [`producto ${productoId} (${producto}): pedidos ${cantidad}, disponibles ${available}`] : [];
  });
  return short.length > 0 ? `sin stock: ${short.join('; ')}` : undefined;
}

function wantedOf(lines: readonly Wanted[]): Wanted[] {
  const wanted = new Map<number, Wanted>();
  for (const { shelf, cantidad } of lines) {
    wanted.set(shelf.productoId, { shelf, cantidad: (wanted.get(shelf.productoId)?.cantidad ?? 0) + cantidad });
  }
  return [...wanted.values()];
}

/** Takes every line's quantity; there is enough. */
export const takeStock = (comercioId: number, lines: readonly Wanted[], stock: Stock): Taking[] =>
  wantedOf(lines).map(({ shelf, cantidad }) => {
    const id = shelfId(comercioId, shelf.productoId);
    const current = stock.get(id) as { cantidad: number; version: number };
    const next = { cantidad: current.cantidad - cantidad, version: current.version + 1 };
    stock.set(id, next);
    return { shelf, cantidadAnterior: current.cantidad, cantidadNueva: next.cantidad, version: next.version };
  });
