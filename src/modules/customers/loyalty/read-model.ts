import { together, type Sql } from '../../../kernel/database.ts';
import { TIME_ZONE } from '../../../kernel/es-ar.ts';
import type { Entry } from './rules.ts';

export interface PointsView {
  /** What can be spent at this moment. */
  available: number;
  debt: number;
  /** By purchases that were not taken back: the tier. */
  earned: number;
}

/** Of one customer; expiry is judged now, whatever was written down. */
export async function findPoints(trx: Sql, tenantId: number, customerId: string, now: Date): Promise<PointsView> {
  const [figures, { available }] = await together([
    trx.maybe<{ debt: number; earned: number }>(
      'SELECT debt, earned FROM customers_points WHERE customer_id = $2 AND tenant_id = $1',
      [tenantId, customerId],
    ),
    trx.one<{ available: number }>(
      `SELECT coalesce(sum(remaining), 0)::bigint AS available FROM customers_point_lots
       WHERE customer_id = $2 AND tenant_id = $1 AND remaining > 0 AND expires_at > $3`,
      [tenantId, customerId, now],
    ),
  ]);
  return { available, debt: figures?.debt ?? 0, earned: figures?.earned ?? 0 };
}

export interface ExpiringLot {
  lot: number;
  source: 'order' | 'pos' | 'manual';
  reference: string;
  points: number;
  expiresAt: Date;
}

/** What remains and when it expires, the soonest first. */
export const listExpiring = (trx: Sql, tenantId: number, customerId: string, now: Date): Promise<ExpiringLot[]> =>
  trx.rows<ExpiringLot>(
    `SELECT lot, source, reference, remaining AS points, expires_at AS "expiresAt" FROM customers_point_lots
     WHERE customer_id = $2 AND tenant_id = $1 AND remaining > 0 AND expires_at > $3 ORDER BY expires_at, lot`,
    [tenantId, customerId, now],
  );

export interface PointMovement extends Entry {
  recordedAt: Date;
}

/** Newest first. @param before only those older than this one. */
export const listPointMovements = (
  trx: Sql, tenantId: number, customerId: string, { before, limit }: { before?: number; limit: number },
): Promise<PointMovement[]> =>
  trx.rows<PointMovement>(
    `SELECT sequence, kind, lot, points, debt, points_after AS "pointsAfter", debt_after AS "debtAfter", reference, note,
            recorded_at AS "recordedAt"
     FROM customers_point_movements
     WHERE customer_id = $2 AND tenant_id = $1 AND ($3::integer IS NULL OR sequence < $3) ORDER BY sequence DESC LIMIT $4`,
    [tenantId, customerId, before ?? null, limit],
  );

export interface Holder {
  tenantId: number;
  customerId: string;
}

/** Customers with points that have expired and are not written down as such, in the order of their ids. */
export const expiredHolders = (trx: Sql, now: Date, limit: number, after?: Holder): Promise<Holder[]> =>
  trx.rows<Holder>(
    `SELECT DISTINCT customer_id AS "customerId", tenant_id AS "tenantId" FROM customers_point_lots
     WHERE remaining > 0 AND expires_at <= $1 AND (customer_id, tenant_id) > ($3, $4) ORDER BY customer_id, tenant_id LIMIT $2`,
    [now, limit, after?.customerId ?? '', after?.tenantId ?? 0],
  );

/**
 * Customers with points that expire within their tenant's days of warning, up to the end of the last, and that they were not
 * told of. A tenant
 * without settings warns `defaultDays` ahead; days are the settings' own word, as they are kept.
 */
export const unwarnedHolders = (
  trx: Sql, now: Date, { limit, defaultDays, after }: { limit: number; defaultDays: number; after?: Holder },
): Promise<Holder[]> =>
  trx.rows<Holder>(
    `SELECT DISTINCT l.customer_id AS "customerId", l.tenant_id AS "tenantId"
     FROM customers_point_lots l LEFT JOIN customers_settings k USING (tenant_id)
     WHERE l.remaining > 0 AND l.warned_at IS NULL AND l.expires_at > $1
       AND l.expires_at < (date_trunc('day', ($1::timestamptz + coalesce((k.settings->'points'->>'warning_days')::integer, $3) * interval '1 day')
                             AT TIME ZONE $6) + interval '1 day') AT TIME ZONE $6
       AND (l.customer_id, l.tenant_id) > ($4, $5)
     ORDER BY 1, 2 LIMIT $2`,
    [now, limit, defaultDays, after?.customerId ?? '', after?.tenantId ?? 0, TIME_ZONE],
  );

/** Of one customer, what is to be told: what expires before `until`. */
export const unwarnedLots = (trx: Sql, tenantId: number, customerId: string, now: Date, until: Date): Promise<ExpiringLot[]> =>
  trx.rows<ExpiringLot>(
    `SELECT lot, source, reference, remaining AS points, expires_at AS "expiresAt" FROM customers_point_lots
     WHERE customer_id = $2 AND tenant_id = $1 AND remaining > 0 AND warned_at IS NULL AND expires_at > $3 AND expires_at < $4
     ORDER BY expires_at, lot`,
    [tenantId, customerId, now, until],
  );

export { pointsAnswer, shownPoints } from './schemas.ts';
