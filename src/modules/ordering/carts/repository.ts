import type { Sql } from '../../../kernel/database.ts';
import type { CartItem } from './read-model.ts';

/** @returns the new cart's id. */
export async function insertCart(
  trx: Sql,
  tenantId: number,
  { customer_id, currency }: { customer_id: string; currency: string },
  now: Date,
): Promise<string> {
  const { cartId } = await trx.one<{ cartId: string }>(
    `INSERT INTO ordering_carts (cart_id, tenant_id, customer_id, currency, created_at, updated_at)
     VALUES (gen_random_uuid(), $1, $2, $3, $4, $4) RETURNING cart_id AS "cartId"`,
    [tenantId, customer_id, currency, now],
  );
  return cartId;
}

/** Writes a line of a cart that is locked, new or changed. */
export const putItem = (trx: Sql, tenantId: number, cartId: string, item: CartItem, now: Date): Promise<number> =>
  trx.run(
    `WITH cart AS (UPDATE ordering_carts SET updated_at = $8 WHERE tenant_id = $1 AND cart_id = $2)
     INSERT INTO ordering_cart_items
       (tenant_id, cart_id, variant_id, product_id, quantity, unit_price_cents, unavailable_reason, added_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)
     ON CONFLICT (cart_id, variant_id, tenant_id) DO UPDATE SET
       product_id = excluded.product_id, quantity = excluded.quantity, unit_price_cents = excluded.unit_price_cents,
       unavailable_reason = excluded.unavailable_reason`,
    [
      tenantId,
      cartId,
      item.variantId,
      item.productId,
      item.quantity,
      item.unitPriceCents,
      item.unavailableReason,
      now,
    ],
  );

/** Changes nothing else of the line: an event may be at its price or its mark just now. False when there is none. */
export const setQuantity = async (
  trx: Sql,
  tenantId: number,
  cartId: string,
  { variantId, quantity }: { variantId: string; quantity: number },
  now: Date,
): Promise<boolean> => {
  const changed = await trx.run(
    `WITH cart AS (UPDATE ordering_carts SET updated_at = $5 WHERE tenant_id = $1 AND cart_id = $2)
     UPDATE ordering_cart_items SET quantity = $4 WHERE tenant_id = $1 AND cart_id = $2 AND variant_id = $3`,
    [tenantId, cartId, variantId, quantity, now],
  );
  return changed > 0;
};

/** Whether the line was there. */
export const deleteItem = async (
  trx: Sql,
  tenantId: number,
  cartId: string,
  variantId: string,
  now: Date,
): Promise<boolean> => {
  const deleted = await trx.run(
    `WITH cart AS (UPDATE ordering_carts SET updated_at = $4 WHERE tenant_id = $1 AND cart_id = $2)
     DELETE FROM ordering_cart_items WHERE tenant_id = $1 AND cart_id = $2 AND variant_id = $3`,
    [tenantId, cartId, variantId, now],
  );
  return deleted > 0;
};
