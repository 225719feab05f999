import type { Work } from '../../../events/work.ts';
import type { Sql } from '../../../kernel/database.ts';
import type { Purchase } from '../ports.ts';
import type { Cancellation, Decision, Figures, Known, PurchaseEntry, PurchaseState, Totals } from './rules.ts';

/** A purchase as it is kept; a barred one has none of what makes it one. */
export interface KeptPurchase extends Known {
  customerId: string | null;
  amountCents: number | null;
}

interface Row {
  state: PurchaseState;
  customerId: string | null;
  amountCents: number | null;
  happenedAt: Date | null;
  cancelledAt: Date | null;
  forGood: boolean;
}

/** What is known by this name. The caller holds the lock of the name. */
export async function findPurchase(
  trx: Sql, tenantId: number, { source, reference }: Pick<Purchase, 'source' | 'reference'>,
): Promise<KeptPurchase | undefined> {
  const row = await trx.maybe<Row>(
    `SELECT state, customer_id AS "customerId", amount_cents AS "amountCents", happened_at AS "happenedAt",
            cancelled_at AS "cancelledAt", cancelled_for_good AS "forGood"
     FROM customers_purchases WHERE reference = $3 AND source = $2 AND tenant_id = $1`,
    [tenantId, source, reference],
  );
  if (row === undefined) return undefined;
  const { cancelledAt, forGood, ...rest } = row;
  return { ...rest, cancellation: cancelledAt && { at: cancelledAt, forGood } };
}

/** Counts it; a mark of an earlier cancellation stays beside it. */
export const putPurchase = (trx: Sql, tenantId: number, { source, reference, customerId, amountCents, happenedAt }: Purchase) =>
  trx.run(
    `INSERT INTO customers_purchases (reference, source, tenant_id, customer_id, amount_cents, state, happened_at)
     VALUES ($1, $2, $3, $4, $5, 'counted', $6)
     ON CONFLICT (reference, source, tenant_id) DO UPDATE
       SET customer_id = excluded.customer_id, amount_cents = excluded.amount_cents, state = 'counted', happened_at = excluded.happened_at`,
    [reference, source, tenantId, customerId, amountCents, happenedAt],
  );

/** Leaves a mark of a cancellation, for what may come. */
export const barPurchase = (
  trx: Sql, tenantId: number, { source, reference }: Pick<Purchase, 'source' | 'reference'>, { at, forGood }: Cancellation,
) =>
  trx.run(
    `INSERT INTO customers_purchases (reference, source, tenant_id, state, cancelled_at, cancelled_for_good)
     VALUES ($1, $2, $3, 'barred', $4, $5)
     ON CONFLICT (reference, source, tenant_id) DO UPDATE
       SET cancelled_at = excluded.cancelled_at, cancelled_for_good = excluded.cancelled_for_good`,
    [reference, source, tenantId, at, forGood],
  );

/** What was counted is cancelled. */
export const reversePurchase = (
  trx: Sql, tenantId: number, { source, reference }: Pick<Purchase, 'source' | 'reference'>, { at, forGood }: Cancellation,
) =>
  trx.run(
    `UPDATE customers_purchases SET state = 'reversed', cancelled_at = $4, cancelled_for_good = $5
     WHERE reference = $1 AND source = $2 AND tenant_id = $3`,
    [reference, source, tenantId, at, forGood],
  );

/** What the customer has bought so far; undefined for one that never did. */
export const findTotals = (trx: Sql, tenantId: number, customerId: string): Promise<Totals | undefined> =>
  trx.maybe<Totals>(
    `SELECT coalesce(sequence, 0) AS sequence, purchases, spent_cents AS "spentCents"
     FROM customers_statistics WHERE customer_id = $2 AND tenant_id = $1`,
    [tenantId, customerId],
  );

export const addEntry = (
  { trx, now, eventId }: Pick<Work, 'trx' | 'now' | 'eventId'>, tenantId: number, purchase: Purchase, entry: PurchaseEntry,
) =>
  trx.run(
    `INSERT INTO customers_purchase_movements (customer_id, sequence, tenant_id, kind, purchases, spent_cents, purchases_after,
       spent_cents_after, source, reference, happened_at, event_id, recorded_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
    [
      purchase.customerId, entry.after.sequence, tenantId, entry.kind, entry.purchases, entry.spentCents, entry.after.purchases,
      entry.after.spentCents, purchase.source, purchase.reference, purchase.happenedAt, eventId ?? null, now,
    ],
  );

/** What a customer bought since the moment, and the first and last purchase of all. */
export interface Standing extends Figures {
  firstAt: Date | null;
  lastAt: Date | null;
}

export const readStanding = (trx: Sql, tenantId: number, customerId: string, from: Date): Promise<Standing> =>
  trx.one<Standing>(
    `SELECT min(happened_at) AS "firstAt", max(happened_at) AS "lastAt",
            count(*) FILTER (WHERE happened_at > $3) AS purchases,
            coalesce(sum(amount_cents) FILTER (WHERE happened_at > $3), 0)::bigint AS "spentCents",
            min(happened_at) FILTER (WHERE happened_at > $3) AS "oldestAt"
     FROM customers_purchases WHERE customer_id = $2 AND tenant_id = $1 AND state = 'counted'`,
    [tenantId, customerId, from],
  );

/** The customer's row as it is from now on. */
export const writeStatistics = (
  { trx, now }: Pick<Work, 'trx' | 'now'>, tenantId: number, customerId: string, totals: Totals,
  { firstAt, lastAt, decision }: Pick<Standing, 'firstAt' | 'lastAt'> & { decision: Decision },
) => {
  const { segment, reviewAt, ...on } = decision;
  return trx.run(
    `INSERT INTO customers_statistics (customer_id, tenant_id, sequence, purchases, spent_cents, first_purchase_at, last_purchase_at,
       segment, decided_on, decided_at, review_at)
     VALUES ($1, $2, nullif($3::integer, 0), $4, $5, $6, $7, $8, $9, $10, $11)
     ON CONFLICT (customer_id, tenant_id) DO UPDATE
       SET sequence = excluded.sequence, purchases = excluded.purchases, spent_cents = excluded.spent_cents,
           first_purchase_at = excluded.first_purchase_at, last_purchase_at = excluded.last_purchase_at, segment = excluded.segment,
           decided_on = excluded.decided_on, decided_at = excluded.decided_at, review_at = excluded.review_at`,
    [
      customerId, tenantId, totals.sequence, totals.purchases, totals.spentCents, firstAt, lastAt, segment, JSON.stringify(on), now, reviewAt,
    ],
  );
};
