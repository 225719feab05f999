import { StaleRead, type Work } from '../../../events/work.ts';
import { together, type Sql } from '../../../kernel/database.ts';
import type { Organization } from '../../../kernel/organizations.ts';
import {
  grouped, variantKey, type CartItem, type ChangedItem, type ChangedShelf, type KnownShelf, type VariantPicture,
  type Waiting,
} from './rules.ts';

// Carts and waitlist are tables that the modules of this context share: what a customer put there is the carts
// module's to write, that there is none of it any more is written here, with the stock and in the same transaction.

/** What a batch of messages is decided on. */
export interface StockPicture {
  organizations: Map<string, Organization>;
  /** By `variantKey`. */
  variants: Map<string, VariantPicture>;
}

/** A variant as a message names it. */
export interface NamedVariant {
  organizationId: string;
  variantId: string;
}

interface ShelfRow extends Organization, KnownShelf {
  variantId: string;
  /** Null, as are all figures, where nothing is known of the variant. */
  warehouseId: string | null;
}

/**
 * Whose these variants are, and their shelves; carts and waitlist are still empty.
 * @param locked holds the shelves from here on, in the one order in which everybody locks them.
 */
export async function readShelves(trx: Sql, named: readonly NamedVariant[], locked: boolean): Promise<StockPicture> {
  // A NUL is in no name, so two pairs never make one.
  const wanted = [...new Map(named.map((one) => [`${one.variantId}\u0000${one.organizationId}`, one])).values()];
  const values = [wanted.map(({ organizationId }) => organizationId), wanted.map(({ variantId }) => variantId)];
  const lock = locked
    ? trx.rows(
        `SELECT 1 FROM unnest($1::text[], $2::text[]) AS wanted(organization_id, variant_id)
         JOIN organizations o USING (organization_id)
         JOIN ordering_availability a ON a.variant_id = wanted.variant_id AND a.tenant_id = o.tenant_id
         ORDER BY a.variant_id, a.warehouse_id, a.tenant_id FOR UPDATE OF a`,
        values,
      )
    : undefined;
  const rows = trx.rows<ShelfRow>(
    `SELECT o.organization_id AS "organizationId", o.tenant_id AS "tenantId", wanted.variant_id AS "variantId",
            a.warehouse_id AS "warehouseId", a.total, a.available, a.reserved, a.damaged,
            a.previous_available AS previous, a.as_of AS "asOf"
     FROM unnest($1::text[], $2::text[]) AS wanted(organization_id, variant_id)
     JOIN organizations o USING (organization_id)
     LEFT JOIN ordering_availability a ON a.variant_id = wanted.variant_id AND a.tenant_id = o.tenant_id`,
    values,
  );
  return pictureOf((await together([rows, lock]))[0]);
}

function pictureOf(rows: readonly ShelfRow[]): StockPicture {
  const organizations = new Map<string, Organization>();
  const variants = new Map<string, VariantPicture & { shelves: Map<string, KnownShelf> }>();
  for (const { organizationId, tenantId, variantId, warehouseId, ...shelf } of rows) {
    organizations.set(organizationId, { tenantId, organizationId });
    const key = variantKey({ tenantId, variantId });
    const variant = variants.get(key) ?? { shelves: new Map<string, KnownShelf>(), items: [], waiting: [] };
    if (warehouseId !== null) variant.shelves.set(warehouseId, shelf);
    variants.set(key, variant);
  }
  return { organizations, variants };
}

type OfVariant = Pick<ChangedItem, 'tenantId' | 'variantId'>;

/** Adds who has these variants in an open cart, and who waits for them, to the picture. */
export async function readCustomers(
  { trx, locked }: Pick<Work, 'trx' | 'locked'>, picture: StockPicture, wanted: readonly OfVariant[],
): Promise<void> {
  const values = [wanted.map(({ tenantId }) => tenantId), wanted.map(({ variantId }) => variantId)];
  const [, items, waiting] = await together([
    locked ? lockItems(trx, values) : undefined,
    trx.rows<CartItem & OfVariant>(
      `SELECT i.tenant_id AS "tenantId", i.variant_id AS "variantId", i.cart_id AS "cartId",
              c.customer_id AS "customerId", i.unavailable_reason IS NOT NULL AS marked
       FROM unnest($1::int[], $2::text[]) AS wanted(tenant_id, variant_id)
       JOIN ordering_cart_items i USING (variant_id, tenant_id) JOIN ordering_carts c USING (cart_id, tenant_id)
       WHERE i.in_active_cart ORDER BY i.cart_id`,
      values,
    ),
    // OFFSET keeps the look by variant a look by variant: a plan made while few wait would read all who do, for ever.
    trx.rows<Waiting & OfVariant>(
      `SELECT w.tenant_id AS "tenantId", w.variant_id AS "variantId", w.waitlist_id AS "waitlistId",
              w.customer_id AS "customerId", w.warehouse_id AS "warehouseId"
       FROM unnest($1::int[], $2::text[]) AS wanted(tenant_id, variant_id)
       CROSS JOIN LATERAL (
         SELECT * FROM ordering_waitlist
         WHERE variant_id = wanted.variant_id AND tenant_id = wanted.tenant_id AND notified_at IS NULL OFFSET 0) AS w
       LEFT JOIN ordering_variants v ON v.variant_id = w.variant_id AND v.tenant_id = w.tenant_id
       WHERE v.deleted_at IS NULL ORDER BY w.waitlist_id`,
      values,
    ),
  ]);
  const [itemsOf, waitingOf] = [grouped(items, variantKey), grouped(waiting, variantKey)];
  for (const key of new Set(wanted.map(variantKey))) {
    const { shelves } = picture.variants.get(key) as VariantPicture;
    picture.variants.set(key, { shelves, items: itemsOf.get(key) ?? [], waiting: waitingOf.get(key) ?? [] });
  }
}

