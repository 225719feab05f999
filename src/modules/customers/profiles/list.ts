import type { Sql } from '../../../kernel/database.ts';
import type { Segment, Tier } from '../settings/read-model.ts';

/** A customer in a list. */
export interface ListedCustomer {
  customerId: string;
  name: string | null;
  email: string | null;
  segment: Segment;
  earned: number;
  purchases: number;
  spentCents: number;
  lastPurchaseAt: Date | null;
}

export interface CustomerFilter {
  segment?: Segment;
  /** Only of those who earned at least so many points, and less than `below`. */
  tier?: { from: Tier; below?: Tier };
  after?: string;
  limit: number;
}

/** A tenant's customers in the order of their ids. */
export const listCustomers = (trx: Sql, tenantId: number, { segment, tier, after, limit }: CustomerFilter): Promise<ListedCustomer[]> =>
  trx.rows<ListedCustomer>(
    `SELECT c.customer_id AS "customerId", c.name, c.email, coalesce(s.segment, 'new') AS segment, coalesce(p.earned, 0) AS earned,
            coalesce(s.purchases, 0) AS purchases, coalesce(s.spent_cents, 0) AS "spentCents", s.last_purchase_at AS "lastPurchaseAt"
     FROM customers c LEFT JOIN customers_statistics s USING (customer_id, tenant_id)
       LEFT JOIN customers_points p USING (customer_id, tenant_id)
     WHERE c.tenant_id = $1 AND ($2::text IS NULL OR coalesce(s.segment, 'new') = $2)
       AND coalesce(p.earned, 0) >= $3 AND ($4::bigint IS NULL OR coalesce(p.earned, 0) < $4)
       AND ($5::text IS NULL OR c.customer_id > $5)
     ORDER BY c.customer_id LIMIT $6`,
    [tenantId, segment ?? null, tier?.from.fromPoints ?? 0, tier?.below?.fromPoints ?? null, after ?? null, limit],
  );
