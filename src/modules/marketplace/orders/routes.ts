import { z } from 'zod';
import { endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import { pathBigId, pathId } from '../../../kernel/rest/schemas.ts';
import type { ModuleDeps } from '../../module.ts';
import { access } from '../access.ts';
import type { OrderActions } from './actions.ts';
import { ordersOfSeller } from './read-model.ts';
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
      handle: async ({ user, params }) => ok({ success, data: await actions.detail(user, params.id) }),
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
        const data = await deps.database.transaction({ tenantId }, (trx) => ordersOfSeller(trx, tenantId, comercioId));
        return ok({ success, data });
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
      handle: async ({ user, params, body }) =>
        ok({ success, data: await actions.move(user, params.id, body.estado) }),
    }),
  ];
};
