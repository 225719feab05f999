import type { Cents } from '../../../kernel/money.ts';
import type { PromotionInForce } from '../promotions/read-model.ts';

/** A promotion as an order's line keeps it. */
export interface Applied {
  promocionId: number;
  nombre: string;
  /** What it took off the whole line. */
  descuento: Cents;
  /** Whether the unit's price came reduced already, or the order's total did. */
  en: 'precio' | 'total';
}

/** A line with what may be taken off it. */
export interface Offer {
  cantidad: number;
  precio: Cents;
  precioCatalogo: Cents;
  promociones: readonly PromotionInForce[];
}

/**
 * The promotion that explains each line's price below the catalogue's or its share of a total below the sum of the
 * lines; and whether the total is explained. No offers: nothing is.
 */
export function appliedPromotions(
  offers: readonly Offer[],
  total: Cents,
  informed: Cents | undefined,
): { applied: Array<Applied | undefined>; totalExplained: boolean } {
  const inPrice = offers.map(promotionInPrice);
  const rest = offers.map((offer, index) => (inPrice[index] ? { ...offer, promociones: [] } : offer));
  const inTotal = informed === undefined ? undefined : promotionsInTotal(rest, total, informed);
  return {
    applied: inPrice.map((one, index) => one ?? inTotal?.[index]),
    totalExplained: inTotal !== undefined,
  };
}

/** What the promotion takes off an amount made of `units` units; never more than the amount. Halves round up. */
export function discountOf({ tipo, valorCentesimos }: PromotionInForce, amount: Cents, units: number): Cents {
  if (tipo === 'monto') return Math.min(valorCentesimos * units, amount);
  return Number((BigInt(amount) * BigInt(valorCentesimos) * 2n + 10_000n) / 20_000n);
}

function promotionInPrice({ precio, precioCatalogo, cantidad, promociones }: Offer): Applied | undefined {
  const off = precioCatalogo - precio;
  const found = off > 0 && promociones.find((promotion) => discountOf(promotion, precioCatalogo, 1) === off);
  return found ? { promocionId: found.promocionId, nombre: found.nombre, descuento: off * cantidad, en: 'precio' } : undefined;
}

/** An order of hundreds of products may be offered thousands; so many are tried alone. */
const MOST_ALONE = 50;

/** The sender may have rounded each unit or each line, and applied to each its best promotion or one alone. */
function promotionsInTotal(
  offers: readonly Offer[],
  total: Cents,
  informed: Cents,
): Array<Applied | undefined> | undefined {
  const offered = new Set(offers.flatMap((offer) => offer.promociones.map(({ promocionId }) => promocionId)));
  if (informed >= total || offered.size === 0) return undefined;
  for (const only of [undefined, ...[...offered].slice(0, MOST_ALONE)]) {
    for (const discount of [perUnit, perLine]) {
      const applied = offers.map((offer) => bestOf(offer, only, discount));
      if (total - applied.reduce((sum, one) => sum + (one?.descuento ?? 0), 0) === informed) return applied;
    }
  }
  return undefined;
}

type Discount = (promotion: PromotionInForce, offer: Offer) => Cents;

const perUnit: Discount = (promotion, { precio, cantidad }) => discountOf(promotion, precio, 1) * cantidad;
const perLine: Discount = (promotion, { precio, cantidad }) => discountOf(promotion, precio * cantidad, cantidad);

function bestOf(offer: Offer, only: number | undefined, discount: Discount): Applied | undefined {
  let best: Applied | undefined;
  for (const promotion of offer.promociones) {
    if (only !== undefined && promotion.promocionId !== only) continue;
    const descuento = discount(promotion, offer);
    if (descuento > (best?.descuento ?? 0)) {
      best = { promocionId: promotion.promocionId, nombre: promotion.nombre, descuento, en: 'total' };
    }
  }
  return best;
}
