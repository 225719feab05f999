import type { Work } from '../../../events/work.ts';
import { enveloped } from '../../../kernel/envelope.ts';
import { fromCents } from '../../../kernel/money.ts';
import type { Organization } from '../../../kernel/organizations.ts';
import type { Effect } from './decision.ts';
import type { Order, PricedLine } from './repository.ts';
import { itemsOf } from './shelves.ts';
import type { ReservedItem } from './states.ts';
import { orderCancelled, orderCompleted, orderConfirmed, orderPlaced, reservationConfirm, reservationRelease } from './topics.ts';

/** An order as it is told to others. */
export interface Told {
  order: Pick<Order, 'orderId' | 'orderNumber' | 'customerId' | 'currency' | 'totalCents'>;
  lines: readonly PricedLine[];
  items: readonly ReservedItem[];
  reservationId: string | null;
  /** Why it was cancelled, and whether the service did it by itself. */
  reason: string;
  auto: boolean;
}

/** Publishes what happened to an order. */
export function tell(work: Work, organization: Organization, effect: Extract<Effect, { kind: 'tell' }>, told: Told): void {
  const { tenantId, organizationId } = organization;
  const { now } = work;
  const data = orderData(told);
  const base = { now, organizationId };
  if (effect.event === 'placed') work.publish(orderPlaced, enveloped('order.placed', { ...base, data }), { tenantId });
  if (effect.event === 'completed') work.publish(orderCompleted, enveloped('order.completed', { ...base, data }), { tenantId });
  if (effect.event === 'cancelled') {
    const cancelled = { ...data, reason: told.reason, auto_cancelled: told.auto };
    work.publish(orderCancelled, enveloped('order.cancelled', { ...base, data: cancelled }), { tenantId });
  }
  if (effect.event === 'confirmed') {
    const confirmed = { ...data, reservation_id: told.reservationId ?? ownReservation(told.order), payment_id: effect.paymentId };
    work.publish(orderConfirmed, enveloped('order.confirmed', { ...base, data: confirmed }), { tenantId });
  }
}

/** Asks the inventory to sell what it reserved, or to give it back. */
export function ask(work: Work, organization: Organization, orderId: string, effect: Extract<Effect, { kind: 'ask' }>): void {
  const { tenantId, organizationId } = organization;
  const base = { now: work.now, organizationId };
  const data = { reservation_id: effect.reservationId, order_id: orderId };
  if (effect.command === 'confirm') {
    work.publish(reservationConfirm, enveloped('reservation.confirm', { ...base, data }), { tenantId });
  } else {
    const released = { ...data, reason: effect.reason };
    work.publish(reservationRelease, enveloped('reservation.release', { ...base, data: released }), { tenantId });
  }
}

/** What a reservation is called that the inventory has not named yet: it is the order's only one. */
export const ownReservation = ({ orderId }: Pick<Order, 'orderId'>): string => `res_${orderId}`;

const orderData = ({ order, lines, items }: Told) => ({
  order_id: order.orderId,
  order_number: order.orderNumber,
  customer_id: order.customerId,
  total_amount: fromCents(order.totalCents),
  currency: order.currency,
  items: itemsOf(lines, items).map(({ variantId, warehouseId, quantity, unitPriceCents }) => ({
    variant_id: variantId,
    warehouse_id: warehouseId,
    quantity,
    unit_price: fromCents(unitPriceCents),
  })),
});
