import { z } from 'zod';
import { wireMoment, wireName } from '../../../kernel/envelope.ts';
import { wireText } from '../../../kernel/wire.ts';
import { canonicalId, isDateTime, isEmail, isUuid } from './formats.ts';
import { sumProblems } from './sums.ts';

/** UUID here, `order_456` there: opaque, but a UUID has one spelling. */
const orderId = wireName.overwrite(canonicalId);

const MAX_TEXT = 1000;
const text = wireText(MAX_TEXT);
const optionalText = text.nullish();
const uuid = text.refine(isUuid, 'no es un UUID').overwrite(canonicalId);
/** What it is worth in cents is the sum rule's to say. */
const amount = z.number().min(0);
const optionalAmount = amount.nullish();

const address = z.object({
  recipientName: text,
  addressLine1: text,
  addressLine2: optionalText,
  city: text,
  state: optionalText,
  postalCode: optionalText,
  country: text,
  phoneNumber: optionalText,
});

const MAX_ITEMS = 1000;
const MAX_QUANTITY = 1_000_000;

/** The document's schema leaves items open; typed as its example shows them, and without these two nothing can be sold. */
const item = z.object({
  orderItemId: optionalText,
  productId: wireName,
  productName: optionalText,
  sku: wireName.nullish(),
  quantity: z.int().min(1).max(MAX_QUANTITY),
  unitPrice: optionalAmount,
  totalPrice: optionalAmount,
});

/**
 * The document's JSON Schema in zod, its open parts typed by its example. It means the same (a test compares the two),
 * but for three things: null stands for absent, lengths have an end, and text has to fit into Postgres.
 */
export const orderCreatedShape = z.object({
  orderId: uuid,
  customerId: uuid,
  orderNumber: text.regex(/^ORD-[0-9]{4}-[0-9]{6}$/, 'no es un número de pedido como ORD-2025-001234'),
  orderDate: text.refine(isDateTime, 'no es una fecha y hora con su zona'),
  status: z.literal('Pending'),
  currency: optionalText,
  subtotal: optionalAmount,
  tax: optionalAmount,
  shipping: optionalAmount,
  discount: optionalAmount,
  totalAmount: amount,
  items: z.array(item).min(1).max(MAX_ITEMS),
  shippingAddress: address,
  billingAddress: address.nullish(),
  paymentMethod: z.object({ type: optionalText, lastFourDigits: optionalText, cardBrand: optionalText }).nullish(),
  customerEmail: text.max(320).refine(isEmail, 'no es una dirección de correo'),
  customerPhone: optionalText,
  notes: text.max(10_000).nullish(),
});

/** With the sums that have to add up. */
export const orderCreatedData = orderCreatedShape.superRefine((data, ctx) => {
  for (const message of sumProblems(data)) ctx.addIssue({ code: 'custom', message });
});

const money = { amount, currency: wireName };

export const inventoryReservedData = z.object({
  orderId,
  reservationId: wireName,
  expiresAt: wireMoment,
  items: z.array(z.object({ productId: wireName, sku: wireName.nullish(), quantity: z.int().min(1) })).max(MAX_ITEMS),
});

export const inventoryReservationFailedData = z.object({
  orderId,
  reason: wireName,
  items: z
    .array(z.object({ productId: wireName, requested: z.int().min(0), available: z.int().min(0) }))
    .max(MAX_ITEMS),
});

export const paymentApprovedData = z.object({ orderId, paymentId: wireName, ...money });
export const paymentRejectedData = z.object({ orderId, ...money, reason: wireName });
export const notificationSentData = z.object({ orderId, channel: wireName, recipient: text, template: wireName });

/** The Orders API's envelope; `v1.0` and `1.0` are one version, another one is not understood here. */
export const ordersApiEnvelope = <Name extends string, Data extends z.ZodType>(name: Name, data: Data) =>
  z.object({
    eventId: wireName,
    eventType: z.literal(name),
    eventVersion: z.string().regex(/^v?1(\.\d+)*$/, 'no es una versión 1'),
    timestamp: wireMoment,
    correlationId: wireName,
    causationId: wireName.nullish(),
    source: wireName,
    data,
  });

export type OrderCreatedData = z.infer<typeof orderCreatedShape>;
