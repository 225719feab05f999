import { pesos } from '../../../kernel/es-ar.ts';
import type { Cents } from '../../../kernel/money.ts';

/** One rule that an order met or did not, with the values it was held against. */
export interface Check {
  regla: string;
  cumple: boolean;
  detalle: string;
}

/** What an order was judged on, as it stood at that moment. */
export interface Judged {
  comercioId: number;
  /** Undefined: there is no such seller. */
  seller: { active: boolean } | undefined;
  lines: readonly JudgedLine[];
  totalInformado: Cents | undefined;
}

export interface JudgedLine {
  productoId: number;
  /** Undefined: the seller has no such product. */
  producto: string | undefined;
  cantidad: number;
  precio: Cents;
  /** Unknown for orders of before it was kept. */
  precioCatalogo: Cents | null;
  /** Before this order; null where no stock was ever counted. */
  disponibles: number | null;
  /** The one that explains a lower price or the line's share of a lower total, and what it took off the line. */
  promocion: string | null;
  /** It was taken off the order's total; otherwise the unit's price came reduced already. */
  promocionEnTotal: boolean;
  descuento: Cents;
}

/**
 * Every rule in the order in which it is applied, as far as the first group that fails: what comes after a refusal was
 * never looked at. Rules on prices and totals only warn.
 */
export function checksOf(judged: Judged): Check[] {
  const checks: Check[] = [];
  for (const group of [sellerChecks, productChecks, stockChecks]) {
    checks.push(...group(judged));
    if (checks.some(({ cumple }) => !cumple)) return checks;
  }
  return [...checks, ...priceChecks(judged), ...totalChecks(judged)];
}

function sellerChecks({ comercioId, seller }: Judged): Check[] {
  const exists = { regla: 'comercio', cumple: seller !== undefined };
  if (seller === undefined) return [{ ...exists, detalle: `el comercio ${comercioId} no existe` }];
  return [
    { ...exists, detalle: `el comercio ${comercioId} existe` },
    {
      regla: 'comercio_activo',
      cumple: seller.active,
      detalle: seller.active ? 'el comercio y su negocio pueden vender' : 'el comercio o su negocio está dado de baja',
    },
  ];
}

const productChecks = ({ lines, comercioId }: Judged): Check[] =>
  byProduct(lines).map(({ productoId, producto }) => ({
    regla: 'producto',
    cumple: producto !== undefined,
    detalle:
      producto === undefined
        ? `el producto ${productoId} no es del comercio ${comercioId}`
        : `el producto ${productoId} (${producto}) está a la venta en el comercio`,
  }));

/** Lines of one product are added up before the check. */
const stockChecks = ({ lines }: Judged): Check[] =>
  byProduct(lines).map(({ productoId, producto, disponibles }) => {
    const wanted = lines.reduce((sum, line) => sum + (line.productoId === productoId ? line.cantidad : 0), 0);
    const detalle = `producto ${productoId} (${producto ?? ''}): pedidos ${wanted}, disponibles ${disponibles ?? 0}`;
    return { regla: 'stock', cumple: (disponibles ?? 0) >= wanted, detalle };
  });

const priceChecks = ({ lines }: Judged): Check[] =>
  lines.map(({ productoId, precio, precioCatalogo, promocion, promocionEnTotal }) => {
    const came = `producto ${productoId}: vino a ${pesos(precio)}`;
    if (precioCatalogo === null || precioCatalogo === precio) {
      const as = precioCatalogo === null ? '; no se guardó el del catálogo' : ', como en el catálogo';
      return { regla: 'precio', cumple: true, detalle: `${came}${as}` };
    }
    const explained = promocion !== null && !promocionEnTotal;
    const why = explained ? ` por la promoción «${promocion}»` : '; vale el del pedido';
    return { regla: 'precio', cumple: explained, detalle: `${came} y el catálogo dice ${pesos(precioCatalogo)}${why}` };
  });

function totalChecks({ lines, totalInformado }: Judged): Check[] {
  if (totalInformado === undefined) return [];
  const total = lines.reduce((sum, { cantidad, precio }) => sum + cantidad * precio, 0);
  const sums = `total informado ${pesos(totalInformado)}, suma de los productos ${pesos(total)}`;
  if (totalInformado === total) return [{ regla: 'total', cumple: true, detalle: sums }];
  const applied = lines.filter(({ promocionEnTotal }) => promocionEnTotal);
  const discount = applied.reduce((sum, { descuento }) => sum + descuento, 0);
  const names = [...new Set(applied.map(({ promocion }) => `«${promocion ?? ''}»`))].join(', ');
  const explained = applied.length > 0; // it is applied only where it accounts for the difference to the cent
  const why = explained ? `; la diferencia es ${names}: ${pesos(discount)}` : '; ninguna promoción lo explica';
  return [{ regla: 'total', cumple: explained, detalle: `${sums}${why}` }];
}

const byProduct = (lines: readonly JudgedLine[]): JudgedLine[] => [
  ...new Map(lines.map((line) => [line.productoId, line])).values(),
];
