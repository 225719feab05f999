import type { Sql } from '../../../kernel/database.ts';

/** A customer who wants to know when a variant is back, as it is shown. */
export interface WaitView {
  waitlist_id: number;
  customer_id: string;
  variant_id: string;
  /** Null: any will do. */
  warehouse_id: string | null;
  created_at: Date;
  /** When there was some again; null while the customer waits. */
  notified_at: Date | null;
}

const WAIT = 'waitlist_id, customer_id, variant_id, warehouse_id, created_at, notified_at';

/** The customer's entry, `added` if there was none that waits. */
export async function putOnWaitlist(
  trx: Sql,
  tenantId: number,
  wanted: { customer_id: string; variant_id: string; warehouse_id?: string },
  now: Date,
): Promise<{ entry: WaitView; added: boolean }> {
  // Updating what is there gives it back, and waits for whoever puts the same in; a new row has no xmax.
  const { added, ...entry } = await trx.one<WaitView & { added: boolean }>(
    `INSERT INTO ordering_waitlist (tenant_id, customer_id, variant_id, warehouse_id, created_at)
     VALUES ($1, $2, $3, $4, $5)
     ON CONFLICT (variant_id, customer_id, tenant_id, coalesce(warehouse_id, '')) WHERE notified_at IS NULL
       DO UPDATE SET customer_id = excluded.customer_id
     RETURNING ${WAIT}, xmax = 0 AS added`,
    [tenantId, wanted.customer_id, wanted.variant_id, wanted.warehouse_id, now],
  );
  return { entry, added };
}

export interface WaitFilter {
  customer_id?: string;
  variant_id?: string;
  /** Only those older than this one. */
  before?: number;
  limit: number;
}

/** The tenant's, newest first, those that were told too. */
export const listWaits = (
  trx: Sql,
  tenantId: number,
  { customer_id, variant_id, before, limit }: WaitFilter,
): Promise<WaitView[]> =>
  trx.rows<WaitView>(
    `SELECT ${WAIT} FROM ordering_waitlist
     WHERE tenant_id = $1 AND ($2::text IS NULL OR customer_id = $2) AND ($3::text IS NULL OR variant_id = $3)
       AND ($4::bigint IS NULL OR waitlist_id < $4)
     ORDER BY waitlist_id DESC LIMIT $5`,
    [tenantId, customer_id, variant_id, before, limit],
  );

/** The entry that was there. */
export const deleteWait = (trx: Sql, tenantId: number, waitlistId: number): Promise<WaitView | undefined> =>
  trx.maybe<WaitView>(`DELETE FROM ordering_waitlist WHERE tenant_id = $1 AND waitlist_id = $2 RETURNING ${WAIT}`, [
    tenantId,
    waitlistId,
  ]);
