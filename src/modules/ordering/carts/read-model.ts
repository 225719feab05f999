import type { Sql } from '../../../kernel/database.ts';
import type { Cents } from '../../../kernel/money.ts';

export interface Cart {
  cartId: string;
  customerId: string;
  /** Once ordered it does not change any more. */
  state: 'active' | 'ordered';
  currency: string;
  createdAt: Date;
  updatedAt: Date;
}

/** A line of a cart. */
export interface CartItem {
  variantId: string;
  productId: string | null;
  quantity: number;
  /** Of the variant's last known price, or as the caller gave it when the catalogue had told none. */
  unitPriceCents: Cents;
  /** As the events left it: `out_of_stock`, or null while it can be had. */
  unavailableReason: string | null;
}

const CART = `cart_id AS "cartId", customer_id AS "customerId", state, currency, created_at AS "createdAt",
  updated_at AS "updatedAt"`;

/** The tenant's cart; undefined when it has none of this id. */
export const findCart = (trx: Sql, tenantId: number, cartId: string): Promise<Cart | undefined> =>
  trx.maybe<Cart>(`SELECT ${CART} FROM ordering_carts WHERE tenant_id = $1 AND cart_id = $2`, [tenantId, cartId]);

/** The same, locked: whoever changes a cart's lines or orders it holds this, and goes one after another. */
export const lockCart = (trx: Sql, tenantId: number, cartId: string): Promise<Cart | undefined> =>
  trx.maybe<Cart>(`SELECT ${CART} FROM ordering_carts WHERE tenant_id = $1 AND cart_id = $2 FOR UPDATE`, [
    tenantId,
    cartId,
  ]);

/** A cart's lines in the order they were put in. */
export const cartItems = (trx: Sql, tenantId: number, cartId: string): Promise<CartItem[]> =>
  trx.rows<CartItem>(
    `SELECT variant_id AS "variantId", product_id AS "productId", quantity, unit_price_cents AS "unitPriceCents",
            unavailable_reason AS "unavailableReason"
     FROM ordering_cart_items WHERE tenant_id = $1 AND cart_id = $2 ORDER BY added_at, variant_id`,
    [tenantId, cartId],
  );
