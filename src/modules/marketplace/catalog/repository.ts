import type { Sql } from '../../../kernel/database.ts';
import type { Category } from './read-model.ts';
import type { ProductFields } from './rules.ts';

export const insertCategory = (
  trx: Sql,
  tenantId: number,
  category: { nombre: string; descripcion: string | null },
  now: Date,
): Promise<Category> =>
  trx.one<Category>(
    `INSERT INTO categories (tenant_id, nombre, descripcion, fecha_creacion) VALUES ($1, $2, $3, $4)
     RETURNING categoria_id, nombre, descripcion, fecha_creacion`,
    [tenantId, category.nombre, category.descripcion, now],
  );

/** The category's name, kept from being deleted until COMMIT; undefined when the tenant has no such category. */
export async function holdCategory(trx: Sql, tenantId: number, categoriaId: number): Promise<string | undefined> {
  const row = await trx.maybe<{ nombre: string }>(
    'SELECT nombre FROM categories WHERE tenant_id = $1 AND categoria_id = $2 FOR KEY SHARE',
    [tenantId, categoriaId],
  );
  return row?.nombre;
}

export async function insertProduct(trx: Sql, tenantId: number, product: ProductFields, now: Date): Promise<number> {
  const { productoId } = await trx.one<{ productoId: number }>(
    `INSERT INTO products (tenant_id, nombre_producto, descripcion, precio_centavos, categoria_id, fecha_creacion)
     VALUES ($1, $2, $3, $4, $5, $6) RETURNING producto_id AS "productoId"`,
    [tenantId, product.nombre_producto, product.descripcion, product.precio_centavos, product.categoria_id, now],
  );
  return productoId;
}

/** The product, locked against other edits but not against the orders and stock that refer to it. */
export const lockProduct = (trx: Sql, tenantId: number, productoId: number): Promise<ProductFields | undefined> =>
  trx.maybe<ProductFields>(
    `SELECT nombre_producto, descripcion, precio_centavos, categoria_id FROM products
     WHERE tenant_id = $1 AND producto_id = $2 AND eliminado_en IS NULL FOR NO KEY UPDATE`,
    [tenantId, productoId],
  );

/** Writes a product that was locked. */
export async function updateProduct(
  trx: Sql,
  tenantId: number,
  productoId: number,
  product: ProductFields,
): Promise<void> {
  await trx.run(
    `UPDATE products SET nombre_producto = $3, descripcion = $4, precio_centavos = $5, categoria_id = $6
     WHERE tenant_id = $1 AND producto_id = $2`,
    [tenantId, productoId, product.nombre_producto, product.descripcion, product.precio_centavos, product.categoria_id],
  );
}
