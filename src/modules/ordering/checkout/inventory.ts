import { hasHeard } from '../../../events/inbox.ts';
import { done, parked, type Outcome } from '../../../events/outcome.ts';
import { subscribe } from '../../../events/registry.ts';
import type { Work } from '../../../events/work.ts';
import type { Module } from '../../module.ts';
import { tenantsOfOrder } from '../orders/read-model.ts';
import { orderChanged, orderCancelled, orderPlaced, reservationConfirm, reservationRelease } from '../orders/topics.ts';
import type { OrdersPort, Reserving } from '../ports.ts';
import { shown, type Payload } from './messages.ts';
import { findOwn, insertOwn } from './repository.ts';
import { addedUp } from './rules.ts';
import { withdrawOwn, type CheckoutSaga } from './saga.ts';
import { inventoryRejected, inventoryUpdated, INVENTORY_QUEUE, orderRejected, orderRequested } from './topics.ts';

interface Deps {
  orders: Pick<OrdersPort, 'reserve' | 'withdraw'>;
  saga: CheckoutSaga;
}

const CURRENCY = 'ARS';

/** The document's inventory_service and product_service: the stock and the catalogue are the order service's. */
export const checkoutInventoryModule = (deps: Deps): Module => ({
  name: 'checkout-inventory',
  // Also what the order service tells of these orders, so that a process with this part alone sends it.
  topics: [
    orderRequested, orderRejected, inventoryUpdated, inventoryRejected,
    orderPlaced, orderCancelled, reservationConfirm, reservationRelease,
  ],
  subscriptions: [
    subscribe({ subscriber: INVENTORY_QUEUE, queue: INVENTORY_QUEUE, topic: orderRequested, handle: takeStockWhenOrderIsRequested(deps) }),
    subscribe({ subscriber: INVENTORY_QUEUE, queue: INVENTORY_QUEUE, topic: orderRejected, handle: giveStockBackWhenOrderIsRejected(deps) }),
  ],
});

type Requested = Payload<typeof orderRequested>;

const takeStockWhenOrderIsRequested =
  ({ orders, saga }: Deps) =>
  async (requested: Requested, work: Work): Promise<Outcome> => {
    const { order_id, user_id } = requested;
    const { trx } = work;
    const own = await findOwn(trx, order_id);
    if (own === undefined) work.log.info(`📦 InventoryService recibió OrderRequested: ${shown(requested)}`); // and not when it is woken
    const standing = await saga.find(trx, order_id);
    // Rejected meanwhile, by us or by others whose word came first: nobody would give back what is taken now.
    if (standing?.state.status === 'failed' || (await hasHeard(trx, INVENTORY_QUEUE, orderRejected.name, order_id))) {
      return done({ code: 'orden_rechazada', message: `la orden ${order_id} ya se rechazó; no se aparta nada` });
    }
    const lines = addedUp(requested.items).map(({ product_id: productId, quantity }) => ({ productId, quantity }));
    if (own === undefined && (await tenantsOfOrder(trx, order_id)).length > 0) return refuse(work, order_id, takenBy(lines));
    const wanted = { orderId: order_id, customerId: user_id, currency: CURRENCY, lines, organizationId: standing?.data.organizationId };
    const answer = await orders.reserve(work, wanted);
    if (answer.kind === 'refused') return refuse(work, order_id, answer);
    if (own === undefined) await insertOwn(trx, order_id, answer.tenantId);
    if (answer.kind === 'waiting') {
      return parked(orderChanged(order_id), 'espera_inventario', `se espera que el inventario conteste por la orden ${order_id}`);
    }
    work.publish(inventoryUpdated, { type: 'InventoryUpdated', order_id });
    work.log.info(`✅ Inventario actualizado para orden ${order_id}`);
    return done();
  };

type Refused = Omit<Extract<Reserving, { kind: 'refused' }>, 'kind'>;

/** An order of this id came another way; it is neither changed nor shared. */
const takenBy = (lines: ReadonlyArray<{ productId: string; quantity: number }>): Refused => ({
  reason: 'order_id_taken',
  items: lines.map(({ productId, quantity }) => ({ productId, requested: quantity, available: 0 })),
});

function refuse(work: Work, order_id: string, { reason, items }: Refused): Outcome {
  const told = items.map(({ productId: product_id, requested, available }) => ({ product_id, requested, available }));
  work.publish(inventoryRejected, { type: 'InventoryRejected', order_id, reason, items: told });
  work.log.info(`❌ Inventario rechazado para orden ${order_id}: ${reason}`);
  return done({ code: reason, message: `no se aparta stock para la orden ${order_id}: ${reason}` });
}

/** Where the order service runs elsewhere this is what gives the stock back; ours has done so when it rejected. */
const giveStockBackWhenOrderIsRejected =
  ({ orders }: Deps) =>
  async (rejected: Payload<typeof orderRejected>, work: Work): Promise<Outcome> => {
    const { order_id, reason } = rejected;
    work.log.info(`📦 InventoryService recibió OrderRejected: ${shown(rejected)}`);
    await withdrawOwn(orders, work, order_id, reason);
    work.wake(orderChanged(order_id)); // what waits for its stock or money need not wait any more
    return done();
  };
