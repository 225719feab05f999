import { together, type Sql } from '../../../kernel/database.ts';
import type { Order } from './repository.ts';
import { UNASSIGNED, type ReservedItem } from './states.ts';

/**
 * What is set aside, and from whom. Time alone never takes stock from an order: a hold that has expired goes on
 * counting in its own row until another order takes that shelf's stock, which writes it down (`counted = false`) while
 * it has the shelf locked. Whoever confirms an order by its hold locks its shelves first and looks at the row, so of
 * the two one comes first, whatever their clocks say.
 */
type Owner = Pick<Order, 'orderId' | 'tenantId'>;

/** A shelf's figure as an answer of the inventory tells it. */
export interface ToldShelf {
  variantId: string;
  warehouseId: string;
  available: number;
}

/** Keeps others from taking these variants' stock until COMMIT; always in this order. */
export const lockShelves = (trx: Sql, tenantId: number, variantIds: readonly string[]) =>
  trx.rows(
    `SELECT 1 FROM ordering_availability WHERE tenant_id = $1 AND variant_id = ANY($2)
     ORDER BY variant_id, warehouse_id FOR UPDATE`,
    [tenantId, variantIds],
  );

/** Sets aside for an order what its shelves, which are locked, have free at `now`; whoever's time was up there loses it. */
export async function holdItems(trx: Sql, owner: Owner, items: readonly ReservedItem[], now: Date): Promise<void> {
  const expired = trx.run(
    `UPDATE ordering_reservation_items AS i SET counted = false
     FROM unnest($2::text[], $3::text[]) AS taken(variant_id, warehouse_id), ordering_reservations r
     WHERE i.counted AND i.tenant_id = $1 AND i.variant_id = taken.variant_id AND i.warehouse_id IN (taken.warehouse_id, $5)
       AND r.order_id = i.order_id AND r.tenant_id = i.tenant_id AND r.state IN ('held', 'requested') AND r.expires_at <= $4`,
    [owner.tenantId, items.map((i) => i.variantId), items.map((i) => i.warehouseId), now, UNASSIGNED],
  );
  await together([expired, replaceItems(trx, owner, items, true)]);
}

/** What an order holds from now on. @param counted whether we take it off the inventory's figure ourselves. */
export async function replaceItems(trx: Sql, { orderId, tenantId }: Owner, items: readonly ReservedItem[], counted: boolean): Promise<void> {
  await together([
    trx.run('DELETE FROM ordering_reservation_items WHERE order_id = $1 AND tenant_id = $2', [orderId, tenantId]),
    trx.run(
      `INSERT INTO ordering_reservation_items (order_id, variant_id, warehouse_id, tenant_id, quantity, counted)
       SELECT $1, variant_id, warehouse_id, $2, sum(quantity), $6
       FROM unnest($3::text[], $4::text[], $5::int[]) AS item(variant_id, warehouse_id, quantity)
       WHERE quantity > 0 GROUP BY variant_id, warehouse_id`,
      [orderId, tenantId, items.map((i) => i.variantId), items.map((i) => i.warehouseId), items.map((i) => i.quantity), counted],
    ),
  ]);
}

/** Takes what the inventory gave back off its figures ourselves, for an order that is sold. */
export const recountItems = (trx: Sql, { orderId, tenantId }: Owner) =>
  trx.run('UPDATE ordering_reservation_items SET counted = true WHERE order_id = $1 AND tenant_id = $2', [orderId, tenantId]);

/** Gives back what we took off ourselves; the rows stay, they tell where it would have come from. */
export const dropItems = (trx: Sql, { orderId, tenantId }: Owner) =>
  trx.run('UPDATE ordering_reservation_items SET counted = false WHERE order_id = $1 AND tenant_id = $2 AND counted', [orderId, tenantId]);

/**
 * The inventory's figures, unless it has told newer ones; a shelf that nobody named yet has at least what is free.
 * Moments are often whole seconds: of two figures of the same one the lower counts, so that nothing is sold twice.
 */
export const tellShelves = (trx: Sql, tenantId: number, shelves: readonly ToldShelf[], at: Date) =>
  trx.run(
    `INSERT INTO ordering_availability AS a (variant_id, warehouse_id, tenant_id, total, available, reserved, damaged, as_of)
     SELECT variant_id, warehouse_id, $1, min(available), min(available), 0, 0, $5
     FROM unnest($2::text[], $3::text[], $4::int[]) AS told(variant_id, warehouse_id, available)
     GROUP BY variant_id, warehouse_id ORDER BY variant_id, warehouse_id
     ON CONFLICT (variant_id, warehouse_id, tenant_id) DO UPDATE
       SET available = CASE WHEN a.as_of < excluded.as_of THEN excluded.available ELSE least(a.available, excluded.available) END,
           as_of = excluded.as_of, previous_available = NULL
       WHERE a.as_of <= excluded.as_of`,
    [tenantId, shelves.map((s) => s.variantId), shelves.map((s) => s.warehouseId), shelves.map((s) => s.available), at],
  );
