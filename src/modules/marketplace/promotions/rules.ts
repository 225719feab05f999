import { fromCents, type Cents } from '../../../kernel/money.ts';
import type { TipoPromocion } from './read-model.ts';

/** What of a promotion can be edited, its products aside. */
export interface PromotionFields {
  nombre: string;
  tipo_promocion: TipoPromocion;
  /** Cents off each unit, or hundredths of a per cent. */
  valor_centesimos: number;
  /** Calendar days, `AAAA-MM-DD`. */
  fecha_inicio: string;
  fecha_fin: string;
}

export interface PricedProduct {
  producto_id: number;
  nombre_producto: string;
  precio_centavos: Cents;
}

const WHOLE = 100_00;

/** What is wrong with a promotion as a whole, a sentence each. */
export function problemsOf({ tipo_promocion, valor_centesimos, fecha_inicio, fecha_fin }: PromotionFields): string[] {
  const problems: string[] = [];
  if (fecha_inicio >= fecha_fin) problems.push('fecha_fin: tiene que ser posterior a fecha_inicio.');
  if (tipo_promocion === 'porcentaje' && valor_centesimos > WHOLE) {
    problems.push('valor_descuento: un porcentaje admite hasta 100.');
  }
  return problems;
}

/** An amount above a product's price would make it negative: a sentence for each such product. */
export const overpriced = (
  { tipo_promocion, valor_centesimos }: Pick<PromotionFields, 'tipo_promocion' | 'valor_centesimos'>,
  products: readonly PricedProduct[],
): string[] =>
  tipo_promocion === 'porcentaje'
    ? []
    : products
        .filter(({ precio_centavos }) => precio_centavos < valor_centesimos)
        .map(
          ({ producto_id: id, nombre_producto: nombre, precio_centavos }) =>
            `valor_descuento: supera el precio del producto ${id} («${nombre}»), ${fromCents(precio_centavos)}.`,
        );
