import { together, type Sql } from '../../../kernel/database.ts';
import { byName, dayOf } from '../../../kernel/es-ar.ts';
import { fromCents } from '../../../kernel/money.ts';
import { promotionsOf, type PromotionView } from '../promotions/read-model.ts';

/** For whom and when products are shown. */
export interface Showing {
  /** The calendar day in Buenos Aires, `AAAA-MM-DD`: promotions that ended before it are left out. */
  today: string;
  /** What a picture's id is put behind to make its address. */
  pictures: string;
}

/** Where pictures are served. */
export const PICTURES_PATH = '/api/pictures/';

/** @param origin what goes before our own paths, see `originFor`: pictures go into `<img src>` as they are given. */
export const showingFor = (origin: string, now: Date): Showing => ({
  today: dayOf(now),
  pictures: `${origin}${PICTURES_PATH}`,
});

interface ProductRow {
  producto_id: number;
  tenant_id: number;
  nombre_producto: string;
  descripcion: string;
  precio_centavos: number;
  iva: number;
  categoria_id: number | null;
  categoria_nombre: string | null;
  categoria_descripcion: string | null;
  fecha_creacion: Date;
  cantidad_stock: number;
  imagenes: string[] | null;
}

const COLUMNS = `p.producto_id, p.tenant_id, p.nombre_producto, p.descripcion, p.precio_centavos, p.categoria_id,
  p.iva_pct::float8 AS iva, c.nombre AS categoria_nombre, c.descripcion AS categoria_descripcion, p.fecha_creacion,
  pics.ids AS imagenes`;

/** Over $1, the tenant, and $2, the products wanted or null. The pictures' bytes are not touched. */
const FROM_PRODUCTS = `products p
  LEFT JOIN categories c ON c.tenant_id = p.tenant_id AND c.categoria_id = p.categoria_id
  LEFT JOIN (SELECT pp.producto_id, array_agg(pp.imagen_id::text ORDER BY pp.posicion) AS ids
             FROM product_pictures pp
             WHERE pp.tenant_id = $1 AND ($2::int[] IS NULL OR pp.producto_id = ANY($2))
             GROUP BY pp.producto_id) pics ON pics.producto_id = p.producto_id`;

const WANTED = 'p.tenant_id = $1 AND ($2::int[] IS NULL OR p.producto_id = ANY($2)) AND p.eliminado_en IS NULL';

const picturesOf = ({ imagenes }: ProductRow, { pictures }: Showing): string[] =>
  (imagenes ?? []).map((id) => `${pictures}${id}`);

/** With every product on one promotion, and it named with every product, a list would grow with the square of them. */
const MOST_INCLUDED = 200;

/** The products of a promotion, as one of them shows it: of a large one, itself alone. GET /promotions has them all. */
const includedOf = ({ productos_incluidos: all }: PromotionView, { producto_id }: ProductRow): readonly number[] =>
  all.length > MOST_INCLUDED ? [producto_id] : all;

/** A product as the products pages know it (Producto): ids are texts here, since the client compares them as texts. */
const toProducto = (row: ProductRow, promotions: readonly PromotionView[], showing: Showing) => ({
  producto_id: String(row.producto_id),
  tenant_id: row.tenant_id,
  nombre_producto: row.nombre_producto,
  descripcion: row.descripcion,
  precio: fromCents(row.precio_centavos),
  iva: row.iva,
  cantidad_stock: row.cantidad_stock,
  categoria_id: row.categoria_id,
  categoria_nombre: row.categoria_nombre,
  categoria:
    row.categoria_id === null
      ? null
      : {
          categoria_id: String(row.categoria_id),
          nombre: row.categoria_nombre ?? '',
          descripcion: row.categoria_descripcion,
        },
  imagenes: picturesOf(row, showing),
  promociones: promotions.map((promotion) => ({
    ...promotion,
    promocion_id: String(promotion.promocion_id),
    productos_incluidos: includedOf(promotion, row).map(String),
  })),
});

export type Producto = ReturnType<typeof toProducto>;

/**
 * The tenant's products by id, in one trip however many there are: the promotion form asks for them at every
 * keystroke.
 * @param only these products; null for all.
 */
export async function listProducts(
  trx: Sql,
  tenantId: number,
  showing: Showing,
  only: readonly number[] | null = null,
): Promise<Producto[]> {
  const [rows, promotions] = await together([
    trx.rows<ProductRow>(
      `SELECT ${COLUMNS}, coalesce(held.total, 0) AS cantidad_stock
       FROM ${FROM_PRODUCTS}
       LEFT JOIN (SELECT st.producto_id, sum(st.cantidad) AS total
                  FROM stock st JOIN sellers s USING (tenant_id, comercio_id)
                  WHERE st.tenant_id = $1 AND ($2::int[] IS NULL OR st.producto_id = ANY($2)) AND s.eliminado_en IS NULL
                  GROUP BY st.producto_id) held ON held.producto_id = p.producto_id
       WHERE ${WANTED}
       ORDER BY p.producto_id`,
      [tenantId, only],
    ),
    promotionsOf(trx, tenantId, only, showing.today),
  ]);
  return rows.map((row) => toProducto(row, promotions.get(row.producto_id) ?? [], showing));
}

export const findProducto = async (
  trx: Sql,
  tenantId: number,
  showing: Showing,
  productoId: number,
): Promise<Producto | undefined> => (await listProducts(trx, tenantId, showing, [productoId]))[0];

/** A product as the stock page knows it (ProductoDeComercio): with its stock at one seller, and ids as numbers. */
const toProductoDeComercio = (row: ProductRow, promotions: readonly PromotionView[], showing: Showing) => ({
  producto_id: row.producto_id,
  nombre_producto: row.nombre_producto,
  descripcion: row.descripcion,
  precio: fromCents(row.precio_centavos),
  categoria_id: row.categoria_id,
  categoria_nombre: row.categoria_nombre,
  fecha_creacion: row.fecha_creacion,
  cantidad_stock: row.cantidad_stock,
  imagenes: picturesOf(row, showing),
  promociones: promotions.map(({ productos_incluidos: _others, ...promotion }) => promotion),
});

export type ProductoDeComercio = ReturnType<typeof toProductoDeComercio>;

/** Every product of the tenant by name, with its stock at one seller, 0 where none is recorded; or only one of them. */
export async function productsAtSeller(
  trx: Sql,
  tenantId: number,
  comercioId: number,
  productoId: number | null = null,
  showing: Showing = showingFor('', new Date()),
): Promise<ProductoDeComercio[]> {
  const only = productoId === null ? null : [productoId];
  const [rows, promotions] = await together([
    trx.rows<ProductRow>(
      `SELECT ${COLUMNS}, coalesce(st.cantidad, 0) AS cantidad_stock
       FROM ${FROM_PRODUCTS}
       LEFT JOIN stock st ON st.tenant_id = p.tenant_id AND st.comercio_id = $3 AND st.producto_id = p.producto_id
       WHERE ${WANTED}
       ORDER BY p.producto_id`,
      [tenantId, only, comercioId],
    ),
    promotionsOf(trx, tenantId, only, showing.today),
  ]);
  rows.sort((a, b) => byName(a.nombre_producto, b.nombre_producto));
  return rows.map((row) => toProductoDeComercio(row, promotions.get(row.producto_id) ?? [], showing));
}

/** Whether any tenant has it; as the system role, and only to tell another tenant's from unknown. */
export const productExists = async (trx: Sql, productoId: number): Promise<boolean> =>
  (await trx.maybe('SELECT 1 FROM products WHERE producto_id = $1 AND eliminado_en IS NULL', [productoId])) !==
  undefined;
