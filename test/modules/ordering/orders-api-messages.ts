import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';

/** An event of the exchange `orders_api_events`. */
export interface OrdersApiEvent {
  eventId: string;
  eventType: string;
  eventVersion: string;
  timestamp: string;
  correlationId: string;
  causationId: string | null;
  source: string;
  data: Record<string, unknown> & { orderId: string };
}

/** The contract's own message, as it stands there. */
export const documented = (eventType: string): OrdersApiEvent =>
  JSON.parse(
    readFileSync(new URL(`../../fixtures/contracts/amqp/orders-api/${eventType}.json`, import.meta.url), 'utf8'),
  ) as OrdersApiEvent;

export interface Wanted {
  orderId?: string;
  /** sku (a variant) and how many of it, at 10.50 each. */
  skus?: Record<string, number>;
  at?: Date;
  data?: Record<string, unknown>;
}

const PRICE = 10.5;

/** `OrderCreatedEvent` of an order of another service, of which each piece costs 10.50. */
export function created({ orderId = randomUUID(), skus = { var_1: 1 }, at = new Date(), data = {} }: Wanted = {}): OrdersApiEvent {
  const event = documented('OrderCreatedEvent');
  const items = Object.entries(skus).map(([sku, quantity]) => ({
    orderItemId: randomUUID(), productId: `prod_of_${sku}`, productName: sku, sku, quantity, unitPrice: PRICE, totalPrice: PRICE * quantity,
  }));
  const subtotal = items.reduce((sum, { totalPrice }) => sum + totalPrice, 0);
  return {
    ...event,
    eventId: randomUUID(),
    correlationId: randomUUID(),
    timestamp: at.toISOString(),
    data: { ...event.data, orderId, items, subtotal, tax: 0, shipping: 5, discount: 0, totalAmount: subtotal + 5, currency: 'ARS', ...data },
  };
}

/** One of the answers, to this order's event. */
export const answer = (eventType: string, cause: OrdersApiEvent, data: Record<string, unknown> = {}): OrdersApiEvent => {
  const event = documented(eventType);
  const { totalAmount: amount, currency, orderId } = cause.data;
  const money = 'amount' in event.data ? { amount, currency } : {};
  return {
    ...event,
    eventId: randomUUID(),
    timestamp: new Date().toISOString(),
    correlationId: cause.correlationId,
    causationId: cause.eventId,
    data: { ...event.data, ...money, ...data, orderId },
  };
};
