import { together, type Sql } from '../../../kernel/database.ts';
import type { Cents } from '../../../kernel/money.ts';
import type { Known } from './rules.ts';

// Carts' items are a table that the modules of this context share: what a customer put there is the carts module's to
// write, its price and its end in the catalogue are written here, with the catalogue and in the same transaction.

const KNOWN = 'updated_at AS "updatedAt", deleted_at IS NOT NULL AS deleted';

export const lockProduct = (trx: Sql, tenantId: number, productId: string): Promise<Known | undefined> =>
  trx.maybe<Known>(
    `SELECT ${KNOWN} FROM ordering_products WHERE product_id = $2 AND tenant_id = $1 FOR UPDATE`,
    [tenantId, productId],
  );

export type KnownVariant = Known & { priceCents: Cents | null };

export const lockVariant = (trx: Sql, tenantId: number, variantId: string): Promise<KnownVariant | undefined> =>
  trx.maybe<KnownVariant>(
    `SELECT ${KNOWN}, price_cents AS "priceCents"
     FROM ordering_variants WHERE variant_id = $2 AND tenant_id = $1 FOR UPDATE`,
    [tenantId, variantId],
  );

export interface ProductState {
  productId: string;
  /** Null: not said this time, what is known stays. */
  name: string | null;
  basePriceCents: Cents | null;
  updatedAt: Date;
  deletedAt: Date | null;
}

export async function writeProduct(trx: Sql, tenantId: number, product: ProductState): Promise<void> {
  await trx.run(
    `INSERT INTO ordering_products AS p (product_id, tenant_id, name, base_price_cents, updated_at, deleted_at)
     VALUES ($1, $2, $3, $4, $5, $6)
     ON CONFLICT (product_id, tenant_id) DO UPDATE
       SET name = coalesce(excluded.name, p.name),
           base_price_cents = coalesce(excluded.base_price_cents, p.base_price_cents),
           updated_at = excluded.updated_at, deleted_at = coalesce(p.deleted_at, excluded.deleted_at)`,
    [product.productId, tenantId, product.name, product.basePriceCents, product.updatedAt, product.deletedAt],
  );
}

export interface VariantState {
  variantId: string;
  productId: string;
  /** Null: not said this time, what is known stays. */
  priceCents: Cents | null;
  updatedAt: Date;
}

/**
 * `updated_at` is the price's moment, once there is a price: a change of something else that comes first must not make
 * an older price, which is the last one all the same, look outdated.
 */
export async function writeVariant(trx: Sql, tenantId: number, variant: VariantState): Promise<void> {
  await trx.run(
    `INSERT INTO ordering_variants AS v (variant_id, tenant_id, product_id, price_cents, updated_at)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (variant_id, tenant_id) DO UPDATE
       SET product_id = excluded.product_id, price_cents = coalesce(excluded.price_cents, v.price_cents),
           updated_at = CASE WHEN excluded.price_cents IS NULL THEN v.updated_at ELSE excluded.updated_at END`,
    [variant.variantId, tenantId, variant.productId, variant.priceCents, variant.updatedAt],
  );
}

/** The variants that we know to be of this product. */
export const variantsOf = async (trx: Sql, tenantId: number, productId: string): Promise<string[]> =>
  (await trx.rows<{ variantId: string }>(
    'SELECT variant_id AS "variantId" FROM ordering_variants WHERE product_id = $2 AND tenant_id = $1',
    [tenantId, productId],
  )).map(({ variantId }) => variantId);

export interface Deletion {
  variantIds: readonly string[];
  productId: string;
  deletedAt: Date;
}

/** Variants never heard of are written down too: what comes later must find them deleted. */
export async function markDeleted(
  trx: Sql, tenantId: number, { variantIds, productId, deletedAt }: Deletion,
): Promise<void> {
  await trx.run(
    `INSERT INTO ordering_variants AS v (variant_id, tenant_id, product_id, updated_at, deleted_at)
     SELECT DISTINCT variant_id, $1::int, $3, $4::timestamptz, $4::timestamptz
     FROM unnest($2::text[]) AS gone(variant_id)
     ORDER BY variant_id
     ON CONFLICT (variant_id, tenant_id) DO UPDATE
       SET deleted_at = excluded.deleted_at, updated_at = greatest(v.updated_at, excluded.updated_at)
       WHERE v.deleted_at IS NULL`,
    [tenantId, variantIds, productId, deletedAt],
  );
}

export interface CartOfVariant {
  cartId: string;
  customerId: string;
  variantId: string;
  /** Before this. */
  unitPriceCents: Cents;
}

/** Sets the price in open carts. @returns the items that had another, with the currency (ISO 4217) of their cart. */
export async function changePrices(
  trx: Sql, tenantId: number, variantId: string, priceCents: Cents,
): Promise<Array<CartOfVariant & { currency: string }>> {
  const [items] = await together([
    trx.rows<CartOfVariant & { currency: string }>(
      `SELECT i.cart_id AS "cartId", c.customer_id AS "customerId", i.variant_id AS "variantId",
              c.currency, i.unit_price_cents AS "unitPriceCents"
       FROM ordering_cart_items i JOIN ordering_carts c USING (cart_id, tenant_id)
       WHERE i.variant_id = $2 AND i.tenant_id = $1 AND i.in_active_cart AND i.unit_price_cents <> $3
       ORDER BY i.cart_id FOR UPDATE OF i`,
      [tenantId, variantId, priceCents],
    ),
    trx.run(
      `UPDATE ordering_cart_items SET unit_price_cents = $3
       WHERE variant_id = $2 AND tenant_id = $1 AND in_active_cart AND unit_price_cents <> $3`,
      [tenantId, variantId, priceCents],
    ),
  ]);
  return items;
}

/** Takes variants out of open carts. @returns what was taken, and from whom. */
export const removeFromCarts = (trx: Sql, tenantId: number, variantIds: readonly string[]): Promise<CartOfVariant[]> =>
  trx.rows<CartOfVariant>(
    `DELETE FROM ordering_cart_items i USING ordering_carts c
     WHERE i.variant_id = ANY($2) AND i.tenant_id = $1 AND i.in_active_cart
       AND c.cart_id = i.cart_id AND c.tenant_id = i.tenant_id
     RETURNING i.cart_id AS "cartId", c.customer_id AS "customerId", i.variant_id AS "variantId",
               i.unit_price_cents AS "unitPriceCents"`,
    [tenantId, variantIds],
  );
