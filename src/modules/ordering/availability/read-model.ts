import { together, type Sql } from '../../../kernel/database.ts';
import type { Cents } from '../../../kernel/money.ts';

/** One variant in one warehouse, by the inventory's last word. */
export interface Shelf {
  warehouseId: string;
  total: number;
  available: number;
  reserved: number;
  damaged: number;
  /** When the inventory said so. */
  asOf: Date;
  /** What our orders hold of it that the inventory's figure does not show yet. */
  counted: number;
  /** As much of that as is paid. */
  sold: number;
}

export interface VariantStanding {
  variantId: string;
  /** Null as long as no event of the catalogue named it. */
  productId: string | null;
  priceCents: Cents | null;
  /** It, or its product, was taken out of the catalogue. */
  deleted: boolean;
  /** By warehouse; empty when the inventory never spoke of it. */
  shelves: Shelf[];
  /** What our orders hold of it on no shelf that is known. */
  unplaced: number;
}

/** What a new reservation may still take of a shelf; never below zero. */
export const freeOf = ({ available, counted }: Pick<Shelf, 'available' | 'counted'>): number =>
  Math.max(0, available - counted);

/** Out of stock: it has known shelves, and every one of them is empty. Of what nothing is known, there is some. */
export const isUnavailable = (shelves: ReadonlyArray<Pick<Shelf, 'available'>>): boolean =>
  shelves.length > 0 && shelves.every(({ available }) => available === 0);

/**
 * What is known of these variants, each of them an entry, also when nothing is. Works under either role.
 * @param now reservations that are over by then do not count.
 * @param except an order whose own part is left out of what is held.
 * @param lock keeps what is said of them from changing until COMMIT: events about the variants wait (price, deletion,
 *   stock), and so does whoever else reserves, since the shelves are locked FOR UPDATE by (variant, warehouse).
 *   Needed to reserve, and to write a variant down where an event would look for it: an order, a cart's item.
 */
export async function findVariants(
  trx: Sql, tenantId: number, variantIds: readonly string[], now: Date,
  { lock, except = '' }: { lock: boolean; except?: string },
): Promise<Map<string, VariantStanding>> {
  const wanted = [...new Set(variantIds)].sort();
  if (wanted.length === 0) return new Map();
  // The locks are issued first, so what follows is read while they are held.
  const [, variants, shelves] = await together([
    lock ? lockVariants(trx, tenantId, wanted) : undefined,
    readVariants(trx, tenantId, wanted, now, except),
    readShelves(trx, tenantId, wanted, now, except),
  ]);
  const standings = new Map(variants.map((variant) => [variant.variantId, { ...variant, shelves: [] as Shelf[] }]));
  for (const { variantId, ...shelf } of shelves) standings.get(variantId)?.shelves.push(shelf);
  return standings;
}

const CATALOGUE = 'catalogo:';

/**
 * What a product's deletion holds alone: its variants may be more than Postgres has room for in locks, and some of
 * them may have no row yet.
 */
export const catalogueSubject = (organizationId: string): string => `${CATALOGUE}${organizationId}`;

/** Shared with one another and not with the events, which take the same locks, by their subjects, for themselves. */
async function lockVariants(trx: Sql, tenantId: number, variantIds: readonly string[]): Promise<void> {
  const subjects = trx.rows(
    `SELECT pg_advisory_xact_lock_shared(lock) FROM (
       SELECT hashtextextended(subject, 0) AS lock
       FROM organizations o CROSS JOIN LATERAL (
         SELECT 'variante:' || o.organization_id || ':' || variant_id AS subject FROM unnest($2::text[]) AS variant_id
         UNION ALL SELECT $3 || o.organization_id) AS subjects
       WHERE o.tenant_id = $1 ORDER BY 1) AS sorted`,
    [tenantId, variantIds, CATALOGUE],
  );
  const rows = trx.rows(
    `SELECT 1 FROM ordering_variants WHERE tenant_id = $1 AND variant_id = ANY($2) ORDER BY variant_id FOR SHARE`,
    [tenantId, variantIds],
  );
  const shelves = trx.rows(
    `SELECT 1 FROM ordering_availability WHERE tenant_id = $1 AND variant_id = ANY($2)
     ORDER BY variant_id, warehouse_id FOR UPDATE`,
    [tenantId, variantIds],
  );
  await together([subjects, rows, shelves]);
}

/** Items `i` of orders that hold stock at `$3`, those of order `$4` aside; time alone ends no sale. */
const HELD = `ordering_reservation_items i JOIN ordering_reservations r USING (order_id, tenant_id)
       WHERE i.counted AND i.order_id <> $4
         AND (r.state = 'confirmed' OR (r.state IN ('requested', 'held') AND r.expires_at > $3))`;

const readVariants = (trx: Sql, tenantId: number, variantIds: readonly string[], now: Date, except: string) =>
  trx.rows<Omit<VariantStanding, 'shelves'>>(
    `SELECT wanted.variant_id AS "variantId", v.product_id AS "productId", v.price_cents AS "priceCents",
            v.deleted_at IS NOT NULL OR p.deleted_at IS NOT NULL AS deleted, held.unplaced
     FROM unnest($2::text[]) AS wanted(variant_id)
     LEFT JOIN ordering_variants v ON v.variant_id = wanted.variant_id AND v.tenant_id = $1
     LEFT JOIN ordering_products p ON p.product_id = v.product_id AND p.tenant_id = $1
     CROSS JOIN LATERAL (
       SELECT coalesce(sum(i.quantity), 0) AS unplaced FROM ${HELD} AND i.variant_id = wanted.variant_id AND i.tenant_id = $1
         AND NOT EXISTS (SELECT 1 FROM ordering_availability a
           WHERE a.variant_id = i.variant_id AND a.warehouse_id = i.warehouse_id AND a.tenant_id = i.tenant_id)) AS held`,
    [tenantId, variantIds, now, except],
  );

const readShelves = (trx: Sql, tenantId: number, variantIds: readonly string[], now: Date, except: string) =>
  trx.rows<Shelf & { variantId: string }>(
    `SELECT a.variant_id AS "variantId", a.warehouse_id AS "warehouseId", a.total, a.available, a.reserved, a.damaged,
            a.as_of AS "asOf", held.counted, held.sold
     FROM ordering_availability a
     CROSS JOIN LATERAL (
       SELECT coalesce(sum(i.quantity), 0) AS counted, coalesce(sum(i.quantity) FILTER (WHERE r.state = 'confirmed'), 0) AS sold
       FROM ${HELD} AND i.variant_id = a.variant_id AND i.warehouse_id = a.warehouse_id AND i.tenant_id = a.tenant_id) AS held
     WHERE a.tenant_id = $1 AND a.variant_id = ANY($2)
     ORDER BY a.variant_id, a.warehouse_id`,
    [tenantId, variantIds, now, except],
  );
