import { z } from 'zod';
import { AppError, forbidden } from '../../../kernel/errors.ts';
import { endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import { pathBigId, pathId } from '../../../kernel/rest/schemas.ts';
import type { ModuleDeps } from '../../module.ts';
import { access } from '../access.ts';
import type { OrderActions } from './actions.ts';
import { orderExists, ordersOfSeller, type OrderView } from './read-model.ts';
import { moveBody, orderAnswer, ordersAnswer } from './schemas.ts';

const tag = 'Órdenes';
const success = true as const;
const oneOrder = z.object({ id: pathBigId });

/** Section 9 of the REST contract: a seller's orders, one order with its story, and its moves. */
export const orderEndpoints = (deps: ModuleDeps, actions: OrderActions): Endpoint[] => {
  const guard = access(deps);
  return [
    endpoint({
      method: 'get',
      path: '/api/orders/detail/:id',
      tag,
      summary: 'Una orden, con sus productos y su historia',
      access: guard.user,
      params: oneOrder,
      answers: { 200: orderAnswer },
      problems: [404],
      async handle({ user, params: { id } }) {
        const data = await toldApart(deps, id, actions.detail(user, id));
        return ok({ success, data });
      },
    }),
    endpoint({
      method: 'get',
      path: '/api/orders/:id',
      tag,
      summary: 'Las órdenes de un comercio, de la más nueva a la más vieja',
      access: guard.user,
      params: z.object({ id: pathId() }),
      answers: { 200: ordersAnswer },
      problems: [404],
      async handle({ user, params: { id: comercioId } }) {
        const { tenantId } = user;
        await guard.seller(user, comercioId);
        const pages = ordersOfSeller((query) => deps.database.transaction({ tenantId }, query), tenantId, comercioId);
        return { status: 200 as const, stream: asList(pages) };
      },
    }),
    endpoint({
      method: 'patch',
      path: '/api/orders/:id',
      tag,
      summary: 'Mover una orden a otro estado',
      access: guard.user,
      params: oneOrder,
      body: moveBody,
      example: { estado: 'listo' },
      answers: { 200: orderAnswer },
      problems: [404, 409],
      async handle({ user, params: { id }, body }) {
        const data = await toldApart(deps, id, actions.move(user, id, body.estado));
        return ok({ success, data });
      },
    }),
  ];
};

/** To the panel another tenant's order is one that is not there; REST says 403, as it does for sellers and products. */
const toldApart = <Order>({ database }: ModuleDeps, ordenId: number, order: Promise<Order>): Promise<Order> =>
  order.catch(async (error: unknown) => {
    const missing = error instanceof AppError && error.status === 404;
    const exists = missing && (await database.transaction('system', (trx) => orderExists(trx, ordenId)));
    throw exists ? forbidden('No tenés acceso a esta orden.') : error;
  });

/** `{success, data: […]}`, a page at a time. */
async function* asList(pages: AsyncIterable<OrderView[]>): AsyncIterable<string> {
  let before = '{"success":true,"data":[';
  for await (const orders of pages) {
    if (orders.length === 0) continue;
    yield before + orders.map((order) => JSON.stringify(order)).join();
    before = ',';
  }
  yield `${before === ',' ? '' : before}]}`;
}
