import type { Router } from 'express';
import { z } from 'zod';
import { conflict, notFound } from '../../../kernel/errors.ts';
import { parseBody } from '../../../kernel/rest/validation.ts';
import type { ModuleDeps } from '../../module.ts';
import { access, currentUser, parseId, type AuthUser } from '../access.ts';
import type { StockPort } from '../ports.ts';
import { moveOrder } from './handlers.ts';
import { orderDetail, ordersOfSeller, type OrderDetail } from './read-model.ts';
import { lockOrder } from './repository.ts';
import { ESTADOS, stepsFrom } from './rules.ts';
import { subjectOf } from './topics.ts';

const moveBody = z.object({ estado: z.enum(ESTADOS) });

/** Section 9 of the REST contract: a seller's orders, one order with its story, and its moves. */
export const orderRoutes = (deps: ModuleDeps, stock: StockPort) => (router: Router): void => {
  const guard = access(deps);

  const detailFor = async (user: AuthUser, ordenId: number): Promise<OrderDetail> => {
    const order = await deps.database.transaction({ tenantId: user.tenantId }, (trx) => orderDetail(trx, user.tenantId, ordenId));
    if (order === undefined) throw notFound(`La orden ${ordenId} no existe.`);
    await guard.seller(user, order.comercio_id);
    return order;
  };

  router.get('/orders/detail/:ordenId', guard.user, async (req, res) => {
    res.json({ success: true, data: await detailFor(currentUser(req), parseId(String(req.params.ordenId), 'orden_id', Number.MAX_SAFE_INTEGER)) });
  });

  router.get('/orders/:comercioId', guard.user, async (req, res) => {
    const user = currentUser(req);
    const comercioId = parseId(String(req.params.comercioId), 'comercio_id');
    await guard.seller(user, comercioId);
    const data = await deps.database.transaction({ tenantId: user.tenantId }, (trx) => ordersOfSeller(trx, user.tenantId, comercioId));
    res.json({ success: true, data });
  });

  router.patch('/orders/:ordenId', guard.user, async (req, res) => {
    const user = currentUser(req);
    const ordenId = parseId(String(req.params.ordenId), 'orden_id', Number.MAX_SAFE_INTEGER);
    const { estado } = parseBody(moveBody, req);
    const { pedido_id } = await detailFor(user, ordenId);
    // As the system: a move may apply parked events, which belong to no tenant. Every statement names the tenant.
    await deps.commands.run(
      'system',
      async (work) => {
        const order = await lockOrder(work.trx, user.tenantId, ordenId);
        if (order === undefined) throw notFound(`La orden ${ordenId} no existe.`);
        if (!stepsFrom(order.estado).includes(estado)) {
          const allowed = stepsFrom(order.estado).join(', ') || 'ninguno: es un estado final';
          throw conflict(`La orden está ${order.estado} y no puede pasar a ${estado}; pasos posibles: ${allowed}.`);
        }
        await moveOrder(work, stock, order, estado, `${user.rol} ${user.usuarioId}`);
      },
      { subject: subjectOf(pedido_id) },
    );
    res.json({ success: true, data: await detailFor(user, ordenId) });
  });
};
