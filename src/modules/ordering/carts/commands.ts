import type { Work } from '../../../events/work.ts';
import { badRequest, conflict, notFound } from '../../../kernel/errors.ts';
import { findVariants, type VariantStanding } from '../availability/read-model.ts';
import { cartItems, lockCart, type CartItem } from './read-model.ts';
import { deleteItem, putItem, setQuantity } from './repository.ts';
import { problemsOf, refusalOf, withAdded, withLine, type Addition } from './rules.ts';

/**
 * The variant is locked first and then the cart, as whoever orders the cart does. With the variant locked, an event
 * that takes it off the shelves or out of the catalogue comes before this, and is seen, or after, and finds the line.
 * @throws AppError 404 no such cart, 409 it was ordered or the variant cannot be had, 400 no price or beyond limits.
 */
export async function addItem(work: Work, tenantId: number, cartId: string, addition: Addition): Promise<void> {
  const { trx, now } = work;
  const standings = await findVariants(trx, tenantId, [addition.variantId], now, { lock: true });
  await lockActive(work, tenantId, cartId);
  const known = standings.get(addition.variantId) as VariantStanding; // there is one for each that was asked for
  const refusal = refusalOf(known);
  if (refusal !== undefined) throw conflict(refusal, 'no_disponible');
  const items = await cartItems(trx, tenantId, cartId);
  const line = withAdded(itemOf(items, addition.variantId), addition, known);
  if (line === undefined) {
    throw refused(['unit_price: es obligatorio, porque el catálogo todavía no informó el precio de esta variante.']);
  }
  refuse(problemsOf(withLine(items, line)));
  await putItem(trx, tenantId, cartId, line, now);
}

/**
 * Locks as `addItem` does. Fewer of a variant that cannot be had is always possible, more is not.
 * @throws AppError 404 no such cart or line, 409 it was ordered or the variant cannot be had, 400 beyond limits.
 */
export async function changeQuantity(
  work: Work,
  tenantId: number,
  cartId: string,
  { variantId, quantity }: { variantId: string; quantity: number },
): Promise<void> {
  const { trx, now } = work;
  const standings = await findVariants(trx, tenantId, [variantId], now, { lock: true });
  await lockActive(work, tenantId, cartId);
  const items = await cartItems(trx, tenantId, cartId);
  const before = itemOf(items, variantId);
  if (before === undefined) throw notInCart();
  const refusal = quantity > before.quantity ? refusalOf(standings.get(variantId) as VariantStanding) : undefined;
  if (refusal !== undefined) throw conflict(refusal, 'no_disponible');
  refuse(problemsOf(withLine(items, { ...before, quantity })));
  // An event may have taken it out since it was read: events do not lock carts.
  if (!(await setQuantity(trx, tenantId, cartId, { variantId, quantity }, now))) throw notInCart();
}

/** @throws AppError 404 no such cart or line, 409 it was ordered. */
export async function removeItem(work: Work, tenantId: number, cartId: string, variantId: string): Promise<void> {
  await lockActive(work, tenantId, cartId);
  if (!(await deleteItem(work.trx, tenantId, cartId, variantId, work.now))) throw notInCart();
}

async function lockActive({ trx }: Work, tenantId: number, cartId: string): Promise<void> {
  const cart = await lockCart(trx, tenantId, cartId);
  if (cart === undefined) throw notFound('El carrito no existe.');
  if (cart.state !== 'active') {
    throw conflict('El carrito ya se pidió y no cambia más; abrí uno nuevo.', 'carrito_pedido');
  }
}

const itemOf = (items: readonly CartItem[], wanted: string): CartItem | undefined =>
  items.find(({ variantId }) => variantId === wanted);

const notInCart = () => notFound('La variante no está en el carrito.');

const refused = (problems: readonly string[]) =>
  badRequest(`Hay datos que corregir. ${problems.join(' ')}`, [...problems]);

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw refused(problems);
}
