import type { Work } from '../../../events/work.ts';
import type { Sql } from '../../../kernel/database.ts';
import { badRequest } from '../../../kernel/errors.ts';
import { promotionsOf } from '../promotions/read-model.ts';
import { replacePictures, type Picture } from './pictures.ts';
import { archiveProduct, holdCategories, insertProducts, lockProduct, updateProduct } from './repository.ts';
import { announcementOf, changedFields, changed, type ProductFields } from './rules.ts';
import type { ProductChanges } from './schemas.ts';
import { productoActualizado } from './topics.ts';

/** @returns the new ids, in order. @throws AppError 400 for a category that the tenant has not. */
export async function createProducts(
  trx: Sql,
  tenantId: number,
  products: readonly ProductFields[],
  now: Date,
): Promise<number[]> {
  const categories = await holdCategories(trx, tenantId, products.map(({ categoria_id }) => categoria_id));
  for (const { categoria_id } of products) nameIn(categories, categoria_id);
  return insertProducts(trx, tenantId, products, now);
}

export interface Edit {
  changes: ProductChanges;
  /** None leaves those that are there. */
  pictures: readonly Picture[];
  today: string;
}

/** Announces a change only when there is one, and lists exactly what differs. False when there is no such product. */
export async function changeProduct(work: Work, tenantId: number, productoId: number, edit: Edit): Promise<boolean> {
  const { trx, now } = work;
  const before = await lockProduct(trx, tenantId, productoId);
  if (before === undefined) return false;
  const after = changed(before, edit.changes);
  const categories = await holdCategories(trx, tenantId, [after.categoria_id]);
  const categoria_nombre = nameIn(categories, after.categoria_id);
  const replaced = edit.pictures.length > 0 && (await replacePictures(trx, tenantId, productoId, edit.pictures));
  const campos = changedFields(before, after, replaced);
  if (campos.length > 0 || before.iva !== after.iva) await updateProduct(trx, tenantId, productoId, after);
  if (campos.length > 0) {
    const promotions = (await promotionsOf(trx, tenantId, [productoId], edit.today)).get(productoId) ?? [];
    const updated = { ...after, producto_id: productoId, tenant_id: tenantId, categoria_nombre };
    work.publish(productoActualizado, announcementOf(updated, campos, { promotions, today: edit.today, now }));
  }
  return true;
}

/** @returns the name of what was taken out of the catalogue; undefined when there is no such product. */
export async function archive({ trx, now }: Work, tenantId: number, productoId: number): Promise<string | undefined> {
  const product = await lockProduct(trx, tenantId, productoId);
  if (product !== undefined) await archiveProduct(trx, tenantId, productoId, now);
  return product?.nombre_producto;
}

function nameIn(categories: ReadonlyMap<number, string>, categoriaId: number | null): string | null {
  if (categoriaId === null) return null;
  const nombre = categories.get(categoriaId);
  if (nombre === undefined) throw badRequest('La categoría no existe.');
  return nombre;
}
