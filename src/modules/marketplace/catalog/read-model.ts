import type { Sql } from '../../../kernel/database.ts';
import { fromCents } from '../../../kernel/money.ts';

export interface Category {
  categoria_id: number;
  nombre: string;
  descripcion: string | null;
  fecha_creacion: Date;
}

const CATEGORY = 'SELECT categoria_id, nombre, descripcion, fecha_creacion FROM categories WHERE tenant_id = $1';

/** All of the tenant's, unused ones too: the first product of a new category picks it from this list. */
export const listCategories = (trx: Sql, tenantId: number): Promise<Category[]> =>
  trx.rows<Category>(`${CATEGORY} ORDER BY nombre, categoria_id`, [tenantId]);

export const findCategory = (trx: Sql, tenantId: number, categoriaId: number): Promise<Category | undefined> =>
  trx.maybe<Category>(`${CATEGORY} AND categoria_id = $2`, [tenantId, categoriaId]);

interface ProductRow {
  producto_id: number;
  tenant_id: number;
  nombre_producto: string;
  descripcion: string;
  precio_centavos: number;
  categoria_id: number | null;
  categoria_nombre: string | null;
  categoria_descripcion: string | null;
  fecha_creacion: Date;
  cantidad_stock: number;
}

const COLUMNS = `p.producto_id, p.tenant_id, p.nombre_producto, p.descripcion, p.precio_centavos, p.categoria_id,
  c.nombre AS categoria_nombre, c.descripcion AS categoria_descripcion, p.fecha_creacion`;

const FROM_PRODUCTS =
  'products p LEFT JOIN categories c ON c.tenant_id = p.tenant_id AND c.categoria_id = p.categoria_id';

/** A product as the products pages know it (Producto): ids are texts here, since the client compares them as texts. */
const toProducto = (row: ProductRow) => ({
  producto_id: String(row.producto_id),
  tenant_id: row.tenant_id,
  nombre_producto: row.nombre_producto,
  descripcion: row.descripcion,
  precio: fromCents(row.precio_centavos),
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
  imagenes: [] as string[],
  promociones: [] as never[],
});

export type Producto = ReturnType<typeof toProducto>;

/** The tenant's products by id, in one query: the promotion form asks for them at every keystroke. */
export async function listProducts(trx: Sql, tenantId: number, productoId: number | null = null): Promise<Producto[]> {
  const rows = await trx.rows<ProductRow>(
    `SELECT ${COLUMNS}, coalesce(held.total, 0) AS cantidad_stock
     FROM ${FROM_PRODUCTS}
     LEFT JOIN (SELECT st.producto_id, sum(st.cantidad) AS total
                FROM stock st JOIN sellers s USING (tenant_id, comercio_id)
                WHERE st.tenant_id = $1 AND ($2::int IS NULL OR st.producto_id = $2) AND s.eliminado_en IS NULL
                GROUP BY st.producto_id) held ON held.producto_id = p.producto_id
     WHERE p.tenant_id = $1 AND ($2::int IS NULL OR p.producto_id = $2) AND p.eliminado_en IS NULL
     ORDER BY p.producto_id`,
    [tenantId, productoId],
  );
  return rows.map(toProducto);
}

export const findProducto = async (trx: Sql, tenantId: number, productoId: number): Promise<Producto | undefined> =>
  (await listProducts(trx, tenantId, productoId))[0];

/** A product as the stock page knows it (ProductoDeComercio): with its stock at one seller, and ids as numbers. */
const toProductoDeComercio = (row: ProductRow) => ({
  producto_id: row.producto_id,
  nombre_producto: row.nombre_producto,
  descripcion: row.descripcion,
  precio: fromCents(row.precio_centavos),
  categoria_id: row.categoria_id,
  categoria_nombre: row.categoria_nombre,
  fecha_creacion: row.fecha_creacion,
  cantidad_stock: row.cantidad_stock,
  imagenes: [] as string[],
  promociones: [] as never[],
});

export type ProductoDeComercio = ReturnType<typeof toProductoDeComercio>;

/** Every product of the tenant with its stock at one seller, 0 where none is recorded; or only one of them. */
export async function productsAtSeller(
  trx: Sql,
  tenantId: number,
  comercioId: number,
  productoId: number | null = null,
): Promise<ProductoDeComercio[]> {
  const rows = await trx.rows<ProductRow>(
    `SELECT ${COLUMNS}, coalesce(st.cantidad, 0) AS cantidad_stock
     FROM ${FROM_PRODUCTS}
     LEFT JOIN stock st ON st.tenant_id = p.tenant_id AND st.comercio_id = $2 AND st.producto_id = p.producto_id
     WHERE p.tenant_id = $1 AND ($3::int IS NULL OR p.producto_id = $3) AND p.eliminado_en IS NULL
     ORDER BY p.nombre_producto, p.producto_id`,
    [tenantId, comercioId, productoId],
  );
  return rows.map(toProductoDeComercio);
}

/** Whether any tenant has it; as the system role, and only to tell another tenant's from unknown. */
export const productExists = async (trx: Sql, productoId: number): Promise<boolean> =>
  (await trx.maybe('SELECT 1 FROM products WHERE producto_id = $1 AND eliminado_en IS NULL', [productoId])) !==
  undefined;

/** As `productExists`. */
export const categoryExists = async (trx: Sql, categoriaId: number): Promise<boolean> =>
  (await trx.maybe('SELECT 1 FROM categories WHERE categoria_id = $1', [categoriaId])) !== undefined;
