import type { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';
import { orderSubject } from '../orders/topics.ts';
import { withoutNulls } from './rules.ts';
import {
  inventoryReservationFailedData, inventoryReservedData, notificationSentData, orderCreatedData, ordersApiEnvelope,
  paymentApprovedData, paymentRejectedData,
} from './schemas.ts';

const EXCHANGE = 'orders_api_events';
const ORDER_ID = 'a1b2c3d4-e5f6-7890-abcd-ef1234567890';
const CREATED_ID = '3fa85f64-5717-4562-b3fc-2c963f66afa6';

interface About {
  data: { orderId: string };
}

/**
 * One order is one fact a consumer, for ever. An announcement made again has an id and a moment of its own, so only its
 * data decide whether it says the same.
 */
const eventOf = <Name extends string, Data extends z.ZodType<{ orderId: string }>>(
  name: Name, data: Data, { description, example, key }: {
    description: string; example: unknown; key?: (data: z.infer<Data>) => string;
  },
) =>
  defineTopic({
    name,
    direction: 'both',
    description,
    amqp: { exchange: EXCHANGE },
    schema: ordersApiEnvelope(name, data),
    key: (event) => (key ? key((event as { data: z.infer<Data> }).data) : (event as About).data.orderId),
    subject: (event) => orderSubject((event as About).data.orderId),
    content: (event) => withoutNulls((event as About).data),
    example: {
      eventId: name === 'OrderCreatedEvent' ? CREATED_ID : '9b2d6c1e-0000-4000-8000-000000000001',
      eventType: name,
      eventVersion: 'v1.0',
      timestamp: '2025-11-14T10:30:05Z',
      correlationId: '7c9e6679-7425-40de-944b-e07fc1f90ae7',
      causationId: name === 'OrderCreatedEvent' ? null : CREATED_ID,
      source: 'marketplace-service',
      data: example,
    },
  });

const address = {
  recipientName: 'John Doe', addressLine1: '123 Main Street', addressLine2: 'Apt 4B', city: 'New York', state: 'NY',
  postalCode: '10001', country: 'USA',
};

export const orderCreated = eventOf('OrderCreatedEvent', orderCreatedData, {
  description:
    'Se creó un pedido, aquí o en otro lado. Total = subtotal + impuestos + envío − descuento, al centavo; el repetido se conoce por `orderId`.',
  example: {
    orderId: ORDER_ID,
    customerId: 'b2c3d4e5-f6a7-8901-bcde-f12345678901',
    orderNumber: 'ORD-2025-001234',
    orderDate: '2025-11-14T10:30:00Z',
    status: 'Pending',
    currency: 'USD',
    subtotal: 150,
    tax: 15,
    shipping: 10,
    discount: 0,
    totalAmount: 175,
    items: [
      {
        orderItemId: 'c3d4e5f6-a7b8-9012-cdef-123456789012', productId: 'd4e5f6a7-b8c9-0123-def1-234567890123',
        productName: 'Product Name', sku: 'PROD-001', quantity: 3, unitPrice: 50, totalPrice: 150,
      },
    ],
    shippingAddress: { ...address, phoneNumber: '+1-555-0123' },
    billingAddress: address,
    paymentMethod: { type: 'CreditCard', lastFourDigits: '4242', cardBrand: 'Visa' },
    customerEmail: 'john.doe@example.com',
    customerPhone: '+1-555-0123',
    notes: 'Please ring doorbell',
  },
});

export const inventoryReserved = eventOf('InventoryReservedEvent', inventoryReservedData, {
  description: 'El stock del pedido está reservado: responde a OrderCreatedEvent.',
  example: {
    orderId: ORDER_ID, reservationId: 'res_123', expiresAt: '2025-11-14T10:45:05Z',
    items: [{ productId: 'd4e5f6a7-b8c9-0123-def1-234567890123', sku: 'PROD-001', quantity: 2 }],
  },
});

export const inventoryReservationFailed = eventOf('InventoryReservationFailedEvent', inventoryReservationFailedData, {
  description: 'No se reservó nada para el pedido; dice qué falta.',
  example: {
    orderId: ORDER_ID, reason: 'insufficient_stock',
    items: [{ productId: 'd4e5f6a7-b8c9-0123-def1-234567890123', requested: 2, available: 1 }],
  },
});

export const paymentApproved = eventOf('PaymentApprovedEvent', paymentApprovedData, {
  description: 'El pedido está pagado.',
  example: { orderId: ORDER_ID, paymentId: 'pay_1', amount: 175, currency: 'USD' },
});

export const paymentRejected = eventOf('PaymentRejectedEvent', paymentRejectedData, {
  description: 'El pedido no se pudo cobrar; su stock se devuelve.',
  example: { orderId: ORDER_ID, amount: 175, currency: 'USD', reason: 'card_declined' },
});

export const notificationSent = eventOf('NotificationSentEvent', notificationSentData, {
  description: 'Se le avisó al cliente de su pedido, por cada medio una vez.',
  key: ({ orderId, channel, template }) => JSON.stringify([orderId, channel, template]),
  example: { orderId: ORDER_ID, channel: 'email', recipient: 'john.doe@example.com', template: 'order_confirmation' },
});
