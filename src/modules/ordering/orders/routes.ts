import { badRequest, causeOf, conflict, notFound } from '../../../kernel/errors.ts';
import { organizationOf } from '../../../kernel/organizations.ts';
import { created, endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import type { Announce, OrderingDeps } from '../ports.ts';
import { changeOrder, type Asked, type Changing } from './change.ts';
import { placeOrder } from './placing.ts';
import { findOrder, listOrders, type OrderView } from './read-model.ts';
import { cancelBody, detailsOf, newOrderBody, orderAnswer, orderParams, ordersAnswer, ordersQuery } from './schemas.ts';
import { orderChanged, orderSubject } from './topics.ts';

type Deps = OrderingDeps & Changing & { announce: Announce };

/** Orders made of carts. */
export const orderEndpoints = (deps: Deps): Endpoint[] => [place(deps), list(deps), show(deps), cancel(deps), complete(deps)];

const tag = 'Compras';
const DEFAULT_REASON = 'customer_request';

const place = (deps: Deps): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/v1/orders',
    tag,
    summary: 'Pedir un carrito',
    description:
      'Aparta el stock hasta que venza la reserva. Mientras no se conozca el stock de alguna variante queda `pending` ' +
      'hasta que conteste el inventario. Repetirlo para el mismo carrito no pide dos veces: con 200 viene el pedido ' +
      'que ya se hizo, como esté ahora. Con dirección de envío y correo (el del cliente, si no viene) se anuncia además ' +
      'con `OrderCreatedEvent`; `order_created_event` dice si salió y, si no, qué faltó.',
    access: deps.users,
    body: newOrderBody,
    example: { cart_id: '3f2504e0-4f89-41d3-9a0c-0305e82c3301' },
    answers: { 200: orderAnswer, 201: orderAnswer },
    problems: [404, 409],
    async handle({ user: { tenantId }, body }) {
      const { orderId, repeated } = await placeOrder(deps, tenantId, body.cart_id, detailsOf(body));
      const order = await shown(deps, tenantId, orderId);
      return repeated ? ok(order) : created(order);
    },
  });

const list = (deps: Deps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/orders',
    tag,
    summary: 'Pedidos, del más nuevo al más viejo',
    access: deps.users,
    query: ordersQuery,
    answers: { 200: ordersAnswer },
    async handle({ user: { tenantId }, query: { state, customer_id: customerId, before, limit } }) {
      const orders = await deps.database.transaction({ tenantId }, (trx) =>
        listOrders(trx, tenantId, { state, customerId, before, limit: limit + 1 }, deps.clock()),
      );
      if (orders === undefined) throw badRequest('before no es el order_id de un pedido tuyo.');
      const page = orders.slice(0, limit);
      return ok({ orders: page, next: orders.length > limit ? (page.at(-1)?.order_id ?? null) : null });
    },
  });

const show = (deps: Deps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/orders/:order_id',
    tag,
    summary: 'Un pedido, con sus pagos y su historia',
    access: deps.users,
    params: orderParams,
    answers: { 200: orderAnswer },
    problems: [404],
    handle: async ({ user: { tenantId }, params: { order_id } }) => ok(await shown(deps, tenantId, order_id)),
  });

const cancel = (deps: Deps): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/v1/orders/:order_id/cancel',
    tag,
    summary: 'Cancelar un pedido',
    description: 'Devuelve el stock y, si ya se pagó, el dinero. Uno entregado o cancelado no se puede cancelar.',
    access: deps.users,
    params: orderParams,
    body: cancelBody,
    example: { reason: 'customer_request' },
    answers: { 200: orderAnswer },
    problems: [404, 409],
    async handle({ user: { tenantId }, params: { order_id }, body: { reason } }) {
      await change(deps, tenantId, order_id, { kind: 'cancelled', reason: reason ?? DEFAULT_REASON });
      await wakeWaiting(deps, order_id);
      return ok(await shown(deps, tenantId, order_id));
    },
  });

const complete = (deps: Deps): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/v1/orders/:order_id/complete',
    tag,
    summary: 'Dar un pedido por entregado',
    description: 'Solo uno confirmado.',
    access: deps.users,
    params: orderParams,
    answers: { 200: orderAnswer },
    problems: [404, 409],
    async handle({ user: { tenantId }, params: { order_id } }) {
      await change(deps, tenantId, order_id, { kind: 'delivered' });
      return ok(await shown(deps, tenantId, order_id));
    },
  });

/** @throws AppError 404 unknown or another tenant's, 409 when it is not in a state for it. */
async function change(deps: Deps, tenantId: number, orderId: string, asked: Asked): Promise<void> {
  await deps.commands.run(
    { tenantId },
    async (work) => {
      const decision = await changeOrder(deps, work, await organizationOf(work.trx, tenantId), orderId, asked);
      if (decision === undefined) throw unknown();
      if (decision.answer !== 'refused') return;
      const { state } = (await findOrder(work.trx, tenantId, orderId, work.now)) ?? {};
      const verb = asked.kind === 'delivered' ? 'dar por entregado' : 'cancelar';
      throw conflict(`El pedido está ${state} y no se puede ${verb}.`, 'estado_del_pedido');
    },
    { subject: orderSubject(orderId) },
  );
}

/** Apart, since a tenant wakes nothing. Should we stop in between, what waits ends at its own deadline. */
const wakeWaiting = ({ commands, log }: Deps, orderId: string): Promise<void> =>
  commands
    .run('system', async (work) => work.wake(orderChanged(orderId)), { subject: orderSubject(orderId) })
    .catch((error: unknown) => void log.warn(`[ORDER] what waits for order ${orderId} was not woken: ${causeOf(error)}`));

async function shown({ database, clock }: Deps, tenantId: number, orderId: string): Promise<OrderView> {
  const order = await database.transaction({ tenantId }, (trx) => findOrder(trx, tenantId, orderId, clock()));
  if (order === undefined) throw unknown();
  return order;
}

const unknown = () => notFound('El pedido no existe.');
