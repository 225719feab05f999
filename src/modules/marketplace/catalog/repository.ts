import type { Sql } from '../../../kernel/database.ts';
import type { ProductFields } from './rules.ts';

/** The categories' names by id, kept from being deleted until COMMIT; those that the tenant has not are not in it. */
export async function holdCategories(
  trx: Sql,
  tenantId: number,
  categoriaIds: ReadonlyArray<number | null>,
): Promise<Map<number, string>> {
  const wanted = [...new Set(categoriaIds)].filter((id) => id !== null);
  if (wanted.length === 0) return new Map();
  const rows = await trx.rows<{ categoria_id: number; nombre: string }>(
    `SELECT categoria_id, nombre FROM categories
     WHERE tenant_id = $1 AND categoria_id = ANY($2::int[]) ORDER BY categoria_id FOR KEY SHARE`,
    [tenantId, wanted],
  );
  return new Map(rows.map(({ categoria_id, nombre }) => [categoria_id, nombre]));
}

/** @returns the new ids, in the products' order. */
export async function insertProducts(
  trx: Sql,
  tenantId: number,
  products: readonly ProductFields[],
  now: Date,
): Promise<number[]> {
  const rows = await trx.rows<{ productoId: number }>(
    `INSERT INTO products
       (tenant_id, nombre_producto, descripcion, precio_centavos, categoria_id, iva_pct, fecha_creacion)
     SELECT $1, nombre, descripcion, precio, categoria, iva, $2
     FROM unnest($3::text[], $4::text[], $5::bigint[], $6::int[], $7::numeric[])
       WITH ORDINALITY AS given(nombre, descripcion, precio, categoria, iva, n)
     ORDER BY n
     RETURNING producto_id AS "productoId"`,
    [
      tenantId,
      now,
      products.map((product) => product.nombre_producto),
      products.map((product) => product.descripcion),
      products.map((product) => product.precio_centavos),
      products.map((product) => product.categoria_id),
      products.map((product) => product.iva),
    ],
  );
  return rows.map(({ productoId }) => productoId);
}

/** The product, locked against other edits but not against the orders and stock that refer to it. */
export const lockProduct = (trx: Sql, tenantId: number, productoId: number): Promise<ProductFields | undefined> =>
  trx.maybe<ProductFields>(
    `SELECT nombre_producto, descripcion, precio_centavos, categoria_id, iva_pct::float8 AS iva FROM products
     WHERE tenant_id = $1 AND producto_id = $2 AND eliminado_en IS NULL FOR NO KEY UPDATE`,
    [tenantId, productoId],
  );

/** Writes a product that was locked. */
export const updateProduct = (trx: Sql, tenantId: number, productoId: number, product: ProductFields) =>
  trx.run(
    `UPDATE products SET nombre_producto = $3, descripcion = $4, precio_centavos = $5, categoria_id = $6, iva_pct = $7
     WHERE tenant_id = $1 AND producto_id = $2`,
    [
      tenantId,
      productoId,
      product.nombre_producto,
      product.descripcion,
      product.precio_centavos,
      product.categoria_id,
      product.iva,
    ],
  );

/** Takes a product that was locked out of the catalogue. Its orders, sales and ledger stay; its pictures go. */
export async function archiveProduct(trx: Sql, tenantId: number, productoId: number, now: Date): Promise<void> {
  await trx.run('UPDATE products SET eliminado_en = $3 WHERE tenant_id = $1 AND producto_id = $2', [
    tenantId,
    productoId,
    now,
  ]);
  await trx.run('DELETE FROM product_pictures WHERE tenant_id = $1 AND producto_id = $2', [tenantId, productoId]);
}
