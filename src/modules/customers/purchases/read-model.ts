import type { Sql } from '../../../kernel/database.ts';
import { SEGMENTS, type Segment, type Thresholds } from '../settings/read-model.ts';

/** What a customer bought, and the segment with what it was decided on. */
export interface Statistics {
  purchases: number;
  spentCents: number;
  firstPurchaseAt: Date | null;
  lastPurchaseAt: Date | null;
  segment: Segment;
  /** Null while nothing was decided: nobody bought anything. */
  decidedAt: Date | null;
  decidedOn: { from: string; purchases: number; spentCents: number; thresholds: Thresholds } | null;
}

export const NO_STATISTICS: Statistics = {
  purchases: 0, spentCents: 0, firstPurchaseAt: null, lastPurchaseAt: null, segment: SEGMENTS[0], decidedAt: null, decidedOn: null,
};

/** Of one customer; nothing bought yet is a figure as well. */
export async function findStatistics(trx: Sql, tenantId: number, customerId: string): Promise<Statistics> {
  const found = await trx.maybe<Statistics>(
    `SELECT purchases, spent_cents AS "spentCents", first_purchase_at AS "firstPurchaseAt", last_purchase_at AS "lastPurchaseAt",
            segment, decided_at AS "decidedAt", decided_on AS "decidedOn"
     FROM customers_statistics WHERE customer_id = $2 AND tenant_id = $1`,
    [tenantId, customerId],
  );
  return found ?? NO_STATISTICS;
}

export interface PurchaseMovement {
  sequence: number;
  kind: 'purchase' | 'reversal';
  source: 'order' | 'pos';
  reference: string;
  amountCents: number;
  purchasesAfter: number;
  spentCentsAfter: number;
  happenedAt: Date;
  recordedAt: Date;
}

/** Newest first. @param before only those older than this one. */
export const listPurchaseMovements = (
  trx: Sql, tenantId: number, customerId: string, { before, limit }: { before?: number; limit: number },
): Promise<PurchaseMovement[]> =>
  trx.rows<PurchaseMovement>(
    `SELECT sequence, kind, source, reference, spent_cents AS "amountCents", purchases_after AS "purchasesAfter",
            spent_cents_after AS "spentCentsAfter", happened_at AS "happenedAt", recorded_at AS "recordedAt"
     FROM customers_purchase_movements
     WHERE customer_id = $2 AND tenant_id = $1 AND ($3::integer IS NULL OR sequence < $3) ORDER BY sequence DESC LIMIT $4`,
    [tenantId, customerId, before ?? null, limit],
  );

export interface DueCustomer {
  tenantId: number;
  customerId: string;
}

/** Whose segment time may have changed: a purchase has left the twelve months. In the order of their ids. */
export const dueByTime = (trx: Sql, now: Date, limit: number, after?: DueCustomer): Promise<DueCustomer[]> =>
  trx.rows<DueCustomer>(
    `SELECT tenant_id AS "tenantId", customer_id AS "customerId" FROM customers_statistics
     WHERE review_at <= $1 AND (customer_id, tenant_id) > ($3, $4) ORDER BY customer_id, tenant_id LIMIT $2`,
    [now, limit, after?.customerId ?? '', after?.tenantId ?? 0],
  );

/**
 * Whose segment was decided by other thresholds. What was decided within a minute of the change may have been by the
 * ones before, which it read while the change was not committed: it is decided once more.
 */
export const dueBySettings = (trx: Sql, _now: Date, limit: number, after?: DueCustomer): Promise<DueCustomer[]> =>
  trx.rows<DueCustomer>(
    `SELECT s.tenant_id AS "tenantId", s.customer_id AS "customerId"
     FROM customers_settings k CROSS JOIN LATERAL (
       -- OFFSET keeps it a look by tenant and moment, of which there are few: any other way walks all customers there are.
       SELECT tenant_id, customer_id FROM customers_statistics
       WHERE tenant_id = k.tenant_id AND decided_at < k.updated_at + interval '1 minute' OFFSET 0) AS s
     WHERE (s.customer_id, s.tenant_id) > ($2, $3) ORDER BY s.customer_id, s.tenant_id LIMIT $1`,
    [limit, after?.customerId ?? '', after?.tenantId ?? 0],
  );

export { averageOf } from './rules.ts';
export { segmentAnswer, shownSegment } from './schemas.ts';
