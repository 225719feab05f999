import { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';
import { envelope, wireMoment, wireName } from '../../../kernel/envelope.ts';
import { pesos } from '../../../kernel/rest/schemas.ts';

/** What an order's events are about; whoever changes an order holds this lock. */
export const orderSubject = (orderId: string) => `orden:${orderId}`;

/** What waits for an order's stock or money to be settled (parked events). */
export const orderChanged = (orderId: string) => `cambio:${orderSubject(orderId)}`;

const inventory = { exchange: 'inventory_events' };
const announced = { exchange: 'order_events' };
const command = { exchange: 'inventory_commands', mustBeTaken: true };
/** As the document names it. */
const INVENTORY = 'Inventory Service';

const amount = z.int().min(0).max(2_000_000_000);

export const stockReserved = defineTopic({
  name: 'inventory.stock.reserved',
  direction: 'in',
  producer: INVENTORY,
  description: 'El inventario reservó el stock de un pedido: es su respuesta a order.placed.',
  amqp: inventory,
  schema: envelope(
    'inventory.stock.reserved',
    z.object({
      reservation_id: wireName,
      order_id: wireName,
      items: z
        .array(
          z.object({
            variant_id: wireName,
            warehouse_id: wireName,
            quantity: amount,
            stock_before: amount,
            stock_after: amount,
          }),
        )
        .min(1)
        .max(1000),
      expires_at: wireMoment,
    }),
  ),
  key: ({ data }) => data.reservation_id,
  subject: ({ data }) => orderSubject(data.order_id),
  example: {
    event: 'inventory.stock.reserved',
    version: '1.0',
    timestamp: '2025-11-23T15:01:00Z',
    organization_id: 'org_123',
    data: {
      reservation_id: 'res_123',
      order_id: 'order_456',
      items: [{ variant_id: 'var_789', warehouse_id: 'wh_101', quantity: 10, stock_before: 120, stock_after: 110 }],
      expires_at: '2025-11-23T15:16:00Z',
    },
  },
});

export const stockReleased = defineTopic({
  name: 'inventory.stock.released',
  direction: 'in',
  producer: INVENTORY,
  description: 'El inventario devolvió una reserva al stock.',
  amqp: inventory,
  schema: envelope(
    'inventory.stock.released',
    z.object({
      reservation_id: wireName,
      order_id: wireName,
      reason: wireName,
      items_released: amount,
      total_quantity_released: amount,
    }),
  ),
  key: ({ data }) => data.reservation_id,
  subject: ({ data }) => orderSubject(data.order_id),
  example: {
    event: 'inventory.stock.released',
    version: '1.0',
    timestamp: '2025-11-23T15:20:00Z',
    organization_id: 'org_123',
    data: {
      reservation_id: 'res_123',
      order_id: 'order_456',
      reason: 'timeout',
      items_released: 2,
      total_quantity_released: 15,
    },
  },
});

/** What every event of ours about an order carries. */
const order = {
  order_id: wireName,
  order_number: wireName,
  customer_id: wireName,
  total_amount: pesos,
  currency: wireName,
  items: z.array(
    z.object({ variant_id: wireName, warehouse_id: wireName, quantity: z.int().min(1), unit_price: pesos }),
  ),
};

const orderExample = (event: string, more: Record<string, unknown> = {}) => ({
  event,
  version: '1.0',
  timestamp: '2025-11-23T15:00:00Z',
  organization_id: 'org_123',
  data: {
    order_id: 'order_456',
    order_number: 'ORD-2025-001234',
    customer_id: 'cus_1',
    total_amount: 15250.5,
    currency: 'ARS',
    items: [{ variant_id: 'var_789', warehouse_id: 'wh_101', quantity: 2, unit_price: 7625.25 }],
    ...more,
  },
});

/** Ours go out about one order in the order they happened. */
const subject = ({ data }: { data: { order_id: string } }) => orderSubject(data.order_id);

export const orderPlaced = defineTopic({
  name: 'order.placed',
  direction: 'out',
  consumers: [INVENTORY],
  description: 'Se hizo un pedido; pide al inventario que lo reserve.',
  amqp: announced,
  schema: envelope('order.placed', z.object(order)),
  subject,
  example: orderExample('order.placed'),
});

export const orderConfirmed = defineTopic({
  name: 'order.confirmed',
  direction: 'out',
  description: 'El pedido está pagado y su stock reservado.',
  amqp: announced,
  schema: envelope('order.confirmed', z.object({ ...order, reservation_id: wireName, payment_id: wireName })),
  subject,
  example: orderExample('order.confirmed', { reservation_id: 'res_123', payment_id: 'pay_1' }),
});

export const orderCancelled = defineTopic({
  name: 'order.cancelled',
  direction: 'out',
  description: 'El pedido se canceló; `auto_cancelled` dice si lo hizo el servicio.',
  amqp: announced,
  schema: envelope('order.cancelled', z.object({ ...order, reason: wireName, auto_cancelled: z.boolean() })),
  subject,
  example: orderExample('order.cancelled', { reason: 'payment_timeout', auto_cancelled: true }),
});

export const orderCompleted = defineTopic({
  name: 'order.completed',
  direction: 'out',
  description: 'El pedido se entregó.',
  amqp: announced,
  schema: envelope('order.completed', z.object(order)),
  subject,
  example: orderExample('order.completed'),
});

/** Requests have a key of their own: one that no inventory takes yet must not hold up what is told about the order. */
const requestSubject = ({ data }: { data: { order_id: string } }) => `reserva:${data.order_id}`;
const requestExample = (event: string, more: Record<string, unknown> = {}) => ({
  event,
  version: '1.0',
  timestamp: '2025-11-23T15:00:00Z',
  organization_id: 'org_123',
  data: { reservation_id: 'res_123', order_id: 'order_456', ...more },
});

export const reservationConfirm = defineTopic({
  name: 'reservation.confirm',
  direction: 'out',
  consumers: [INVENTORY],
  description: 'Pide al inventario que dé por vendido lo reservado.',
  amqp: command,
  schema: envelope('reservation.confirm', z.object({ reservation_id: wireName, order_id: wireName })),
  subject: requestSubject,
  example: requestExample('reservation.confirm'),
});

export const reservationRelease = defineTopic({
  name: 'reservation.release',
  direction: 'out',
  consumers: [INVENTORY],
  description: 'Pide al inventario que devuelva lo reservado al stock.',
  amqp: command,
  schema: envelope('reservation.release', z.object({ reservation_id: wireName, order_id: wireName, reason: wireName })),
  subject: requestSubject,
  example: requestExample('reservation.release', { reason: 'cancelled' }),
});
