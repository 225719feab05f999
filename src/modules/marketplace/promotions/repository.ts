import { together, type Sql } from '../../../kernel/database.ts';
import type { PromotionFields } from './rules.ts';

export async function insertPromotion(
  trx: Sql,
  tenantId: number,
  { nombre, tipo_promocion, valor_centesimos, fecha_inicio, fecha_fin }: PromotionFields,
  productoIds: readonly number[],
  now: Date,
): Promise<number> {
  const { promocionId } = await trx.one<{ promocionId: number }>(
    `WITH promotion AS (
       INSERT INTO promotions
         (tenant_id, nombre, tipo_promocion, valor_centesimos, fecha_inicio, fecha_fin, fecha_creacion)
       VALUES ($1, $2, $3, $4, $5, $6, $8) RETURNING tenant_id, promocion_id),
     included AS (
       INSERT INTO promotion_products (tenant_id, promocion_id, producto_id)
       SELECT tenant_id, promocion_id, unnest($7::int[]) FROM promotion)
     SELECT promocion_id AS "promocionId" FROM promotion`,
    [tenantId, nombre, tipo_promocion, valor_centesimos, fecha_inicio, fecha_fin, productoIds, now],
  );
  return promocionId;
}

/** The promotion, locked against other edits. */
export const lockPromotion = (trx: Sql, tenantId: number, promocionId: number): Promise<PromotionFields | undefined> =>
  trx.maybe<PromotionFields>(
    `SELECT nombre, tipo_promocion, valor_centesimos, to_char(fecha_inicio, 'YYYY-MM-DD') AS fecha_inicio,
            to_char(fecha_fin, 'YYYY-MM-DD') AS fecha_fin
     FROM promotions WHERE tenant_id = $1 AND promocion_id = $2 FOR NO KEY UPDATE`,
    [tenantId, promocionId],
  );

/** Writes a promotion that was locked. @param productoIds the whole new set; undefined leaves it as it is. */
export async function updatePromotion(
  trx: Sql,
  tenantId: number,
  promocionId: number,
  { nombre, tipo_promocion, valor_centesimos, fecha_inicio, fecha_fin }: PromotionFields,
  productoIds?: readonly number[],
): Promise<void> {
  const fields = trx.run(
    `UPDATE promotions SET nombre = $3, tipo_promocion = $4, valor_centesimos = $5, fecha_inicio = $6, fecha_fin = $7
     WHERE tenant_id = $1 AND promocion_id = $2`,
    [tenantId, promocionId, nombre, tipo_promocion, valor_centesimos, fecha_inicio, fecha_fin],
  );
  await together([fields, productoIds && replaceProducts(trx, tenantId, promocionId, productoIds)]);
}

async function replaceProducts(
  trx: Sql,
  tenantId: number,
  promocionId: number,
  productoIds: readonly number[],
): Promise<void> {
  const values = [tenantId, promocionId, productoIds];
  await together([
    trx.run(
      'DELETE FROM promotion_products WHERE tenant_id = $1 AND promocion_id = $2 AND producto_id <> ALL($3::int[])',
      values,
    ),
    trx.run(
      `INSERT INTO promotion_products (tenant_id, promocion_id, producto_id) SELECT $1, $2, unnest($3::int[])
       ON CONFLICT DO NOTHING`,
      values,
    ),
  ]);
}

/** Whether there was one. Its products go with it; what orders were given stands in their lines. */
export const deletePromotion = async (trx: Sql, tenantId: number, promocionId: number): Promise<boolean> =>
  (await trx.run('DELETE FROM promotions WHERE tenant_id = $1 AND promocion_id = $2', [tenantId, promocionId])) > 0;
