import type { Warning } from '../../../events/outcome.ts';
import { fromCents, toCents, type Cents } from '../../../kernel/money.ts';
import type { ShelfRow } from '../stock/read-model.ts';
import type { PedidoCreado } from './topics.ts';

export const ESTADOS = ['pendiente', 'aceptada', 'rechazada', 'listo', 'finalizada', 'cancelada'] as const;
export type Estado = (typeof ESTADOS)[number];

const STEPS: Record<Estado, readonly Estado[]> = {
  pendiente: ['aceptada', 'rechazada', 'listo', 'cancelada'],
  aceptada: ['listo', 'cancelada'],
  listo: ['finalizada', 'cancelada'],
  rechazada: [],
  cancelada: [],
  finalizada: [],
};

/** The states an order may go to from here. */
export const stepsFrom = (estado: Estado): readonly Estado[] => STEPS[estado];

/** Whether arriving at this state gives the order's stock back. */
export const givesStockBack = (estado: Estado): boolean => estado === 'rechazada' || estado === 'cancelada';

export interface SellerPicture {
  comercioId: number;
  tenantId: number;
  active: boolean;
  preparacion: 'manual' | 'automatica';
}

/** What a batch of orders is decided on: everything read once, nothing looked up on the way. */
export interface Picture {
  sellers: ReadonlyMap<number, SellerPicture>;
  shelves: ReadonlyMap<string, ShelfRow>;
}

export const shelfId = (comercioId: number, productoId: number) => `${comercioId}:${productoId}`;

export interface Line {
  shelf: ShelfRow;
  cantidad: number;
  precio: Cents;
}

/** One product's stock taken for one order. */
export interface Taking {
  shelf: ShelfRow;
  cantidadAnterior: number;
  cantidadNueva: number;
  version: number;
}

export type Decision =
  | { accepted: true; seller: SellerPicture; estado: Estado; total: Cents; totalInformado?: Cents; lines: Line[]; takings: Taking[]; warnings: Warning[] }
  | { accepted: false; code: string; message: string };

/**
 * Decides orders one after another on one picture; each sees the stock that those before it left. Pure: the stock it
 * counts down is its own copy.
 */
export function decideOrders(orders: readonly PedidoCreado[], picture: Picture): Decision[] {
  const stock = new Map<string, { cantidad: number; version: number }>();
  for (const [id, { cantidad, version }] of picture.shelves) {
    if (cantidad !== null && version !== null) stock.set(id, { cantidad, version });
  }
  return orders.map((order) => decideOrder(order, picture, stock));
}

type Stock = Map<string, { cantidad: number; version: number }>;

function decideOrder(order: PedidoCreado, picture: Picture, stock: Stock): Decision {
  const seller = picture.sellers.get(order.comercio_id);
  if (seller === undefined) return refuse('comercio_desconocido', `el comercio ${order.comercio_id} no existe`);
  if (!seller.active) return refuse('comercio_inactivo', `el comercio ${order.comercio_id} no puede vender: él o su negocio están dados de baja`);
  const lines: Line[] = [];
  for (const { producto_id, cantidad, precio_unitario } of order.productos) {
    const shelf = picture.shelves.get(shelfId(order.comercio_id, producto_id));
    if (!shelf?.active) return refuse('producto_desconocido', `el producto ${producto_id} no es del comercio ${order.comercio_id}`);
    lines.push({ shelf, cantidad, precio: toCents(precio_unitario) });
  }
  const takings = takeStock(order.comercio_id, lines, stock);
  if ('code' in takings) return takings;
  const total = lines.reduce((sum, line) => sum + line.cantidad * line.precio, 0);
  const totalInformado = order.total == null ? undefined : toCents(order.total);
  return {
    accepted: true,
    seller,
    estado: seller.preparacion === 'automatica' ? 'listo' : 'pendiente',
    total,
    totalInformado,
    lines,
    takings,
    warnings: [...priceWarnings(lines), ...totalWarnings(total, totalInformado)],
  };
}

const refuse = (code: string, message: string) => ({ accepted: false as const, code, message: `pedido rechazado: ${message}` });

/** Takes every line's quantity, or none: lines of one product are added up first. */
function takeStock(comercioId: number, lines: readonly Line[], stock: Stock): Taking[] | ReturnType<typeof refuse> {
  const wanted = new Map<number, { shelf: ShelfRow; cantidad: number }>();
  for (const { shelf, cantidad } of lines) {
    wanted.set(shelf.productoId, { shelf, cantidad: (wanted.get(shelf.productoId)?.cantidad ?? 0) + cantidad });
  }
  const short = [...wanted.values()].filter(({ shelf, cantidad }) => (stock.get(shelfId(comercioId, shelf.productoId))?.cantidad ?? 0) < cantidad);
  if (short.length > 0) {
    const each = short.map(({ shelf, cantidad }) => {
      const available = stock.get(shelfId(comercioId, shelf.productoId))?.cantidad ?? 0;
      return `producto ${shelf.productoId} (${shelf.producto}): pedidos ${cantidad}, disponibles ${available}`;
    });
    return refuse('sin_stock', `sin stock: ${each.join('; ')}`);
  }
  return [...wanted.values()].map(({ shelf, cantidad }) => {
    const current = stock.get(shelfId(comercioId, shelf.productoId)) as { cantidad: number; version: number };
    const next = { cantidad: current.cantidad - cantidad, version: current.version + 1 };
    stock.set(shelfId(comercioId, shelf.productoId), next);
    return { shelf, cantidadAnterior: current.cantidad, cantidadNueva: next.cantidad, version: next.version };
  });
}

/** The hub's price wins: it is what the customer was shown. The difference is told. */
const priceWarnings = (lines: readonly Line[]): Warning[] =>
  lines
    .filter(({ shelf, precio }) => precio !== shelf.precioCentavos)
    .map(({ shelf, precio }) => ({
      code: 'precio_distinto',
      message: `el producto ${shelf.productoId} está a ${fromCents(shelf.precioCentavos)} en el catálogo y vino a ${fromCents(precio)}; vale el del pedido`,
    }));

const totalWarnings = (total: Cents, informed: Cents | undefined): Warning[] =>
  informed === undefined || informed === total
    ? []
    : [{ code: 'total_distinto', message: `el total informado ${fromCents(informed)} no es la suma de los productos, ${fromCents(total)}` }];
