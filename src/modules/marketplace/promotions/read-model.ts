import type { Sql } from '../../../kernel/database.ts';
import { dayOf } from '../../../kernel/es-ar.ts';
import { fromCents, type Cents } from '../../../kernel/money.ts';
import type { PricedProduct } from './rules.ts';

export type TipoPromocion = 'monto' | 'porcentaje';

/** A promotion as products show it. Values in pesos or per cent; days as `AAAA-MM-DDT00:00:00.000Z`. */
export interface PromotionView {
  promocion_id: number;
  nombre: string;
  tipo_promocion: TipoPromocion;
  valor_descuento: number;
  fecha_inicio: string;
  fecha_fin: string;
  /** Those that were not deleted. */
  productos_incluidos: number[];
}

type HeadRow = Omit<PromotionView, 'productos_incluidos' | 'valor_descuento'> & { valor: Cents };

/** The days leave Postgres as text: a Date would be midnight of wherever the server stands. */
const HEAD = `pr.promocion_id, pr.nombre, pr.tipo_promocion, pr.valor_centesimos AS valor,
  to_char(pr.fecha_inicio, 'YYYY-MM-DD"T00:00:00.000Z"') AS fecha_inicio,
  to_char(pr.fecha_fin, 'YYYY-MM-DD"T00:00:00.000Z"') AS fecha_fin`;

/**
 * For each product the promotions that have not ended, by id; a product with none is not in the map. One statement,
 * issued at once, so that it may travel with another (`together`).
 * @param productoIds null for all of the tenant's.
 * @param today the calendar day in Buenos Aires, `AAAA-MM-DD`.
 */
export async function promotionsOf(
  trx: Sql,
  tenantId: number,
  productoIds: readonly number[] | null,
  today: string,
): Promise<Map<number, PromotionView[]>> {
  const rows = await trx.rows<HeadRow & { productos: number[] }>(
    `SELECT ${HEAD}, array_agg(p.producto_id ORDER BY p.producto_id) AS productos
     FROM promotions pr
     JOIN promotion_products pp ON pp.promocion_id = pr.promocion_id AND pp.tenant_id = pr.tenant_id
     JOIN products p ON p.producto_id = pp.producto_id AND p.tenant_id = pp.tenant_id AND p.eliminado_en IS NULL
     WHERE pr.tenant_id = $1 AND pr.fecha_fin >= $3::date
       AND ($2::int[] IS NULL OR pr.promocion_id IN
            (SELECT promocion_id FROM promotion_products WHERE tenant_id = $1 AND producto_id = ANY($2)))
     GROUP BY pr.promocion_id, pr.tenant_id
     ORDER BY pr.promocion_id`,
    [tenantId, productoIds, today],
  );
  const wanted = productoIds === null ? undefined : new Set(productoIds);
  const byProduct = new Map<number, PromotionView[]>();
  for (const { productos, valor, ...head } of rows) {
    const view = { ...head, valor_descuento: fromCents(valor), productos_incluidos: productos };
    for (const producto of productos) {
      if (wanted === undefined || wanted.has(producto))
        byProduct.set(producto, [...(byProduct.get(producto) ?? []), view]);
    }
  }
  return byProduct;
}

/** A promotion as far as the price of an order's line is decided on it. */
export interface PromotionInForce {
  productoId: number;
  promocionId: number;
  nombre: string;
  tipo: TipoPromocion;
  /** Cents off each unit, or hundredths of a per cent. */
  valorCentesimos: number;
}

/** What is in force for these products at a moment, both of its days included, in one statement; as the system role. */
export const promotionsInForce = (trx: Sql, productoIds: readonly number[], now: Date): Promise<PromotionInForce[]> =>
  trx.rows<PromotionInForce>(
    `SELECT pp.producto_id AS "productoId", pr.promocion_id AS "promocionId", pr.nombre, pr.tipo_promocion AS tipo,
            pr.valor_centesimos AS "valorCentesimos"
     FROM promotion_products pp
     JOIN promotions pr ON pr.promocion_id = pp.promocion_id AND pr.tenant_id = pp.tenant_id
     WHERE pp.producto_id = ANY($1::int[]) AND $2::date BETWEEN pr.fecha_inicio AND pr.fecha_fin
     ORDER BY pp.producto_id, pr.promocion_id`,
    [productoIds, dayOf(now)],
  );

