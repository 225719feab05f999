import { together, type Sql } from '../../../kernel/database.ts';
import { notFound } from '../../../kernel/errors.ts';
import { created, endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import type { OrderingDeps } from '../ports.ts';
import { addItem, changeQuantity, removeItem } from './commands.ts';
import { cartItems, findCart } from './read-model.ts';
import { insertCart } from './repository.ts';
import { cartAnswer, cartPath, itemPath, newCartBody, newItemBody, quantityBody, shownCart } from './schemas.ts';

const tag = 'Carritos';

export const cartEndpoints = (deps: OrderingDeps): Endpoint[] => [
  open(deps),
  show(deps),
  add(deps),
  change(deps),
  remove(deps),
];

const open = ({ commands, users }: OrderingDeps): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/v1/carts',
    tag,
    summary: 'Abrir un carrito',
    access: users,
    body: newCartBody,
    example: { customer_id: 'cus_1', currency: 'ARS' },
    answers: { 201: cartAnswer },
    async handle({ user: { tenantId }, body }) {
      const cart = await commands.run({ tenantId }, async ({ trx, now }) =>
        shown(trx, tenantId, await insertCart(trx, tenantId, body, now)),
      );
      return created(cart);
    },
  });

const show = ({ database, users }: OrderingDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/carts/:cart_id',
    tag,
    summary: 'Un carrito',
    access: users,
    params: cartPath,
    answers: { 200: cartAnswer },
    problems: [404],
    handle: async ({ user: { tenantId }, params: { cart_id } }) =>
      ok(await database.transaction({ tenantId }, (trx) => shown(trx, tenantId, cart_id))),
  });

const add = ({ commands, users }: OrderingDeps): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/v1/carts/:cart_id/items',
    tag,
    summary: 'Poner algo en el carrito',
    description:
      'Si la variante ya está, las cantidades se suman. El precio es el del catálogo; `unit_price` cuenta solo ' +
      'mientras el catálogo no lo informó. Una variante agotada o eliminada no se puede poner (`no_disponible`).',
    access: users,
    params: cartPath,
    body: newItemBody,
    example: { variant_id: 'var_789', quantity: 2, unit_price: 29.99, product_id: 'prod_123' },
    answers: { 200: cartAnswer },
    problems: [404, 409],
    async handle({ user: { tenantId }, params: { cart_id }, body }) {
      const { variant_id: variantId, quantity, unit_price: unitPriceCents, product_id: productId } = body;
      const cart = await commands.run({ tenantId }, async (work) => {
        await addItem(work, tenantId, cart_id, { variantId, quantity, unitPriceCents, productId });
        return shown(work.trx, tenantId, cart_id);
      });
      return ok(cart);
    },
  });

const change = ({ commands, users }: OrderingDeps): Endpoint =>
  endpoint({
    method: 'patch',
    path: '/api/v1/carts/:cart_id/items/:variant_id',
    tag,
    summary: 'Cambiar la cantidad',
    access: users,
    params: itemPath,
    body: quantityBody,
    example: { quantity: 3 },
    answers: { 200: cartAnswer },
    problems: [404, 409],
    async handle({ user: { tenantId }, params: { cart_id, variant_id: variantId }, body: { quantity } }) {
      const cart = await commands.run({ tenantId }, async (work) => {
        await changeQuantity(work, tenantId, cart_id, { variantId, quantity });
        return shown(work.trx, tenantId, cart_id);
      });
      return ok(cart);
    },
  });

const remove = ({ commands, users }: OrderingDeps): Endpoint =>
  endpoint({
    method: 'delete',
    path: '/api/v1/carts/:cart_id/items/:variant_id',
    tag,
    summary: 'Sacar algo del carrito',
    access: users,
    params: itemPath,
    answers: { 200: cartAnswer },
    problems: [404, 409],
    async handle({ user: { tenantId }, params: { cart_id, variant_id } }) {
      const cart = await commands.run({ tenantId }, async (work) => {
        await removeItem(work, tenantId, cart_id, variant_id);
        return shown(work.trx, tenantId, cart_id);
      });
      return ok(cart);
    },
  });

/** @throws AppError 404 unknown, or another tenant's, which row-level security hides. */
async function shown(trx: Sql, tenantId: number, cartId: string) {
  const [cart, items] = await together([findCart(trx, tenantId, cartId), cartItems(trx, tenantId, cartId)]);
  if (cart === undefined) throw notFound('El carrito no existe.');
  return shownCart(cart, items);
}
