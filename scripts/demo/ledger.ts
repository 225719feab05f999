import type { Sql } from '../../src/kernel/database.ts';

interface LedgerSum {
  nombre: string;
  steps: number;
  adjusted: number;
  sold: number;
  returned: number;
  stock: number;
  /** Steps that do not begin where the one before ended, or whose version is not the next. */
  broken: number;
}

export const ledgerSums = (trx: Sql, tenantId: number) =>
  trx.rows<LedgerSum>(
    `SELECT p.nombre_producto AS nombre, count(*) AS steps, s.cantidad AS stock,
            coalesce(sum(l.delta) FILTER (WHERE l.motivo = 'ajuste'), 0) AS adjusted,
            coalesce(sum(l.delta) FILTER (WHERE l.motivo = 'venta'), 0) AS sold,
            coalesce(sum(l.delta) FILTER (WHERE l.motivo = 'devolucion'), 0) AS returned,
            count(*) FILTER (WHERE l.cantidad_anterior <> l.before OR l.version <> l.place) AS broken
     FROM (SELECT *, lag(cantidad_nueva, 1, 0) OVER shelf AS before, row_number() OVER shelf AS place
           FROM stock_ledger WHERE tenant_id = $1
           WINDOW shelf AS (PARTITION BY comercio_id, producto_id ORDER BY version)) AS l
     JOIN stock s USING (tenant_id, comercio_id, producto_id)
     JOIN products p USING (tenant_id, producto_id)
     GROUP BY p.producto_id, p.nombre_producto, s.comercio_id, s.cantidad ORDER BY p.producto_id`,
    [tenantId],
  );

export const ordersUnaccounted = (trx: Sql, tenantId: number) =>
  trx.rows<{ orden_id: number }>(
    `SELECT o.orden_id, o.estado, sold.cantidad AS lines, coalesce(taken.delta, 0) AS delta
     FROM orders o
     JOIN LATERAL (SELECT sum(cantidad) AS cantidad FROM order_lines l
                   WHERE l.tenant_id = o.tenant_id AND l.orden_id = o.orden_id) AS sold ON true
     LEFT JOIN LATERAL (SELECT sum(delta) AS delta FROM stock_ledger l
                        WHERE l.tenant_id = o.tenant_id AND l.orden_id = o.orden_id) AS taken ON true
     WHERE o.tenant_id = $1
       AND coalesce(taken.delta, 0) <> CASE WHEN o.estado IN ('cancelada', 'rechazada') THEN 0 ELSE -sold.cantidad END`,
    [tenantId],
  );

export const announcementsIn = async (trx: Sql, tenantId: number, state: string): Promise<number> =>
  (
    await trx.one<{ count: number }>(
      `SELECT count(*) AS count FROM outbox WHERE tenant_id = $1 AND topic = 'stock.actualizado' AND state = $2`,
      [tenantId, state],
    )
  ).count;
