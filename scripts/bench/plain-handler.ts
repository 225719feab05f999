import { createHash } from 'node:crypto';
import type { Knex } from 'knex';

interface Order {
  pedidoId: string;
  comercio_id: number;
  cliente_nombre: string;
  direccion_entrega: string;
  productos: Array<{ producto_id: number; cantidad: number; precio_unitario: number }>;
  medios_pago: string;
  total: number;
}
export interface Delivery {
  topic: string;
  payload: Order;
}
interface Seller {
  tenant_id: number;
  nombre: string;
}
interface Shelf {
  nombre_producto: string;
  descripcion: string;
  precio_centavos: string;
  iva_pct: string;
  categoria_id: number;
  categoria: string;
  cantidad: number;
  version: string;
}
type Id = Record<'event_id' | 'orden_id', string>;

const cents = (pesos: number) => Math.round(pesos * 100);

/** Takes an order, statement by statement, in one transaction. @returns why it was not taken, if it was not. */
export const receiveOrder = (db: Knex, delivery: Delivery): Promise<string | undefined> =>
  db.transaction(async (trx) => {
    const order = delivery.payload;
    const subject = `pedido:${order.pedidoId}`;
    await trx.raw('SELECT pg_advisory_xact_lock(hashtextextended(?, 0))', [subject]);
    const key = { key: order.pedidoId, topic: delivery.topic, subscriber: 'marketplace', organization: '' };
    if (await trx('inbox').where(key).first<object | undefined>('event_id')) return 'repetido';
    const seller = await trx('sellers as s')
      .join('tenants as t', 't.tenant_id', 's.tenant_id')
      .where({ 's.comercio_id': order.comercio_id, 't.estado': 'activo' })
      .whereNull('s.eliminado_en')
      .whereNull('t.eliminado_en')
      .first<Seller | undefined>('s.tenant_id', 's.nombre');
    if (seller === undefined) return 'comercio desconocido';

    const [event] = (await trx('events').insert(
      { source: 'hub', subscriber: 'marketplace', organization: '', topic: delivery.topic, subject, body: JSON.stringify(delivery), outcome: 'done' },
      ['event_id'],
    )) as [Id];
    const eventId = event.event_id;
    const content_hash = createHash('md5').update(JSON.stringify(order)).digest();
    await trx('inbox').insert({ ...key, content_hash, outcome: 'done', event_id: eventId });
    const total = order.productos.reduce((sum, { cantidad, precio_unitario }) => sum + cantidad * cents(precio_unitario), 0);
    const { pedidoId, comercio_id, cliente_nombre, direccion_entrega, productos, medios_pago } = order;
    const [row] = (await trx('orders').insert(
      { tenant_id: seller.tenant_id, comercio_id, pedido_id: pedidoId, cliente_nombre, direccion_entrega, medios_pago, estado: 'pendiente', total_centavos: total, total_informado_centavos: cents(order.total) },
      ['orden_id'],
    )) as [Id];
    const context = { trx, seller, order, ordenId: row.orden_id, eventId };
    await publish(context, 'pedido.confirmar', subject, { pedidoId, comercio_id, cliente_nombre, direccion_entrega, productos });
    for (const [index, line] of productos.entries()) await takeLine(context, index + 1, line);
    await trx('parked_events').where({ wait_key: subject, state: 'waiting' }).orderBy('parked_id').forUpdate().select('parked_id');
    return undefined;
  });

interface Context {
  trx: Knex.Transaction;
  seller: Seller;
  order: Order;
  ordenId: string;
  eventId: string;
}

async function takeLine(context: Context, linea: number, { producto_id, cantidad, precio_unitario }: Order['productos'][number]): Promise<void> {
  const { trx, seller, order, ordenId } = context;
  const ids = { tenant_id: seller.tenant_id, comercio_id: order.comercio_id, producto_id };
  const shelf = await trx('stock as st')
    .join('products as p', { 'p.tenant_id': 'st.tenant_id', 'p.producto_id': 'st.producto_id' })
    .join('categories as c', { 'c.tenant_id': 'p.tenant_id', 'c.categoria_id': 'p.categoria_id' })
    .where({ 'st.tenant_id': ids.tenant_id, 'st.comercio_id': ids.comercio_id, 'st.producto_id': producto_id })
    .whereNull('p.eliminado_en')
    .forUpdate('st')
    .first<Shelf | undefined>('p.nombre_producto', 'p.descripcion', 'p.precio_centavos', 'p.iva_pct', 'p.categoria_id', 'c.nombre as categoria', 'st.cantidad', 'st.version');
  if (shelf === undefined || shelf.cantidad < cantidad) throw new Error(`sin stock: producto ${producto_id}`);
  const promotions = await trx('promotion_products as pp')
    .join('promotions as pr', { 'pr.promocion_id': 'pp.promocion_id', 'pr.tenant_id': 'pp.tenant_id' })
    .where({ 'pp.producto_id': producto_id })
    .whereRaw('current_date BETWEEN pr.fecha_inicio AND pr.fecha_fin')
    .select('pr.promocion_id');
  if (promotions.length > 0) throw new Error('the bench has no promotions');
  const nueva = shelf.cantidad - cantidad;
  const version = Number(shelf.version) + 1;
  await trx('order_lines').insert({
    tenant_id: seller.tenant_id, orden_id: ordenId, linea, producto_id, nombre_producto: shelf.nombre_producto, cantidad, precio_centavos: cents(precio_unitario), iva_pct: shelf.iva_pct,
    precio_catalogo_centavos: shelf.precio_centavos,
  });
  await trx('stock_ledger').insert({ ...ids, version, cantidad_anterior: shelf.cantidad, cantidad_nueva: nueva, motivo: 'venta', orden_id: ordenId });
  await trx('stock').where(ids).update({ cantidad: nueva, version });
  await publish(context, 'stock.actualizado', `stock:${order.comercio_id}:${producto_id}`, {
    comercio: { comercio_id: order.comercio_id, nombre: seller.nombre, tenant_id: seller.tenant_id },
    producto: {
      producto_id, nombre_producto: shelf.nombre_producto, descripcion: shelf.descripcion, precio: Number(shelf.precio_centavos) / 100,
      categoria_id: shelf.categoria_id, categoria_nombre: shelf.categoria,
    },
    stock: { cantidad_anterior: shelf.cantidad, cantidad_nueva: nueva },
    timestamp: new Date().toISOString(),
  });
}

const publish = ({ trx, seller, eventId }: Context, topic: string, key: string, payload: object) =>
  trx('outbox').insert({ destination: 'hub', tenant_id: seller.tenant_id, topic, ordering_key: key, payload: JSON.stringify(payload), event_id: eventId });
