import type { Warning } from '../../../events/outcome.ts';
import { fromCents, toCents, type Cents } from '../../../kernel/money.ts';
import type { PromotionInForce } from '../promotions/read-model.ts';
import type { ShelfRow } from '../stock/read-model.ts';
import { checksOf, type Check, type JudgedLine } from './checks.ts';
import { appliedPromotions, type Applied } from './discounts.ts';
import type { Estado } from './states.ts';
import { shelfId, shortages, takeStock, type Stock, type Taking } from './takings.ts';
import type { PedidoCreado } from './topics.ts';

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
  /** Those in force, by product. */
  promotions: ReadonlyMap<number, readonly PromotionInForce[]>;
}

export interface Line {
  shelf: ShelfRow;
  cantidad: number;
  precio: Cents;
  promocion?: Applied;
}

export interface Acceptance {
  accepted: true;
  seller: SellerPicture;
  estado: Estado;
  total: Cents;
  totalInformado?: Cents;
  lines: Line[];
  takings: Taking[];
  warnings: Warning[];
}

export interface Refusal {
  accepted: false;
  code: string;
  message: string;
  /** Every rule it was held against, with its values. */
  checks: Check[];
}

export type Decision = Acceptance | Refusal;

/**
 * Decides orders one after another on one picture; each sees the stock that those before it left. Pure: the stock it
 * counts down is its own copy.
 */
export function decideOrders(orders: readonly PedidoCreado[], picture: Picture): Decision[] {
  const stock: Stock = new Map();
  for (const [id, { cantidad, version }] of picture.shelves) {
    if (cantidad !== null && version !== null) stock.set(id, { cantidad, version });
  }
  return orders.map((order) => decideOrder(order, picture, stock));
}

function decideOrder(order: PedidoCreado, picture: Picture, stock: Stock): Decision {
  const refuse = (code: string, message: string): Refusal => ({
    accepted: false,
    code,
    message: `pedido rechazado: ${message}`,
    checks: checksOf(judgedFrom(order, picture, stock)),
  });
  const { comercio_id } = order;
  const seller = picture.sellers.get(comercio_id);
  if (seller === undefined) return refuse('comercio_desconocido', `el comercio ${comercio_id} no existe`);
  if (!seller.active) {
    return refuse('comercio_inactivo', `el comercio ${comercio_id} no puede vender: él o su negocio están dados de baja`);
  }
  const lines: Line[] = [];
  for (const { producto_id, cantidad, precio_unitario } of order.productos) {
    const shelf = picture.shelves.get(shelfId(comercio_id, producto_id));
    if (!shelf?.active) {
      return refuse('producto_desconocido', `el producto ${producto_id} no es del comercio ${comercio_id}`);
    }
    lines.push({ shelf, cantidad, precio: toCents(precio_unitario) });
  }
  const short = shortages(comercio_id, lines, stock);
  if (short !== undefined) return refuse('sin_stock', short);
  return { ...accept(order, seller, lines, picture), takings: takeStock(comercio_id, lines, stock) };
}

function accept(
  order: PedidoCreado,
  seller: SellerPicture,
  lines: Line[],
  { promotions }: Picture,
): Omit<Acceptance, 'takings'> {
  const total = lines.reduce((sum, line) => sum + line.cantidad * line.precio, 0);
  const totalInformado = order.total == null ? undefined : toCents(order.total);
  const offers = promotions.size === 0 ? [] : lines.map((line) => offerOf(line, promotions));
  const { applied, totalExplained } = appliedPromotions(offers, total, totalInformado);
  return {
    accepted: true,
    seller,
    estado: seller.preparacion === 'automatica' ? 'listo' : 'pendiente',
    total,
    totalInformado,
    lines: lines.map((line, index) => ({ ...line, promocion: applied[index] })),
    warnings: [
      ...priceWarnings(lines.filter((_, index) => applied[index]?.en !== 'precio')),
      ...(totalExplained ? [] : totalWarnings(total, totalInformado)),
    ],
  };
}

const offerOf = ({ shelf, cantidad, precio }: Line, promotions: Picture['promotions']) => ({
  cantidad,
  precio,
  precioCatalogo: shelf.precioCentavos,
  promociones: promotions.get(shelf.productoId) ?? [],
});

const judgedFrom = (order: PedidoCreado, picture: Picture, stock: Stock) => ({
  comercioId: order.comercio_id,
  seller: picture.sellers.get(order.comercio_id),
  totalInformado: undefined,
  lines: order.productos.map(({ producto_id: productoId, cantidad, precio_unitario }): JudgedLine => {
    const id = shelfId(order.comercio_id, productoId);
    const shelf = picture.shelves.get(id);
    return {
      productoId,
      producto: shelf?.active ? shelf.producto : undefined,
      cantidad,
      precio: toCents(precio_unitario),
      precioCatalogo: shelf?.precioCentavos ?? null,
      disponibles: stock.get(id)?.cantidad ?? null,
      promocion: null,
      promocionEnTotal: false,
      descuento: 0,
    };
  }),
});

/** The hub's price wins: it is what the customer was shown. A difference is told. */
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
