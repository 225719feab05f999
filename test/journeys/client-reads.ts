import assert from 'node:assert/strict';
import type { Json } from '../support/client.ts';

/** What the pages of the client do with each answer, which is what breaks them when it is of another kind. */

export const DAYS = ['domingo', 'lunes', 'martes', 'miércoles', 'jueves', 'viernes', 'sábado'];
export const ESTADOS = ['pendiente', 'aceptada', 'rechazada', 'cancelada', 'listo', 'finalizada'];

const isText = (value: unknown, what: string) => assert.equal(typeof value, 'string', what);
const isTextOrNull = (value: unknown, what: string) => assert.ok(value === null || typeof value === 'string', what);
const isNumber = (value: unknown, what: string) => assert.ok(Number.isFinite(value), `${what}: ${String(value)}`);
const isNumberOrNull = (value: unknown, what: string) => assert.ok(value === null || Number.isFinite(value), what);
export const isMoment = (value: unknown, what: string) => {
  assert.match(String(value), /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/, what);
};

/** The day that the promotions page prints. */
export const printedDay = (date: string): string => date.split('T')[0] as string;

export function readProduct(product: Json): Json {
  isText(product.producto_id, 'producto_id');
  isText(product.nombre_producto, 'nombre_producto'); // null blanks the catalogue
  isText(product.descripcion, 'descripcion');
  isNumber(product.precio, 'precio'); // a text blanks the promotion form
  assert.ok(product.precio.toFixed(2));
  assert.ok(product.categoria === null || typeof product.categoria.categoria_id === 'string', 'categoria');
  if (product.categoria !== null) isText(product.categoria.nombre, 'categoria.nombre');
  for (const address of product.imagenes) isText(address, 'imagenes: objects are broken pictures');
  for (const promotion of product.promociones) {
    isText(promotion.promocion_id, 'promocion_id of a product');
    isNumber(promotion.valor_descuento, 'valor_descuento');
    for (const date of [promotion.fecha_inicio, promotion.fecha_fin]) isMoment(date, "a day of a product's promotion");
    for (const id of promotion.productos_incluidos) isText(id, 'productos_incluidos');
  }
  return product;
}

export function readProducts(body: Json): Json[] {
  assert.ok(Array.isArray(body), 'GET /products: a bare array, or the catalogue is empty');
  return body.map(readProduct);
}

export function readSeller(seller: Json): Json {
  isNumber(seller.comercio_id, 'comercio_id'); // compared with ===
  isText(seller.nombre, 'nombre');
  isText(seller.direccion, 'direccion');
  // The form trims them.
  for (const part of ['calle', 'numero', 'ciudad', 'provincia', 'codigo_postal']) isTextOrNull(seller[part], part);
  for (const part of ['lat', 'lon']) isNumberOrNull(seller[part], part);
  assert.ok(Array.isArray(seller.horarios), 'horarios: without them the list goes blank');
  assert.deepEqual(
    seller.horarios.map(({ dia_semana }: Json) => dia_semana),
    DAYS,
  );
  for (const { dia_semana, dia_numero, hora_apertura, hora_cierre, estado } of seller.horarios) {
    assert.equal(dia_numero, DAYS.indexOf(dia_semana));
    assert.equal(hora_apertura === null, hora_cierre === null, `${dia_semana}: only one hour`);
    for (const hour of [hora_apertura, hora_cierre]) if (hour !== null) assert.match(hour, /^\d\d:\d\d$/);
    assert.ok(['activo', 'inactivo'].includes(estado), 'estado');
  }
  return seller;
}

export function readSellers(body: Json): Json[] {
  assert.equal(body.success, true);
  assert.ok(Array.isArray(body.data), 'GET /sellers: without data the orders page goes blank');
  for (const name of ['page', 'size', 'totalItems', 'totalPages']) isNumber(body.pagination[name], name);
  return body.data.map(readSeller);
}

export function readPromotions(body: Json): Json[] {
  assert.ok(Array.isArray(body), 'GET /promotions: a bare array, or the page goes blank');
  for (const promotion of body) {
    isNumber(promotion.promocion_id, 'promocion_id'); // looked up with ===
    isText(promotion.nombre, 'nombre');
    assert.ok(['monto', 'porcentaje'].includes(promotion.tipo_promocion), 'tipo_promocion');
    isNumber(promotion.valor_descuento, 'valor_descuento');
    for (const date of [promotion.fecha_inicio, promotion.fecha_fin]) isMoment(date, 'a day');
    for (const product of promotion.productos) {
      isNumber(product.producto_id, 'productos[].producto_id');
      isText(product.nombre_producto, 'productos[].nombre_producto');
      isNumber(product.precio, 'productos[].precio');
      isMoment(product.fecha_creacion, 'productos[].fecha_creacion');
    }
  }
  return body;
}

export function readCategories(body: Json): Json[] {
  assert.ok(Array.isArray(body), 'GET /categories: a bare array');
  for (const { categoria_id, nombre } of body) {
    isNumber(categoria_id, 'categoria_id');
    isText(nombre, 'nombre');
  }
  return body;
}

export function readShelves(body: Json): Json[] {
  assert.equal(body.success, true);
  isNumber(body.data.comercio.comercio_id, 'comercio_id');
  for (const shelf of body.data.productos) {
    isNumber(shelf.producto_id, 'producto_id');
    isText(shelf.nombre_producto, 'nombre_producto');
    assert.ok(Number.isInteger(shelf.cantidad_stock), 'cantidad_stock');
    isNumber(shelf.precio, 'precio');
    isMoment(shelf.fecha_creacion, 'fecha_creacion');
    for (const { promocion_id, valor_descuento } of shelf.promociones) {
      isNumber(promocion_id, 'promocion_id');
      isNumber(valor_descuento, 'valor_descuento');
    }
  }
  return body.data.productos;
}

export function readOrders(body: Json): Json[] {
  assert.equal(body.success, true);
  assert.ok(Array.isArray(body.data), 'GET /orders: data');
  for (const order of body.data) {
    assert.ok(ESTADOS.includes(order.estado), `estado: ${order.estado}`);
    isNumber(order.total, 'total');
    isText(order.cliente_nombre, 'cliente_nombre');
    isText(order.direccion_entrega, 'direccion_entrega');
    assert.ok(['fiat', 'crypto'].includes(order.medios_pago), 'medios_pago');
    isMoment(order.fecha_creacion, 'fecha_creacion');
  }
  return body.data;
}
