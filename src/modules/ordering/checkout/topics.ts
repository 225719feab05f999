import { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';
import { wireName } from '../../../kernel/envelope.ts';
import { orderSubject } from '../orders/topics.ts';

/** One queue for each of the document's consumers; a process has those of its parts (MODULES). */
export const USER_QUEUE = 'checkout.user_service';
export const INVENTORY_QUEUE = 'checkout.inventory_service';
export const ORDER_QUEUE = 'checkout.order_service';
export const PAYMENT_QUEUE = 'checkout.payment_service';
export const NOTIFICATION_QUEUE = 'checkout.notification_service';

/** Most that one line of an order may ask for. */
export const MAX_QUANTITY = 1_000_000;

const about = <const Type extends string>(type: Type, description: string) => ({
  name: type,
  direction: 'both' as const,
  description,
  amqp: { exchange: 'checkout_events' },
  // An order is requested, validated, rejected… once for ever.
  key: ({ order_id }: { order_id: string }) => order_id,
  subject: ({ order_id }: { order_id: string }) => orderSubject(order_id),
});

const message = <const Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) =>
  z.object({ type: z.literal(type), order_id: wireName, ...shape });

const ORDER_ID = 'f3d949cf-e773-424c-9493-38a19ab64b1b';
const example = (type: string, more: Record<string, unknown> = {}) => ({ type, order_id: ORDER_ID, ...more });

export const orderRequested = defineTopic({
  ...about('OrderRequested', 'Un cliente pidió una compra: se valida el usuario y se aparta el stock.'),
  schema: message('OrderRequested', {
    user_id: wireName,
    items: z
      .array(z.object({ product_id: wireName, quantity: z.int().min(1).max(MAX_QUANTITY) }))
      .min(1)
      .max(100),
  }),
  example: example('OrderRequested', {
    user_id: 'U123',
    items: [{ product_id: 'P1', quantity: 2 }, { product_id: 'P2', quantity: 1 }],
  }),
});

export const userValidated = defineTopic({
  ...about('UserValidated', 'El usuario de la compra existe.'),
  schema: message('UserValidated', { user_id: wireName }),
  example: example('UserValidated', { user_id: 'U123' }),
});

export const userRejected = defineTopic({
  ...about('UserRejected', 'El usuario de la compra no existe.'),
  schema: message('UserRejected', { user_id: wireName, reason: wireName }),
  example: example('UserRejected', { user_id: 'X9', reason: 'unknown_user' }),
});

export const inventoryUpdated = defineTopic({
  ...about('InventoryUpdated', 'El stock de la compra quedó apartado.'),
  schema: message('InventoryUpdated', {}),
  example: example('InventoryUpdated'),
});

const amount = z.int().min(0);

export const inventoryRejected = defineTopic({
  ...about('InventoryRejected', 'No se pudo apartar el stock: falta, o el producto no existe.'),
  schema: message('InventoryRejected', {
    reason: wireName,
    items: z.array(z.object({ product_id: wireName, requested: amount, available: amount })).max(100),
  }),
  example: example('InventoryRejected', {
    reason: 'insufficient_stock',
    items: [{ product_id: 'P1', requested: 2, available: 1 }],
  }),
});

export const orderCreated = defineTopic({
  ...about('OrderCreated', 'Usuario y stock están: se puede cobrar. No es el OrderCreatedEvent de la API de órdenes.'),
  schema: message('OrderCreated', {}),
  example: example('OrderCreated'),
});

export const orderRejected = defineTopic({
  ...about('OrderRejected', 'La compra no sigue; lo que se había apartado para ella se devuelve.'),
  schema: message('OrderRejected', { reason: wireName }),
  example: example('OrderRejected', { reason: 'insufficient_stock' }),
});

export const paymentProcessed = defineTopic({
  ...about('PaymentProcessed', 'Se cobró la compra (`status` success), o no se pudo.'),
  schema: message('PaymentProcessed', { status: wireName }),
  example: example('PaymentProcessed', { status: 'success' }),
});
