import { randomUUID } from 'node:crypto';
import type { Work } from '../../../events/work.ts';
import type { Sql } from '../../../kernel/database.ts';
import { fromCents } from '../../../kernel/money.ts';
import { uuidV5 } from '../../../kernel/uuid.ts';
import { findProductNames } from '../catalog/read-model.ts';
import type { Announce, AnnouncedOrder } from '../ports.ts';
import { isUuid } from './formats.ts';
import { enveloped, NAMESPACE } from './messages.ts';
import { orderCreatedData, type OrderCreatedData } from './schemas.ts';
import { orderCreated } from './topics.ts';

/** How a tenant's customers are reached, as the customers' context knows it. */
export type FindContacts = (
  trx: Sql, tenantId: number, customerIds: readonly string[],
) => Promise<ReadonlyMap<string, { email: string | null; phone: string | null }>>;

/** Announces orders placed here as the Orders API does. What the body did not say of a customer, their profile may. */
export const createAnnouncer = (findContacts: FindContacts): Announce => async (work, order) => {
  const { organization: { tenantId }, customerId } = order;
  const contact = (await findContacts(work.trx, tenantId, [customerId])).get(customerId);
  const names = await findProductNames(work.trx, tenantId, order.lines.flatMap(({ productId }) => productId ?? []));
  const data = dataOf(work, order, names, contact);
  const parsed = orderCreatedData.safeParse(data);
  if (!parsed.success) return [...new Set(parsed.error.issues.map(({ path }) => snakeCase(String(path[0] ?? 'order'))))];
  const ids = { eventId: randomUUID(), correlationId: randomUUID(), causationId: null };
  work.publish(orderCreated, enveloped('OrderCreatedEvent', work, ids, parsed.data), { tenantId });
  return [];
};

const snakeCase = (name: string): string => name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The event's data; what nobody said is left out, and found missing by the schema. */
function dataOf(
  { now }: Work, order: AnnouncedOrder, names: ReadonlyMap<string, string>,
  contact: { email: string | null; phone: string | null } | undefined,
): Omit<OrderCreatedData, 'shippingAddress' | 'customerEmail'> & Partial<OrderCreatedData> {
  const { orderId, lines, details } = order;
  const subtotal = lines.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0);
  return {
    orderId,
    customerId: customerUuid(order),
    orderNumber: order.orderNumber,
    orderDate: now.toISOString(),
    status: 'Pending',
    currency: order.currency,
    subtotal: fromCents(subtotal),
    tax: fromCents(details.taxCents),
    shipping: fromCents(details.shippingCents),
    discount: fromCents(details.discountCents),
    totalAmount: fromCents(order.totalCents),
    items: lines.map(({ variantId, productId, quantity, unitPriceCents }) => ({
      orderItemId: uuidV5(NAMESPACE, `${orderId} ${variantId}`),
      productId: productId ?? variantId,
      productName: names.get(productId ?? '') ?? variantId,
      sku: variantId,
      quantity,
      unitPrice: fromCents(unitPriceCents),
      totalPrice: fromCents(quantity * unitPriceCents),
    })),
    shippingAddress: details.shippingAddress ?? undefined,
    billingAddress: details.billingAddress ?? undefined,
    paymentMethod: details.paymentMethod ?? undefined,
    customerEmail: details.customerEmail ?? contact?.email ?? undefined,
    customerPhone: details.customerPhone ?? contact?.phone ?? undefined,
    notes: details.notes ?? undefined,
  };
}

/** Customers are named as their tenant likes; the event wants a UUID, and always the same one for the same customer. */
const customerUuid = ({ organization: { organizationId }, customerId }: AnnouncedOrder): string =>
  isUuid(customerId) ? customerId : uuidV5(NAMESPACE, JSON.stringify([organizationId, customerId]));
