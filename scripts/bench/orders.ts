/** The catalogue's one price, so that no order draws a warning. */
export const PRICE_CENTS = 45_075;
export const QUANTITY = 2;
export const SELLER = 1;
export const TENANT = 1;
export const ORGANIZATION = 'bench';
export const CUSTOMER = 'Juan Pérez';
export const ADDRESS = 'Av. Corrientes 1234, CABA';

const PRICE = PRICE_CENTS / 100;

/** One product for each line, each from its own part of the catalogue: never the same twice, always in id order. */
export function pickProducts(lines: number, products: number): number[] {
  const part = Math.floor(products / lines);
  return Array.from({ length: lines }, (_, line) => line * part + 1 + Math.floor(Math.random() * part));
}

/** The body of a delivery as the hub sends it: the source document's own example. */
export function orderBody(pedidoId: string, products: readonly number[]): string {
  const productos = products.map((producto_id) => ({ producto_id, cantidad: QUANTITY, precio_unitario: PRICE }));
  return JSON.stringify({
    topic: 'pedido.creado',
    payload: {
      pedidoId,
      comercio_id: SELLER,
      cliente_nombre: CUSTOMER,
      direccion_entrega: ADDRESS,
      productos,
      medios_pago: 'fiat',
      total: (PRICE_CENTS * QUANTITY * products.length) / 100,
    },
  });
}

export interface Message {
  topic: string;
  key: string;
  payload: string;
}

/** The two messages that an accepted order of one line makes, keys and sizes as the service writes them. */
export function messagesOf(pedidoId: string, product: number): Message[] {
  const line = { producto_id: product, cantidad: QUANTITY, precio_unitario: PRICE };
  const confirmation = { pedidoId, comercio_id: SELLER, cliente_nombre: CUSTOMER, direccion_entrega: ADDRESS, productos: [line] };
  const announcement = {
    comercio: { comercio_id: SELLER, nombre: 'Sucursal Centro', tenant_id: TENANT },
    producto: {
      producto_id: product,
      nombre_producto: `Producto ${product}`,
      descripcion: 'Producto de la medición',
      precio: PRICE,
      categoria_id: 1,
      categoria_nombre: 'Medición',
    },
    stock: { cantidad_anterior: 1000, cantidad_nueva: 1000 - QUANTITY },
    timestamp: new Date().toISOString(),
  };
  return [
    { topic: 'pedido.confirmar', key: `pedido:${pedidoId}`, payload: JSON.stringify(confirmation) },
    { topic: 'stock.actualizado', key: `stock:${SELLER}:${product}`, payload: JSON.stringify(announcement) },
  ];
}
