import { randomUUID } from 'node:crypto';
import type { Work } from '../../../events/work.ts';
import { conflict, notFound } from '../../../kernel/errors.ts';
import type { Cents } from '../../../kernel/money.ts';
import { organizationOf } from '../../../kernel/organizations.ts';
import { findVariants, type VariantStanding } from '../availability/read-model.ts';
import { cartItems, lockCart, type Cart, type CartItem } from '../carts/read-model.ts';
import type { Announce, OrderDetails, OrderingDeps } from '../ports.ts';
import { insertDetails } from './details.ts';
import { writeNewOrder } from './new-order.ts';
import { orderOfCart } from './read-model.ts';
import { closeCart, type PricedLine } from './repository.ts';
import { planOf, type Plan } from './shelves.ts';
import { orderSubject } from './topics.ts';

/**
 * Orders a cart: its stock is set aside and `order.placed` goes out, all at once or not at all. Works as the tenant.
 * Ids are made here and are told to nobody before COMMIT, so that no answer of the inventory can come before its order.
 * A cart that was ordered already stays with its order, so that whoever did not hear the answer may ask again.
 * What is known of who it goes to is kept with it, and announced where that is enough (seed 004).
 * @throws AppError 404 for an unknown cart, 409 for one that cannot be ordered.
 */
export function placeOrder(
  { commands, config, announce }: Pick<OrderingDeps, 'commands' | 'config'> & { announce: Announce },
  tenantId: number, cartId: string, details: OrderDetails,
): Promise<Placed> {
  const orderId = randomUUID();
  const place = async (work: Work): Promise<Placed> => {
    const taken = await takeCart(work, tenantId, cartId);
    if ('orderId' in taken) return { orderId: taken.orderId, repeated: true };
    const { cart, items, stock } = taken;
    refuseGone(items, stock);
    const totalCents = totalOf(items, details);
    refuseFree(totalCents);
    const plan = planOf(items, stock);
    refuseShort(plan);
    const { customerId, currency } = cart;
    const lines = linesOf(items, stock);
    const ttl = config.RESERVATION_TTL;
    const { order } = await writeNewOrder(work, { orderId, tenantId, customerId, currency, cartId, lines, plan, ttl, totalCents });
    await closeCart(work.trx, tenantId, cartId, work.now);
    const organization = await organizationOf(work.trx, tenantId);
    const lacking = await announce(work, { ...order, organization, lines, details });
    await insertDetails(work.trx, order, details, lacking.length === 0 ? { kind: 'published' } : { kind: 'not_published', lacking });
    return { orderId, repeated: false };
  };
  return commands.run({ tenantId }, place, { subject: orderSubject(orderId) });
}

/** The order of a cart; `repeated`: the cart had been ordered before. */
export interface Placed {
  orderId: string;
  repeated: boolean;
}

interface Taken {
  cart: Cart;
  items: CartItem[];
  stock: Map<string, VariantStanding>;
}

/**
 * The cart and what is known of its variants, locked. The variants come first, since whoever handles an event about one
 * holds it before it marks carts; a line that was put in meanwhile is locked behind the others.
 * @returns the order instead, when there is one of this cart.
 */
async function takeCart({ trx, now }: Work, tenantId: number, cartId: string): Promise<Taken | { orderId: string }> {
  const expected = namesOf(await cartItems(trx, tenantId, cartId));
  const stock = await findVariants(trx, tenantId, expected, now, { lock: true });
  const cart = await lockCart(trx, tenantId, cartId);
  if (cart === undefined) throw notFound('El carrito no existe.');
  if (cart.state === 'ordered') return orderOfCart(trx, tenantId, cartId);
  const items = await cartItems(trx, tenantId, cartId);
  if (items.length === 0) throw conflict('El carrito está vacío: agregale algo antes de pedirlo.', 'carrito_vacio');
  if (namesOf(items).every((variantId) => stock.has(variantId))) return { cart, items, stock };
  return { cart, items, stock: await findVariants(trx, tenantId, namesOf(items), now, { lock: true }) };
}

const namesOf = (items: readonly CartItem[]): string[] => items.map(({ variantId }) => variantId);

function refuseGone(items: readonly CartItem[], stock: ReadonlyMap<string, VariantStanding>): void {
  const gone = namesOf(items).filter((variantId) => stock.get(variantId)?.deleted);
  if (gone.length === 0) return;
  throw conflict(`Ya no se vende ${gone.join(', ')}: sacalo del carrito y volvé a pedirlo.`, 'producto_discontinuado');
}

/** Nobody could pay it, and only what is paid is confirmed. */
function refuseFree(totalCents: Cents): void {
  if (totalCents > 0) return;
  throw conflict('El pedido no tiene importe: no hay nada que pagar, así que no se puede pedir.', 'sin_importe');
}

const totalOf = (items: readonly CartItem[], { taxCents, shippingCents, discountCents }: OrderDetails): Cents =>
  items.reduce((sum, { quantity, unitPriceCents }) => sum + quantity * unitPriceCents, 0) + taxCents + shippingCents - discountCents;

function refuseShort({ short }: Plan): void {
  if (short.length === 0) return;
  const what = short.map(({ variantId, quantity, free }) => `${variantId} (pediste ${quantity}, quedan ${free})`);
  throw conflict(`No hay stock suficiente de ${what.join(', ')}.`, 'sin_stock');
}

const linesOf = (items: readonly CartItem[], stock: ReadonlyMap<string, VariantStanding>): PricedLine[] =>
  items.map(({ variantId, quantity, productId, unitPriceCents }) => ({
    variantId,
    quantity,
    productId: productId ?? stock.get(variantId)?.productId ?? null,
    unitPriceCents,
  }));
