import type { Sql } from '../../../kernel/database.ts';
import { TIME_ZONE } from '../../../kernel/es-ar.ts';
import { fromCents, type Cents } from '../../../kernel/money.ts';
import type { SellerPicture } from './rules.ts';
import type { Estado } from './states.ts';

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
  estado: Estado;
  total: number;
  direccion_entrega: string;
  fecha_creacion: Date;
  fecha_actualizacion: Date;
}

const COLUMNS = `orden_id, pedido_id, tenant_id, comercio_id, cliente_nombre, medios_pago, estado, total_centavos AS total,
  direccion_entrega, fecha_creacion, fecha_actualizacion`;

const inPesos = <Row extends { total: number }>(row: Row): Row => ({ ...row, total: fromCents(row.total) });

const ORDERS_A_PAGE = 1000;

/**
 * All of a seller's orders, newest first, page by page: a history grows without end, so neither it nor a connection is
 * held while it is sent. `read` runs each page's query in a transaction of its own.
 */
export async function* ordersOfSeller(
  read: <T>(query: (trx: Sql) => Promise<T>) => Promise<T>,
  tenantId: number,
  comercioId: number,
): AsyncIterable<OrderView[]> {
  let last: { moment: string; orden_id: number } = { moment: 'infinity', orden_id: 0 };
  for (let full = true; full; ) {
    const rows = await read((trx) =>
      trx.rows<OrderView & { moment: string }>(
        `SELECT ${COLUMNS}, fecha_creacion::text AS moment FROM orders
         WHERE tenant_id = $1 AND comercio_id = $2 AND (fecha_creacion, orden_id) < ($3::timestamptz, $4::bigint)
         ORDER BY fecha_creacion DESC, orden_id DESC LIMIT $5`,
        [tenantId, comercioId, last.moment, last.orden_id, ORDERS_A_PAGE],
      ),
    );
    yield rows.map(({ moment: _moment, ...row }) => inPesos(row));
    last = rows.at(-1) ?? last;
    full = rows.length === ORDERS_A_PAGE;
  }
}

/** A line as it was when the order was taken; prices include IVA. */
export interface OrderLine {
  producto_id: number;
  nombre_producto: string;
  cantidad: number;
  precio_unitario: number;
  subtotal: number;
  iva_pct: number;
  /** The promotion that explains a lower price or total, and what it took off this line. */
  promocion: string | null;
  descuento: number;
}

export interface OrderDetail extends OrderView {
  productos: OrderLine[];
  historial: Array<{ estado: Estado; fecha: Date; causa: string }>;
}

/** One order with its lines and its history; the creation is its first step. */
export async function orderDetail(trx: Sql, tenantId: number, ordenId: number): Promise<OrderDetail | undefined> {
  const order = await trx.maybe<OrderView>(`SELECT ${COLUMNS} FROM orders WHERE tenant_id = $1 AND orden_id = $2`, [tenantId, ordenId]);
  if (order === undefined) return undefined;
  const lines = await trx.rows<Omit<OrderLine, 'precio_unitario' | 'subtotal'> & { precio: Cents }>(
    `SELECT producto_id, nombre_producto, cantidad, precio_centavos AS precio, iva_pct::float8 AS iva_pct, promocion,
            descuento_centavos AS descuento
     FROM order_lines WHERE tenant_id = $1 AND orden_id = $2 ORDER BY linea`,
    [tenantId, ordenId],
  );
  const steps = await trx.rows<{ estado: Estado; fecha: Date; causa: string }>(
    'SELECT estado, fecha, causa FROM order_history WHERE tenant_id = $1 AND orden_id = $2 ORDER BY paso',
    [tenantId, ordenId],
  );
  return {
    ...inPesos(order),
    productos: lines.map(({ precio, ...line }) => ({
      ...line,
      precio_unitario: fromCents(precio),
      subtotal: fromCents(precio * line.cantidad),
      descuento: fromCents(line.descuento),
    })),
    historial: [{ estado: 'pendiente', fecha: order.fecha_creacion, causa: 'pedido.creado' }, ...steps],
  };
}