const lockItems = (trx: Sql, values: readonly unknown[]) =>
  trx.rows(
    `SELECT 1 FROM unnest($1::int[], $2::text[]) AS wanted(tenant_id, variant_id)
     JOIN ordering_cart_items i USING (variant_id, tenant_id)
     WHERE i.in_active_cart ORDER BY i.cart_id, i.variant_id, i.tenant_id FOR UPDATE OF i`,
    values,
  );

/** @throws StaleRead when somebody has learnt something newer of a shelf since it was read. */
export async function writeShelves(trx: Sql, shelves: readonly ChangedShelf[]): Promise<void> {
  const written = await trx.run(
    `INSERT INTO ordering_availability AS known
       (variant_id, warehouse_id, tenant_id, total, available, reserved, damaged, as_of, previous_available)
     SELECT * FROM unnest($1::text[], $2::text[], $3::int[], $4::int[], $5::int[], $6::int[], $7::int[],
                          $8::timestamptz[], $9::int[])
       AS told(variant_id, warehouse_id, tenant_id, total, available, reserved, damaged, as_of, previous_available)
     ORDER BY variant_id, warehouse_id, tenant_id
     ON CONFLICT (variant_id, warehouse_id, tenant_id) DO UPDATE
       SET total = excluded.total, available = excluded.available, reserved = excluded.reserved,
           damaged = excluded.damaged, as_of = excluded.as_of, previous_available = excluded.previous_available
       -- A moment is compared as it was read, and what reads it knows no microseconds.
       WHERE date_trunc('milliseconds', known.as_of) <= excluded.as_of`,
    [
      shelves.map((shelf) => shelf.variantId),
      shelves.map((shelf) => shelf.warehouseId),
      shelves.map((shelf) => shelf.tenantId),
      shelves.map((shelf) => shelf.total),
      shelves.map((shelf) => shelf.available),
      shelves.map((shelf) => shelf.reserved),
      shelves.map((shelf) => shelf.damaged),
      shelves.map((shelf) => shelf.asOf),
      shelves.map((shelf) => shelf.previous),
    ],
  );
  if (written !== shelves.length) throw new StaleRead('a shelf changed since it was read');
}

/** Sets and clears the marks of items. They are in open carts: whoever orders one takes the variant's lock as well. */
export const writeMarks = (trx: Sql, items: readonly ChangedItem[]): Promise<number> =>
  trx.run(
    `UPDATE ordering_cart_items i SET unavailable_reason = CASE WHEN told.marked THEN 'out_of_stock' END
     FROM unnest($1::uuid[], $2::text[], $3::int[], $4::boolean[]) AS told(cart_id, variant_id, tenant_id, marked)
     WHERE i.cart_id = told.cart_id AND i.variant_id = told.variant_id AND i.tenant_id = told.tenant_id`,
    [
      items.map((item) => item.cartId),
      items.map((item) => item.variantId),
      items.map((item) => item.tenantId),
      items.map((item) => item.marked),
    ],
  );

/** Takes these off the waitlist: they were told. */
export const writeReached = (
  trx: Sql, reached: ReadonlyArray<{ tenantId: number; waitlistId: number }>, now: Date,
): Promise<number> =>
  trx.run(
    `UPDATE ordering_waitlist w SET notified_at = $3
     FROM unnest($1::bigint[], $2::int[]) AS told(waitlist_id, tenant_id)
     WHERE w.waitlist_id = told.waitlist_id AND w.tenant_id = told.tenant_id`,
    [reached.map(({ waitlistId }) => waitlistId), reached.map(({ tenantId }) => tenantId), now],
  );
