import { inOrganization } from '../../../events/in-organization.ts';
import { done, undeliverable, type Outcome } from '../../../events/outcome.ts';
import { subscribe, type AnySubscription } from '../../../events/registry.ts';
import { INVENTORY_QUEUE, SUBSCRIBER } from '../ports.ts';
import { changeOrder, type Asked, type Changing } from './change.ts';
import { stockReleased, stockReserved } from './topics.ts';

/** What the inventory says of our orders' reservations. Their subject is the order, so its lock is held. */
export const inventorySubscriptions = (deps: Changing): AnySubscription[] => [
  subscribe({ subscriber: SUBSCRIBER, queue: INVENTORY_QUEUE, topic: stockReserved, handle: takeReservation(deps) }),
  subscribe({ subscriber: SUBSCRIBER, queue: INVENTORY_QUEUE, topic: stockReleased, handle: takeRelease(deps) }),
];

type Reserved = (typeof stockReserved)['schema']['_output'];
type Released = (typeof stockReleased)['schema']['_output'];

const takeReservation = (deps: Changing) =>
  inOrganization<Reserved>(async ({ timestamp, data }, work, organization) => {
    const items = data.items.map((item) => ({ variantId: item.variant_id, warehouseId: item.warehouse_id, quantity: item.quantity }));
    const shelves = data.items.map((item) => ({
      variantId: item.variant_id, warehouseId: item.warehouse_id, available: item.stock_after,
    }));
    const asked: Asked = {
      kind: 'reserved',
      reservationId: data.reservation_id,
      expiresAt: new Date(data.expires_at),
      answered: { items, shelves, at: new Date(timestamp) },
    };
    const decision = await changeOrder(deps, work, organization, data.order_id, asked);
    return decision ? outcomeOf(decision) : unknownOrder(data.order_id);
  });

const takeRelease = (deps: Changing) =>
  inOrganization<Released>(async ({ data }, work, organization) => {
    const { reservation_id: reservationId, order_id: orderId, reason } = data;
    const decision = await changeOrder(deps, work, organization, orderId, { kind: 'released', reservationId, reason });
    if (decision === undefined) return unknownOrder(orderId);
    work.log.info(`[ORDER] the inventory gave reservation ${reservationId} of order ${orderId} back: ${reason}`);
    return outcomeOf(decision);
  });

const outcomeOf = ({ warning }: { warning?: Parameters<typeof done>[0] }): Outcome => (warning ? done(warning) : done());

/**
 * Not parked: nobody is told an order's id before the order is committed, so one that is not there is no order of this
 * organization's, and waiting would not bring it.
 */
const unknownOrder = (orderId: string): Outcome =>
  undeliverable('orden_desconocida', `esta organización no tiene ningún pedido ${orderId}`);