/** Whether any tenant has it; as the system role, and only to tell another tenant's from unknown. */
export const orderExists = async (trx: Sql, ordenId: number): Promise<boolean> =>
  (await trx.maybe('SELECT 1 FROM orders WHERE orden_id = $1', [ordenId])) !== undefined;

/** An order as a card of the panel's board. */
export interface Card {
  ordenId: number;
  pedidoId: string;
  estado: Estado;
  cliente: string;
  direccion: string;
  mediosPago: string;
  total: Cents;
  creada: Date;
  lines: Array<{ nombre: string; cantidad: number }>;
}

/** The most that a column of the board shows: the newest. */
export const COLUMN_LIMIT = 100;

// To the letter the predicate of the index orders_open: the planner must see that it applies.
const OPEN = `estado IN ('pendiente', 'aceptada', 'listo')`;

const openOrders = (columns: string) => `
  FROM unnest(ARRAY['pendiente', 'aceptada', 'listo']) AS states(state)
  CROSS JOIN LATERAL (
    SELECT ${columns} FROM orders
    WHERE tenant_id = $1 AND comercio_id = $2 AND estado = states.state AND ${OPEN}
    ORDER BY fecha_creacion DESC LIMIT ${COLUMN_LIMIT}) AS o`;

const CARD = `o.orden_id AS "ordenId", o.pedido_id AS "pedidoId", o.estado, o.cliente_nombre AS cliente,
  o.direccion_entrega AS direccion, o.medios_pago AS "mediosPago", o.total_centavos AS total, o.fecha_creacion AS creada,
  (SELECT coalesce(json_agg(json_build_object('nombre', nombre_producto, 'cantidad', cantidad) ORDER BY linea), '[]')
   FROM order_lines l WHERE l.tenant_id = o.tenant_id AND l.orden_id = o.orden_id) AS lines`;

/**
 * A short text that differs whenever the board of a seller does: its open orders with their states, its newest order
 * and the day. Read it before the cards: what changes in between is then seen the next time.
 */
export const boardVersion = async (trx: Sql, tenantId: number, comercioId: number, hoy: string): Promise<string> =>
  (
    await trx.one<{ version: string }>(
      `SELECT md5(concat_ws(' ', $3::text,
         (SELECT orden_id FROM orders WHERE tenant_id = $1 AND comercio_id = $2 ORDER BY fecha_creacion DESC LIMIT 1),
         (SELECT string_agg(o.orden_id || o.estado, ' ' ORDER BY o.orden_id) ${openOrders('orden_id, estado')}))) AS version`,
      [tenantId, comercioId, hoy],
    )
  ).version;

/** The open orders of a seller, oldest first, of each state the newest. */
export const openCards = (trx: Sql, tenantId: number, comercioId: number): Promise<Card[]> =>
  trx.rows<Card>(`SELECT ${CARD} ${openOrders('*')} ORDER BY o.fecha_creacion, o.orden_id`, [tenantId, comercioId]);

/**
 * What ended on a day, the last first. Orders end within hours; those that took more than three days are left out, so
 * that a seller's whole history need not be looked through.
 */
export const endedCards = (trx: Sql, tenantId: number, comercioId: number, hoy: string): Promise<Card[]> =>
  trx.rows<Card>(
    `SELECT ${CARD} FROM orders o
     WHERE o.tenant_id = $1 AND o.comercio_id = $2 AND o.estado IN ('finalizada', 'rechazada', 'cancelada')
       AND o.fecha_creacion >= ($3::date - 3)::timestamp AT TIME ZONE '${TIME_ZONE}'
       AND o.fecha_actualizacion >= $3::date::timestamp AT TIME ZONE '${TIME_ZONE}'
     ORDER BY o.fecha_actualizacion DESC, o.orden_id DESC LIMIT ${COLUMN_LIMIT}`,
    [tenantId, comercioId, hoy],
  );
