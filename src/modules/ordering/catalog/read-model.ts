import type { Sql } from '../../../kernel/database.ts';
import type { Organization } from '../../../kernel/organizations.ts';

/** A variant that somebody's word for a product may mean. */
export interface Sellable extends Organization {
  /** The word. */
  wanted: string;
  variantId: string;
  productId: string | null;
  /** It, or its product, was taken out of the catalogue. */
  deleted: boolean;
}

/** Of a product as many variants as are looked at: each is locked when it is ordered, and a product may have thousands. */
const VARIANTS_OF_A_PRODUCT = 8;

/**
 * What each of these names may be, at any tenant or at one: a variant, or a product, of whose variants those are listed
 * that there is most of. Asked under the system role.
 */
export const findSellables = (trx: Sql, names: readonly string[], organizationId?: string): Promise<Sellable[]> =>
  trx.rows<Sellable>(
    `SELECT wanted.name AS wanted, o.tenant_id AS "tenantId", o.organization_id AS "organizationId",
            found.variant_id AS "variantId", v.product_id AS "productId",
            v.deleted_at IS NOT NULL OR p.deleted_at IS NOT NULL AS deleted
     FROM unnest($1::text[]) AS wanted(name)
     CROSS JOIN LATERAL (
       SELECT tenant_id, variant_id FROM ordering_availability WHERE variant_id = wanted.name
       UNION SELECT tenant_id, variant_id FROM ordering_variants WHERE variant_id = wanted.name
       UNION SELECT tenant_id, variant_id FROM (
         SELECT tenant_id, variant_id, row_number() OVER (PARTITION BY tenant_id ORDER BY coalesce((
             SELECT sum(a.available) FROM ordering_availability a
             WHERE a.variant_id = of_product.variant_id AND a.tenant_id = of_product.tenant_id), 0) DESC, variant_id) AS place
         FROM ordering_variants AS of_product WHERE product_id = wanted.name AND deleted_at IS NULL) AS placed
       WHERE place <= $3) AS found
     JOIN organizations o USING (tenant_id)
     LEFT JOIN ordering_variants v USING (tenant_id, variant_id)
     LEFT JOIN ordering_products p ON p.product_id = v.product_id AND p.tenant_id = found.tenant_id
     WHERE $2::text IS NULL OR o.organization_id = $2
     ORDER BY wanted.name, o.tenant_id, found.variant_id`,
    [names, organizationId ?? null, VARIANTS_OF_A_PRODUCT],
  );

/** What these products are called, as far as the catalogue has said. Works under either role. */
export async function findProductNames(trx: Sql, tenantId: number, productIds: readonly string[]): Promise<Map<string, string>> {
  const rows = await trx.rows<{ productId: string; name: string }>(
    `SELECT product_id AS "productId", name FROM ordering_products
     WHERE tenant_id = $1 AND product_id = ANY($2) AND name IS NOT NULL`,
    [tenantId, productIds],
  );
  return new Map(rows.map(({ productId, name }) => [productId, name]));
}
