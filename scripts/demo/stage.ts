import type { PublishedEvent } from '../hub-simulator/index.ts';
import type { Hub } from './hub.ts';
import type { Json, Rest } from './rest.ts';
import type { Show } from './show.ts';

/** What every step of the day needs. */
export interface Stage {
  show: Show;
  hub: Hub;
  rest: Rest;
  /** Fresh with every run, so that it can be played again against the same service. */
  run: string;
}

export interface Product {
  id: number;
  name: string;
  price: number;
}

export interface Shop {
  tenantId: number;
  email: string;
  comercioId: number;
  bread: Product;
  cake: Product;
  /** Of this one there are two. */
  pie: Product;
}

export interface Item {
  product: Product;
  cantidad: number;
  precio?: number;
}

export const totalOf = (items: readonly Item[]): number =>
  items.reduce(
    (sum, { product, cantidad, precio }) => sum + Math.round((precio ?? product.price) * 100) * cantidad,
    0,
  ) / 100;

/** The payload of a `pedido.creado`. */
export const orderFor = (shop: Shop, pedidoId: string, items: readonly Item[]) => ({
  pedidoId,
  comercio_id: shop.comercioId,
  cliente_nombre: 'Juana Azurduy',
  direccion_entrega: 'Av. Corrientes 1234, CABA',
  productos: items.map(({ product, cantidad, precio }) => ({
    producto_id: product.id,
    cantidad,
    precio_unitario: precio ?? product.price,
  })),
  medios_pago: 'fiat',
  total: totalOf(items),
});

export async function stockOf({ rest }: Stage, shop: Shop, product: Product): Promise<number> {
  const { data } = await rest.need('GET', `/api/sellers/${shop.comercioId}/products/${product.id}/stock`);
  return Number((data as Json).cantidad_stock);
}

export interface OrderRow {
  orden_id: number;
  pedido_id: string;
  estado: string;
  total: number;
}

export async function findOrder({ rest }: Stage, shop: Shop, pedidoId: string): Promise<OrderRow | undefined> {
  const { data } = await rest.need('GET', `/api/orders/${shop.comercioId}`);
  return (data as OrderRow[]).find((order) => order.pedido_id === pedidoId);
}

/** @throws Error when it is not there. */
export async function needOrder(stage: Stage, shop: Shop, pedidoId: string): Promise<OrderRow> {
  const order = await findOrder(stage, shop, pedidoId);
  if (order === undefined)
    throw new Error(`the order of pedido ${pedidoId} is not in GET /api/orders/${shop.comercioId}`);
  return order;
}

/** The states an order went through, as its history tells them. */
export async function historyOf({ rest }: Stage, { orden_id }: OrderRow): Promise<string> {
  const { data } = await rest.need('GET', `/api/orders/detail/${orden_id}`);
  const steps = (data as Json).historial as Array<{ estado: string; causa: string }>;
  return steps.map(({ estado, causa }) => `${estado} (${causa})`).join(' → ');
}

/** The tenant prepares an order. */
export async function prepare(stage: Stage, order: OrderRow): Promise<void> {
  stage.show.in(`PATCH /api/orders/${order.orden_id}  {estado: listo}`);
  await stage.rest.need('PATCH', `/api/orders/${order.orden_id}`, { estado: 'listo' });
}

export const isStockOf =
  (shop: Shop, product?: Product) =>
  ({ topic, payload }: PublishedEvent): boolean =>
    topic === 'stock.actualizado' &&
    (payload.comercio as Json).comercio_id === shop.comercioId &&
    (product === undefined || (payload.producto as Json).producto_id === product.id);

export const isAbout =
  (topic: string, pedidoId: string) =>
  (event: PublishedEvent): boolean =>
    event.topic === topic && event.payload.pedidoId === pedidoId;

/** `10 → 8`, as a stock event tells it. */
export const stockStep = ({ payload }: PublishedEvent): { anterior: number; nueva: number } => {
  const stock = payload.stock as Json;
  return { anterior: Number(stock.cantidad_anterior), nueva: Number(stock.cantidad_nueva) };
};
