import type { Sql } from '../../src/kernel/database.ts';
import { orderDetail, type OrderDetail } from '../../src/modules/marketplace/orders/read-model.ts';

/** One entry of the stock ledger that an order made. */
export interface LedgerEntry {
  comercioId: number;
  productoId: number;
  version: number;
  cantidadAnterior: number;
  cantidadNueva: number;
  motivo: string;
  fecha: Date;
  /** As Postgres prints it, to the microsecond. */
  moment: string;
}

export interface OrderRecord extends OrderDetail {
  ledger: LedgerEntry[];
}

/** The order of a pedidoId, whoever's it is, with its lines, its history and what it did to stock. */
export async function orderRecord(trx: Sql, pedidoId: string): Promise<OrderRecord | undefined> {
  const found = await trx.maybe<{ tenantId: number; ordenId: number }>(
    'SELECT tenant_id AS "tenantId", orden_id AS "ordenId" FROM orders WHERE pedido_id = $1',
    [pedidoId],
  );
  const detail = found && (await orderDetail(trx, found.tenantId, found.ordenId));
  if (detail === undefined) return undefined;
  const ledger = await trx.rows<LedgerEntry>(
    // By the products of its lines: the ledger has no index on the order.
    `SELECT comercio_id AS "comercioId", producto_id AS "productoId", version, cantidad_anterior AS "cantidadAnterior",
            cantidad_nueva AS "cantidadNueva", motivo, fecha, fecha::text AS moment
     FROM stock_ledger WHERE tenant_id = $1 AND comercio_id = $2 AND producto_id = ANY($3) AND orden_id = $4
     ORDER BY fecha, producto_id, version`,
    [detail.tenant_id, detail.comercio_id, detail.productos.map((line) => line.producto_id), detail.orden_id],
  );
  return { ...detail, ledger };
}
