import type { Sql } from '../../../kernel/database.ts';
import type { Cents } from '../../../kernel/money.ts';
import { BILLED, createdOn, FINALISED, localDay, ofTenant } from './report-sql.ts';
import type { Range } from './rules.ts';

/** A tenant's orders of a period, counted; amounts as JSON carries them, in pesos. */
export interface TenantTotals {
  tenantId: number;
  ordenes: number;
  total: number;
  /** Rounded half up to the cent; 0 of none. */
  promedio: number;
}

/**
 * Counts the orders that are not cancelled or rejected, of one tenant or of each. Of all: those that are still there,
 * with zeros where there is nothing, and deleted ones that sold in the period, since their history stays in reports.
 * An unknown tenant has no row.
 */
export const totalsByTenant = (trx: Sql, { desde, hasta }: Range, tenantId: number | null): Promise<TenantTotals[]> =>
  trx.rows<TenantTotals>(
    `SELECT t.tenant_id AS "tenantId", s.ordenes, (s.total * 0.01)::float8 AS total,
            (coalesce(div(2 * s.total + s.ordenes, nullif(2 * s.ordenes, 0)), 0) * 0.01)::float8 AS promedio
     FROM tenants t CROSS JOIN LATERAL (
       SELECT count(*) AS ordenes, coalesce(sum(o.total_centavos), 0) AS total FROM orders o
       WHERE ${ofTenant('t.tenant_id', 'NULL')} AND ${BILLED} AND ${createdOn('$1', '$2')}) AS s
     WHERE t.tenant_id = $3 OR ($3::int IS NULL AND (t.eliminado_en IS NULL OR s.ordenes > 0))
     ORDER BY t.tenant_id`,
    [desde, hasta, tenantId],
  );

/** One calendar day of Buenos Aires; days without sales are left out. */
export interface DayOfSales {
  /** AAAA-MM-DD. */
  dia: string;
  ordenes: number;
  total: Cents;
}

/** Finalised orders a day, both days inclusive, oldest first. `only`: an operator's sellers; null for all. */
export const salesByDay = (
  trx: Sql,
  tenantId: number,
  only: readonly number[] | null,
  desde: string,
  hasta: string,
): Promise<DayOfSales[]> =>
  trx.rows<DayOfSales>(
    `SELECT ${localDay('o.fecha_creacion')}::text AS dia, count(*) AS ordenes, sum(o.total_centavos)::bigint AS total
     FROM orders o
     WHERE ${ofTenant('$1', '$2')} AND ${FINALISED} AND ${createdOn('$3', '$4')}
     GROUP BY dia ORDER BY dia`,
    [tenantId, only, desde, hasta],
  );
