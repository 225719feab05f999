import { conflict, notFound } from '../../../kernel/errors.ts';
import type { ModuleDeps } from '../../module.ts';
import { access, type AuthUser } from '../access.ts';
import type { StockPort } from '../ports.ts';
import { moveOrder } from './handlers.ts';
import { orderDetail, type OrderDetail } from './read-model.ts';
import { lockOrder } from './repository.ts';
import { stepsFrom, type Estado } from './states.ts';
import { subjectOf } from './topics.ts';

/** What a person may do with one order, over REST and in the panel alike. */
export interface OrderActions {
  /** @throws AppError 404 unknown or another tenant's, 403 for an operator of other sellers. */
  detail(user: AuthUser, ordenId: number): Promise<OrderDetail>;
  /** Takes one step and answers the order as it is then. @throws AppError as `detail`, 409 for a step that is not allowed. */
  move(user: AuthUser, ordenId: number, estado: Estado): Promise<OrderDetail>;
}

export function createOrderActions(deps: ModuleDeps, stock: StockPort): OrderActions {
  const guard = access(deps);

  const detail = async (user: AuthUser, ordenId: number): Promise<OrderDetail> => {
    const { tenantId } = user;
    const order = await deps.database.transaction({ tenantId }, (trx) => orderDetail(trx, tenantId, ordenId));
    if (order === undefined) throw notFound(`La orden ${ordenId} no existe.`);
    guard.order(user, order);
    return order;
  };

  const move = async (user: AuthUser, ordenId: number, estado: Estado): Promise<OrderDetail> => {
    const { pedido_id } = await detail(user, ordenId);
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
    return detail(user, ordenId);
  };

  return { detail, move };
}
