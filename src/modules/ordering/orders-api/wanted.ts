import { toCents } from '../../../kernel/money.ts';
import type { WantedLine, WantedOrder } from '../ports.ts';
import type { OrderCreatedData } from './schemas.ts';
import { currencyOf } from './sums.ts';

/** What an event's items want, by the sku's variant before the product. */
export const linesOf = ({ items }: Pick<OrderCreatedData, 'items'>): WantedLine[] =>
  items.map(({ productId, sku, quantity, unitPrice }) => ({
    productId,
    quantity,
    sku: sku ?? undefined,
    unitPriceCents: unitPrice == null ? undefined : toCents(unitPrice),
  }));

/** An announced order as our orders understand one. */
export const wantedOf = (data: OrderCreatedData): WantedOrder => ({
  orderId: data.orderId,
  customerId: data.customerId,
  currency: currencyOf(data).toUpperCase(),
  lines: linesOf(data),
  totalCents: toCents(data.totalAmount),
  details: {
    customerEmail: data.customerEmail,
    customerPhone: data.customerPhone,
    shippingAddress: data.shippingAddress,
    billingAddress: data.billingAddress,
    paymentMethod: data.paymentMethod,
    notes: data.notes,
    taxCents: toCents(data.tax ?? 0),
    shippingCents: toCents(data.shipping ?? 0),
    discountCents: toCents(data.discount ?? 0),
  },
});
