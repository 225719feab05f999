import type { Sql } from '../../../kernel/database.ts';
import type { Category } from './category-read-model.ts';

type Fields = Pick<Category, 'nombre' | 'descripcion'>;

const COLUMNS = 'categoria_id, nombre, descripcion, fecha_creacion';

export const insertCategory = (trx: Sql, tenantId: number, category: Fields, now: Date): Promise<Category> =>
  trx.one<Category>(
    `INSERT INTO categories (tenant_id, nombre, descripcion, fecha_creacion) VALUES ($1, $2, $3, $4)
     RETURNING ${COLUMNS}`,
    [tenantId, category.nombre, category.descripcion, now],
  );

/** What is undefined stays; undefined when the tenant has no such category. */
export const updateCategory = (
  trx: Sql,
  tenantId: number,
  categoriaId: number,
  { nombre = null, descripcion }: { nombre?: string | null; descripcion?: string | null },
): Promise<Category | undefined> =>
  trx.maybe<Category>(
    `UPDATE categories SET nombre = coalesce($3, nombre), descripcion = CASE WHEN $4 THEN $5 ELSE descripcion END
     WHERE tenant_id = $1 AND categoria_id = $2
     RETURNING ${COLUMNS}`,
    [tenantId, categoriaId, nombre, descripcion !== undefined, descripcion ?? null],
  );

/** Locks the category until COMMIT; whoever is putting a product in it waits. False when the tenant has none such. */
export const lockCategory = async (trx: Sql, tenantId: number, categoriaId: number): Promise<boolean> =>
  (await trx.maybe('SELECT 1 FROM categories WHERE tenant_id = $1 AND categoria_id = $2 FOR UPDATE', [
    tenantId,
    categoriaId,
  ])) !== undefined;

/** How many products of the catalogue are in it; archived ones do not count. */
export const productsIn = async (trx: Sql, tenantId: number, categoriaId: number): Promise<number> =>
  (
    await trx.one<{ count: number }>(
      `SELECT count(*) AS count FROM products
       WHERE tenant_id = $1 AND categoria_id = $2 AND eliminado_en IS NULL`,
      [tenantId, categoriaId],
    )
  ).count;

/** Deletes a category that was locked and that only archived products are in, and takes it off those. */
export async function deleteCategory(trx: Sql, tenantId: number, categoriaId: number): Promise<void> {
  await trx.run(
    `UPDATE products SET categoria_id = NULL
     WHERE tenant_id = $1 AND categoria_id = $2 AND eliminado_en IS NOT NULL`,
    [tenantId, categoriaId],
  );
  await trx.run('DELETE FROM categories WHERE tenant_id = $1 AND categoria_id = $2', [tenantId, categoriaId]);
}