interface ProductoDePromocion {
  producto_id: number;
  tenant_id: number;
  categoria_id: number | null;
  nombre_producto: string;
  descripcion: string | null;
  precio: number;
  fecha_creacion: string;
}

/** A promotion as the promotions page knows it (rest-contract section 8). */
export type Promocion = Omit<PromotionView, 'productos_incluidos'> & { productos: ProductoDePromocion[] };

/** The tenant's promotions by id, ended ones too, each with its products; or only one of them. */
export async function listPromotions(
  trx: Sql,
  tenantId: number,
  promocionId: number | null = null,
): Promise<Promocion[]> {
  const rows = await trx.rows<HeadRow & { productos: ProductoDePromocion[] }>(
    `SELECT ${HEAD}, coalesce(included.productos, '[]'::json) AS productos
     FROM promotions pr
     LEFT JOIN LATERAL (
       SELECT json_agg(json_build_object(
                'producto_id', p.producto_id, 'tenant_id', p.tenant_id, 'categoria_id', p.categoria_id,
                'nombre_producto', p.nombre_producto, 'descripcion', p.descripcion, 'precio', p.precio_centavos,
                'fecha_creacion', to_char(p.fecha_creacion AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"'))
              ORDER BY p.producto_id) AS productos
       FROM promotion_products pp
       JOIN products p ON p.producto_id = pp.producto_id AND p.tenant_id = pp.tenant_id AND p.eliminado_en IS NULL
       WHERE pp.promocion_id = pr.promocion_id AND pp.tenant_id = pr.tenant_id) included ON true
     WHERE pr.tenant_id = $1 AND ($2::int IS NULL OR pr.promocion_id = $2)
     ORDER BY pr.promocion_id`,
    [tenantId, promocionId],
  );
  return rows.map(({ valor, productos, ...head }) => ({
    ...head,
    valor_descuento: fromCents(valor),
    productos: productos.map((product) => ({ ...product, precio: fromCents(product.precio) })),
  }));
}

export const findPromotion = async (trx: Sql, tenantId: number, promocionId: number): Promise<Promocion | undefined> =>
  (await listPromotions(trx, tenantId, promocionId))[0];

/** Those of the tenant's products that can be on a promotion, with their prices. */
export const pricedProducts = (trx: Sql, tenantId: number, productoIds: readonly number[]): Promise<PricedProduct[]> =>
  trx.rows<PricedProduct>(
    `SELECT producto_id, nombre_producto, precio_centavos FROM products
     WHERE tenant_id = $1 AND producto_id = ANY($2::int[]) AND eliminado_en IS NULL ORDER BY producto_id`,
    [tenantId, productoIds],
  );

/** The same for the products that a promotion is on now. */
export const productsOnPromotion = (trx: Sql, tenantId: number, promocionId: number): Promise<PricedProduct[]> =>
  trx.rows<PricedProduct>(
    `SELECT p.producto_id, p.nombre_producto, p.precio_centavos
     FROM promotion_products pp JOIN products p ON p.producto_id = pp.producto_id AND p.tenant_id = pp.tenant_id
     WHERE pp.tenant_id = $1 AND pp.promocion_id = $2 AND p.eliminado_en IS NULL ORDER BY p.producto_id`,
    [tenantId, promocionId],
  );

/** Which of these any tenant has; as the system role, and only to tell another tenant's from unknown. */
export async function knownProducts(trx: Sql, productoIds: readonly number[]): Promise<Set<number>> {
  const rows = await trx.rows<{ id: number }>(
    'SELECT producto_id AS id FROM products WHERE producto_id = ANY($1::int[]) AND eliminado_en IS NULL',
    [productoIds],
  );
  return new Set(rows.map(({ id }) => id));
}
