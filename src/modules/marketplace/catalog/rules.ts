import { fromCents, toCents, type Cents } from '../../../kernel/money.ts';
import type { CAMPOS, ProductoActualizado } from './topics.ts';

/** What of a product can be edited. */
export interface ProductFields {
  nombre_producto: string;
  descripcion: string;
  precio_centavos: Cents;
  categoria_id: number | null;
}

export type Campo = (typeof CAMPOS)[number];

const MAX_CENTS = 100_000_000_00;
const DECIMAL = /^(\d+(\.\d*)?|\.\d+)$/;

/** A price as a form's text or a JSON number, two decimals kept; undefined when it is not above zero and below 10^8. */
export function priceInCents(input: string | number): Cents | undefined {
  const pesos = typeof input === 'number' ? input : decimal(input.trim());
  const cents = Number.isFinite(pesos) && pesos < 1e9 ? toCents(pesos) : 0;
  return cents > 0 && cents < MAX_CENTS ? cents : undefined;
}

/** `Number` would also read 1e3, 0x10 and the empty text. */
const decimal = (text: string): number => (DECIMAL.test(text) ? Number(text) : Number.NaN);

/** Which of the announced fields differ, by their value: what was sent again unchanged is no change. */
export function changedFields(before: ProductFields, after: ProductFields): Campo[] {
  const changed: Campo[] = [];
  if (before.nombre_producto !== after.nombre_producto) changed.push('nombre_producto');
  if (before.descripcion !== after.descripcion) changed.push('descripcion');
  if (before.precio_centavos !== after.precio_centavos) changed.push('precio');
  if (before.categoria_id !== after.categoria_id) changed.push('categoria_id');
  return changed;
}

export interface Updated extends ProductFields {
  producto_id: number;
  tenant_id: number;
  categoria_nombre: string | null;
}

export const announcementOf = (product: Updated, campos: Campo[], now: Date): ProductoActualizado => ({
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
    promociones: [],
    estado: 'activo',
  },
  campos_cambiados: campos,
  timestamp: now.toISOString(),
});
