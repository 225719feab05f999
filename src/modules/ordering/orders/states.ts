/** pending: its stock is being reserved; payment_pending: set aside until paid; cancelled and completed end. */
export const ORDER_STATES = ['pending', 'payment_pending', 'confirmed', 'completed', 'cancelled'] as const;
export type OrderState = (typeof ORDER_STATES)[number];

/**
 * requested: the inventory was asked, and we know nothing of some of the stock ourselves; held: set aside until it
 * expires; confirmed: paid; released: given back.
 */
export const RESERVATION_STATES = ['requested', 'held', 'confirmed', 'released'] as const;
export type ReservationState = (typeof RESERVATION_STATES)[number];

/** Where an order stands; `reason` is there when it is cancelled, and only then. */
export interface Standing {
  state: OrderState;
  reason: string | null;
}

/** A reservation as far as time decides about it. */
export interface Hold {
  state: ReservationState;
  expiresAt: Date;
}

export type TimeoutReason = 'payment_timeout' | 'reservation_timeout';

/** What a shelf gives a reservation. */
export interface ReservedItem {
  variantId: string;
  warehouseId: string;
  quantity: number;
}

/** What was ordered: one line a variant. */
export interface OrderLine {
  variantId: string;
  quantity: number;
}

/** Where the stock of a line comes from as long as nobody knows. */
export const UNASSIGNED = 'unassigned';

export const isUnpaid = ({ state }: Pick<Standing, 'state'>): boolean =>
  state === 'pending' || state === 'payment_pending';

export const isTimeout = (reason: string | null): reason is TimeoutReason =>
  reason === 'payment_timeout' || reason === 'reservation_timeout';

/**
 * What an order is at this moment, whatever was written down: one that was not paid in time is cancelled, although
 * nobody has come by yet to make it so. `writtenAs` of read-model.ts says the same in SQL.
 */
export function orderAsOf(order: Standing, reservation: Hold, now: Date): Standing {
  if (!isUnpaid(order) || reservation.expiresAt > now) return order;
  return { state: 'cancelled', reason: order.state === 'pending' ? 'reservation_timeout' : 'payment_timeout' };
}
