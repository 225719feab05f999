import type { Sql } from '../../../kernel/database.ts';
import type { Cents } from '../../../kernel/money.ts';

// What the REST interface shows. Kept in the cache as JSON, so a moment is its text.

export interface ShownVariant {
  priceCents: Cents | null;
  deleted: boolean;
}

export interface ShownShelf {
  warehouse_id: string;
  total: number;
  available: number;
  reserved: number;
  damaged: number;
  as_of: string;
}

/** What the catalogue says of a variant; null when it never did. */
export const readShownVariant = async (trx: Sql, tenantId: number, variantId: string): Promise<ShownVariant | null> =>
  (await trx.maybe<ShownVariant>(
    `SELECT v.price_cents AS "priceCents", v.deleted_at IS NOT NULL OR p.deleted_at IS NOT NULL AS deleted
     FROM ordering_variants v LEFT JOIN ordering_products p USING (product_id, tenant_id)
     WHERE v.variant_id = $2 AND v.tenant_id = $1`,
    [tenantId, variantId],
  )) ?? null;

export async function readShownShelves(
  trx: Sql, tenantId: number, variantId: string,
): Promise<Map<string, ShownShelf>> {
  const rows = await trx.rows<Omit<ShownShelf, 'as_of'> & { as_of: Date }>(
    `SELECT warehouse_id, total, available, reserved, damaged, as_of
     FROM ordering_availability WHERE variant_id = $2 AND tenant_id = $1`,
    [tenantId, variantId],
  );
  return new Map(rows.map((row) => [row.warehouse_id, { ...row, as_of: row.as_of.toISOString() }]));
}
