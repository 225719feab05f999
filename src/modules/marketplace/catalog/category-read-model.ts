import type { Sql } from '../../../kernel/database.ts';
import { byName } from '../../../kernel/es-ar.ts';

export interface Category {
  categoria_id: number;
  nombre: string;
  descripcion: string | null;
  fecha_creacion: Date;
}

const CATEGORY = 'SELECT categoria_id, nombre, descripcion, fecha_creacion FROM categories WHERE tenant_id = $1';

/** All of the tenant's, unused ones too: the first product of a new category picks it from this list. */
export async function listCategories(trx: Sql, tenantId: number): Promise<Category[]> {
  const rows = await trx.rows<Category>(`${CATEGORY} ORDER BY categoria_id`, [tenantId]);
  return rows.sort((a, b) => byName(a.nombre, b.nombre));
}

export const findCategory = (trx: Sql, tenantId: number, categoriaId: number): Promise<Category | undefined> =>
  trx.maybe<Category>(`${CATEGORY} AND categoria_id = $2`, [tenantId, categoriaId]);

/** Whether any tenant has it; as the system role, and only to tell another tenant's from unknown. */
export const categoryExists = async (trx: Sql, categoriaId: number): Promise<boolean> =>
  (await trx.maybe('SELECT 1 FROM categories WHERE categoria_id = $1', [categoriaId])) !== undefined;
