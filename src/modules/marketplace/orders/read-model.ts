import type { Sql } from '../../../kernel/database.ts';
import { fromCents } from '../../../kernel/money.ts';
import type { SellerPicture } from './rules.ts';

/** Sellers as far as an order is decided on them. */
export const readSellers = (trx: Sql, comercioIds: readonly number[]): Promise<SellerPicture[]> =>
  trx.rows<SellerPicture>(
    `SELECT s.comercio_id AS "comercioId", s.tenant_id AS "tenantId", t.preparacion,
            s.eliminado_en IS NULL AND t.eliminado_en IS NULL AND t.estado = 'activo' AS active
     FROM unnest($1::int[]) AS wanted(comercio_id)
     JOIN sellers s ON s.comercio_id = wanted.comercio_id
     JOIN tenants t ON t.tenant_id = s.tenant_id`,
    [comercioIds],
  );

/** An order as REST shows it (rest-contract section 9). */
export interface OrderView {
  orden_id: number;
  pedido_id: string;
  tenant_id: number;
  comercio_id: number;
  cliente_nombre: string;
  medios_pago: string;
  estado: string;
  total: number;
  direccion_entrega: string;
  fecha_creacion: Date;
  fecha_actualizacion: Date;
}

const COLUMNS = `orden_id, pedido_id, tenant_id, comercio_id, cliente_nombre, medios_pago, estado, total_centavos AS total,
  direccion_entrega, fecha_creacion, fecha_actualizacion`;

const inPesos = <Row extends { total: number }>(row: Row): Row => ({ ...row, total: fromCents(row.total) });

/** All of a seller's orders, newest first. */
export async function ordersOfSeller(trx: Sql, tenantId: number, comercioId: number): Promise<OrderView[]> {
  const rows = await trx.rows<OrderView>(
    `SELECT ${COLUMNS} FROM orders WHERE tenant_id = $1 AND comercio_id = $2 ORDER BY fecha_creacion DESC, orden_id DESC`,
    [tenantId, comercioId],
  );
  return rows.map(inPesos);
}

export interface OrderDetail extends OrderView {
  productos: Array<{ producto_id: number; nombre_producto: string; cantidad: number; precio_unitario: number; subtotal: number }>;
  historial: Array<{ estado: string; fecha: Date; causa: string }>;
}

/** One order with its lines and its history; the creation is its first step. */
export async function orderDetail(trx: Sql, tenantId: number, ordenId: number): Promise<OrderDetail | undefined> {
  const order = await trx.maybe<OrderView>(`SELECT ${COLUMNS} FROM orders WHERE tenant_id = $1 AND orden_id = $2`, [tenantId, ordenId]);
  if (order === undefined) return undefined;
  const lines = await trx.rows<{ producto_id: number; nombre_producto: string; cantidad: number; precio: number }>(
    `SELECT producto_id, nombre_producto, cantidad, precio_centavos AS precio
     FROM order_lines WHERE tenant_id = $1 AND orden_id = $2 ORDER BY linea`,
    [tenantId, ordenId],
  );
  const steps = await trx.rows<{ estado: string; fecha: Date; causa: string }>(
    'SELECT estado, fecha, causa FROM order_history WHERE tenant_id = $1 AND orden_id = $2 ORDER BY paso',
    [tenantId, ordenId],
  );
  return {
    ...inPesos(order),
    productos: lines.map(({ precio, ...line }) => ({ ...line, precio_unitario: fromCents(precio), subtotal: fromCents(precio * line.cantidad) })),
    historial: [{ estado: 'pendiente', fecha: order.fecha_creacion, causa: 'pedido.creado' }, ...steps],
  };
}
