import { decimal } from '../../../kernel/es-ar.ts';
import { fromCents, toCents, type Cents } from '../../../kernel/money.ts';
import type { PromotionView } from '../promotions/read-model.ts';
import type { NewProduct, ProductChanges } from './schemas.ts';
import type { CAMPOS, ProductoActualizado } from './topics.ts';

/** The rates of IVA there are, in per cent. */
export const IVA_RATES = [0, 10.5, 21, 27] as const;
const USUAL_IVA = 21;

/** What of a product can be edited, its pictures aside. */
export interface ProductFields {
  nombre_producto: string;
  descripcion: string;
  precio_centavos: Cents;
  categoria_id: number | null;
  /** Per cent, one of `IVA_RATES`. */
  iva: number;
}

/** The product that a form or a row of a file asks for. */
export const productOf = (given: NewProduct): ProductFields => ({
  nombre_producto: given.nombre_producto,
  descripcion: given.descripcion ?? '',
  precio_centavos: given.precio,
  categoria_id: given.categoria_id ?? null,
  iva: given.iva ?? USUAL_IVA,
});

/** The product with what was given changed; null is no category, and what is left out stays. */
export const changed = (before: ProductFields, given: ProductChanges): ProductFields => ({
  nombre_producto: given.nombre_producto ?? before.nombre_producto,
  descripcion: given.descripcion ?? before.descripcion,
  precio_centavos: given.precio ?? before.precio_centavos,
  categoria_id: given.categoria_id === undefined ? before.categoria_id : given.categoria_id,
  iva: given.iva ?? before.iva,
});

export type Campo = (typeof CAMPOS)[number];

const MAX_CENTS = 100_000_000_00;
const DECIMAL = /^(\d+(\.\d*)?|\.\d+)$/;

/** A price as a form's text or a JSON number, two decimals kept; undefined when it is not above zero and below 10^8. */
export function priceInCents(input: string | number): Cents | undefined {
  const pesos = typeof input === 'number' ? input : readDecimal(input.trim());
  const cents = Number.isFinite(pesos) && pesos < 1e9 ? toCents(pesos) : 0;
  return cents > 0 && cents < MAX_CENTS ? cents : undefined;
}

/** `Number` would also read 1e3, 0x10 and the empty text. */
const readDecimal = (text: string): number => (DECIMAL.test(text) ? Number(text) : Number.NaN);

/** A rate as a number or a text, with point or comma (`10.5`, `10,5`); undefined when there is no such rate. */
export function ivaRate(input: string | number): number | undefined {
  const rate = typeof input === 'number' ? input : readDecimal(input.trim().replace(',', '.'));
  return IVA_RATES.find((known) => known === rate);
}

/** Which of the announced fields differ, by their value: what was sent again unchanged is no change. */
export function changedFields(before: ProductFields, after: ProductFields, pictures = false): Campo[] {
  const changed: Campo[] = [];
  if (before.nombre_producto !== after.nombre_producto) changed.push('nombre_producto');
  if (before.descripcion !== after.descripcion) changed.push('descripcion');
  if (before.precio_centavos !== after.precio_centavos) changed.push('precio');
  if (before.categoria_id !== after.categoria_id) changed.push('categoria_id');
  if (pictures) changed.push('imagenes');
  return changed;
}

export interface Updated extends ProductFields {
  producto_id: number;
  tenant_id: number;
  categoria_nombre: string | null;
}

/** @param promotions those of the product that have not ended. @param today as `AAAA-MM-DD`, in Buenos Aires. */
export const announcementOf = (
  product: Updated,
  campos: Campo[],
  { promotions, today, now }: { promotions: readonly PromotionView[]; today: string; now: Date },
): ProductoActualizado => ({
  tenant_id: product.tenant_id,
  producto: {
    producto_id: product.producto_id,
    nombre_producto: product.nombre_producto,
    descripcion: product.descripcion,
    precio: fromCents(product.precio_centavos),
    categoria:
      product.categoria_id === null
        ? null
        : { categoria_id: product.categoria_id, nombre_categoria: product.categoria_nombre ?? '' },
    promociones: promotions.map((promotion) => announcedPromotion(promotion, product.precio_centavos, today)),
    estado: 'activo',
  },
  campos_cambiados: campos,
  timestamp: now.toISOString(),
});

function announcedPromotion(promotion: PromotionView, precio: Cents, today: string) {
  const { promocion_id, nombre, tipo_promocion, valor_descuento, fecha_inicio, fecha_fin } = promotion;
  const amount = tipo_promocion === 'monto';
  const value = decimal(valor_descuento);
  return {
    promocion_id,
    nombre,
    descripcion: amount ? `$ ${value} de descuento por unidad` : `${value} % de descuento`,
    descuento_porcentaje: amount ? shareOf(precio, toCents(valor_descuento)) : valor_descuento,
    fecha_inicio: `${dayIn(fecha_inicio)}T00:00:00Z`,
    fecha_fin: `${dayIn(fecha_fin)}T23:59:59Z`, // its last day counts whole
    estado: dayIn(fecha_inicio) > today ? 'programada' : 'activa',
  };
}

const dayIn = (moment: string): string => moment.slice(0, 10);

/** An amount as per cent of a price, two decimals; more than the price is the whole of it. */
const shareOf = (price: Cents, amount: Cents): number => Math.min(10_000, Math.round((amount * 10_000) / price)) / 100;
