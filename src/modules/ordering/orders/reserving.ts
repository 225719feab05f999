import type { Work } from '../../../events/work.ts';
import { maybeOrganizationOf, type Organization } from '../../../kernel/organizations.ts';
import { findVariants } from '../availability/read-model.ts';
import { findSellables } from '../catalog/read-model.ts';
import type { OrderingDeps, Reserving, WantedOrder } from '../ports.ts';
import { insertDetails } from './details.ts';
import { ownReservation } from './messages.ts';
import { writeNewOrder } from './new-order.ts';
import { tenantsOfOrder } from './read-model.ts';
import { lockOrder, readReservation, type Order, type Reservation } from './repository.ts';
import { chooseVariants, namesOf, sellerOf, type ChosenLine } from './sellers.ts';
import { planOf, type Plan } from './shelves.ts';
import { orderAsOf } from './states.ts';

/**
 * Sets stock aside for an order that no cart was made into, and whose lock the work holds: one order is one reservation,
 * whichever events announce it. Works as the system; the tenant is the one that sells all of it.
 */
export async function reserveWanted({ config }: Pick<OrderingDeps, 'config'>, work: Work, wanted: WantedOrder): Promise<Reserving> {
  const known = await findKnown(work, wanted.orderId);
  if (known !== undefined) return known;
  const { trx, now } = work;
  const { lines, orderId } = wanted;
  const seller = sellerOf(lines, await findSellables(trx, namesOf(lines), wanted.organizationId));
  if ('reason' in seller) return refusedFor(seller.reason, lines.filter(({ productId }) => seller.products.includes(productId)));
  const { tenantId } = seller;
  const stock = await findVariants(trx, tenantId, seller.sellables.map(({ variantId }) => variantId), now, { lock: true });
  // Read before the locks: the catalogue may have taken one out meanwhile.
  const sellables = seller.sellables.filter(({ variantId }) => !stock.get(variantId)?.deleted);
  if ('reason' in sellerOf(lines, sellables)) return refusedFor('unknown_product', lines);
  const chosen = chooseVariants(lines, sellables, stock);
  if (chosen === undefined) return refusedFor('repeated_product', lines);
  const plan = planOf(chosen, stock);
  if (plan.short.length > 0) return refusedShort(chosen, plan);
  const { customerId, currency, totalCents } = wanted;
  const order = { orderId, tenantId, customerId, currency, cartId: null, lines: chosen, plan, ttl: config.RESERVATION_TTL, totalCents };
  const written = await writeNewOrder(work, order);
  if (wanted.details) await insertDetails(trx, written.order, wanted.details, { kind: 'received' });
  return standingOf(seller, written.order, written.reservation, now);
}

/** Whose order this is, or would be. */
export async function tenantOfWanted({ trx }: Work, { orderId, lines }: Pick<WantedOrder, 'orderId' | 'lines'>): Promise<number | undefined> {
  const [known] = await tenantsOfOrder(trx, orderId);
  if (known !== undefined) return known;
  const seller = sellerOf(lines, await findSellables(trx, namesOf(lines)));
  return 'reason' in seller ? undefined : seller.tenantId;
}

/** The order as it stands, when there is one of this id. */
async function findKnown({ trx, now }: Work, orderId: string): Promise<Reserving | undefined> {
  for (const tenantId of await tenantsOfOrder(trx, orderId)) {
    const organization = await maybeOrganizationOf(trx, tenantId);
    const found = organization && (await lockOrder(trx, tenantId, orderId));
    if (found) return standingOf(organization, found.order, (await readReservation(trx, tenantId, orderId)).reservation, now);
  }
  return undefined;
}

function standingOf({ tenantId, organizationId }: Organization, order: Order, reservation: Reservation, now: Date): Reserving {
  const { state, reason } = orderAsOf(order, reservation, now);
  if (state === 'cancelled') return { kind: 'refused', reason: reason ?? 'cancelled', items: [] };
  if (reservation.state === 'requested') return { kind: 'waiting', tenantId };
  const { orderNumber, totalCents, currency } = order;
  return {
    kind: 'reserved', tenantId, organizationId, orderNumber, totalCents, currency,
    reservationId: reservation.reservationId ?? ownReservation(order),
    expiresAt: reservation.expiresAt,
  };
}

const refusedFor = (reason: string, lines: WantedOrder['lines']): Reserving => ({
  kind: 'refused',
  reason,
  items: lines.map(({ productId, quantity }) => ({ productId, requested: quantity, available: 0 })),
});

function refusedShort(chosen: readonly ChosenLine[], { short }: Plan): Reserving {
  const items = short.map(({ variantId, quantity, free }) => {
    const line = chosen.find((one) => one.variantId === variantId) as ChosenLine;
    return { productId: line.wanted, requested: quantity, available: free };
  });
  return { kind: 'refused', reason: 'insufficient_stock', items };
}
