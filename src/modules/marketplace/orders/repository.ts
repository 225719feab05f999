import { together, type Sql } from '../../../kernel/database.ts';
import type { Decision } from './rules.ts';
import type { Estado } from './states.ts';
import type { PedidoCreado } from './topics.ts';

export interface NewOrder {
  ordenId: number;
  request: PedidoCreado;
  decision: Extract<Decision, { accepted: true }>;
}

/** An order as far as moving it needs to know. */
export interface OrderState {
  ordenId: number;
  tenantId: number;
  comercioId: number;
  pedidoId: string;
  estado: Estado;
}

export async function nextOrderIds(trx: Sql, count: number): Promise<number[]> {
  const rows = await trx.rows<{ id: number }>(`SELECT nextval('orders_orden_id_seq') AS id FROM generate_series(1, $1)`, [count]);
  return rows.map(({ id }) => id);
}

/** Writes orders with their lines, and the step to `listo` of those that are prepared automatically. */
export async function insertOrders(trx: Sql, orders: readonly NewOrder[]): Promise<void> {
  const written = trx.run(
    `INSERT INTO orders (orden_id, tenant_id, comercio_id, pedido_id, cliente_nombre, direccion_entrega, medios_pago,
                         estado, total_centavos, total_informado_centavos)
     SELECT * FROM unnest($1::bigint[], $2::int[], $3::int[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[],
                          $9::bigint[], $10::bigint[])`,
    [
      orders.map((o) => o.ordenId),
      orders.map((o) => o.decision.seller.tenantId),
      orders.map((o) => o.request.comercio_id),
      orders.map((o) => o.request.pedidoId),
      orders.map((o) => o.request.cliente_nombre),
      orders.map((o) => o.request.direccion_entrega),
      orders.map((o) => o.request.medios_pago),
      orders.map((o) => o.decision.estado),
      orders.map((o) => o.decision.total),
      orders.map((o) => o.decision.totalInformado ?? null),
    ],
  );
  const lines = orders.flatMap((o) => o.decision.lines.map((line, index) => ({ ...line, order: o, number: index + 1 })));
  const linesWritten = trx.run(
    `INSERT INTO order_lines (tenant_id, orden_id, linea, producto_id, nombre_producto, cantidad,
                              precio_centavos, iva_pct, precio_catalogo_centavos, promocion_id, promocion, descuento_centavos,
                              promocion_en_total)
     SELECT * FROM unnest($1::int[], $2::bigint[], $3::smallint[], $4::int[], $5::text[], $6::int[], $7::bigint[], $8::numeric[],
                          $9::bigint[], $10::int[], $11::text[], $12::bigint[], $13::boolean[])`,
    [
      lines.map((l) => l.order.decision.seller.tenantId),
      lines.map((l) => l.order.ordenId),
      lines.map((l) => l.number),
      lines.map((l) => l.shelf.productoId),
      lines.map((l) => l.shelf.producto),
      lines.map((l) => l.cantidad),
      lines.map((l) => l.precio),
      lines.map((l) => l.shelf.ivaPct),
      lines.map((l) => l.shelf.precioCentavos),
      lines.map((l) => l.promocion?.promocionId ?? null),
      lines.map((l) => l.promocion?.nombre ?? null),
      lines.map((l) => l.promocion?.descuento ?? 0),
      lines.map((l) => l.promocion?.en === 'total'),
    ],
  );
  await together([written, linesWritten, insertPrepared(trx, orders.filter((o) => o.decision.estado === 'listo'))]);
}

async function insertPrepared(trx: Sql, orders: readonly NewOrder[]): Promise<void> {
  if (orders.length === 0) return;
  await trx.run(
    `INSERT INTO order_history (tenant_id, orden_id, paso, estado, causa)
     SELECT tenant_id, orden_id, 1, 'listo', 'preparación automática' FROM unnest($1::int[], $2::bigint[]) AS o(tenant_id, orden_id)`,
    [orders.map((o) => o.decision.seller.tenantId), orders.map((o) => o.ordenId)],
  );
}

const STATE_COLUMNS = `orden_id AS "ordenId", tenant_id AS "tenantId", comercio_id AS "comercioId", pedido_id AS "pedidoId", estado`;

/** The order of a pedidoId, locked; the hub does not say whose it is. */
export const lockByPedidoId = (trx: Sql, pedidoId: string): Promise<OrderState | undefined> =>
  trx.maybe<OrderState>(`SELECT ${STATE_COLUMNS} FROM orders WHERE pedido_id = $1 FOR UPDATE`, [pedidoId]);

export const lockOrder = (trx: Sql, tenantId: number, ordenId: number): Promise<OrderState | undefined> =>
  trx.maybe<OrderState>(`SELECT ${STATE_COLUMNS} FROM orders WHERE tenant_id = $1 AND orden_id = $2 FOR UPDATE`, [tenantId, ordenId]);

/** Moves a locked order and writes the step into its history. */
export async function writeMove(trx: Sql, order: OrderState, estado: Estado, causa: string): Promise<void> {
  await trx.run(`UPDATE orders SET estado = $3, fecha_actualizacion = now() WHERE tenant_id = $1 AND orden_id = $2`, [
    order.tenantId, order.ordenId, estado,
  ]);
  await addStep(trx, order, estado, causa);
}

const addStep = (trx: Sql, order: { tenantId: number; ordenId: number }, estado: Estado, causa: string) =>
  trx.run(
    `INSERT INTO order_history (tenant_id, orden_id, paso, estado, causa)
     SELECT $1, $2, coalesce(max(paso), 0) + 1, $3, $4 FROM order_history WHERE tenant_id = $1 AND orden_id = $2`,
    [order.tenantId, order.ordenId, estado, causa],
  );

/** What an order took, by product. */
export const quantitiesOf = (trx: Sql, order: OrderState) =>
  trx.rows<{ comercioId: number; productoId: number; cantidad: number }>(
    `SELECT $3::int AS "comercioId", producto_id AS "productoId", sum(cantidad)::int AS cantidad
     FROM order_lines WHERE tenant_id = $1 AND orden_id = $2 GROUP BY producto_id ORDER BY producto_id`,
    [order.tenantId, order.ordenId, order.comercioId],
  );
