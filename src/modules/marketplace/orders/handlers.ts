import { inboxId, readInbox } from '../../../events/inbox.ts';
import { done, parked, refused, refusedForNow, type Outcome, type Warning } from '../../../events/outcome.ts';
import type { Received } from '../../../events/registry.ts';
import type { Work } from '../../../events/work.ts';
import { together } from '../../../kernel/database.ts';
import type { StockPort } from '../ports.ts';
import { promotionsInForce, type PromotionInForce } from '../promotions/read-model.ts';
import { readShelves } from '../stock/read-model.ts';
import { readSellers } from './read-model.ts';
import { insertOrders, lockByPedidoId, nextOrderIds, quantitiesOf, writeMove, type NewOrder, type OrderState } from './repository.ts';
import { decideOrders, type Decision, type Picture } from './rules.ts';
import { givesStockBack, stepsFrom, type Estado } from './states.ts';
import { shelfId } from './takings.ts';
import { pedidoConfirmar, pedidoCreado, pedidoRechazado, subjectOf, type PedidoChange, type PedidoCreado } from './topics.ts';

export const SUBSCRIBER = 'marketplace';

export interface OrderHandlerDeps {
  stock: StockPort;
  publishRejections: boolean;
}

/** What a batch of orders is decided on, read in one trip: sellers, shelves, and an id for each order. */
export interface OrdersPicture extends Picture {
  ordenIds: number[];
}

export async function readOrdersPicture(requests: readonly PedidoCreado[], work: Work): Promise<OrdersPicture> {
  const pairs = new Map<string, { comercioId: number; productoId: number }>();
  for (const { comercio_id: comercioId, productos } of requests) {
    for (const { producto_id: productoId } of productos) pairs.set(shelfId(comercioId, productoId), { comercioId, productoId });
  }
  const productoIds = [...new Set([...pairs.values()].map(({ productoId }) => productoId))];
  const [sellers, shelves, ordenIds, promotions] = await together([
    readSellers(work.trx, [...new Set(requests.map((request) => request.comercio_id))]),
    readShelves(work.trx, [...pairs.values()], work.locked),
    // Also for those that will be refused: gaps cost nothing, another trip to the database does.
    nextOrderIds(work.trx, requests.length),
    promotionsInForce(work.trx, productoIds, work.now),
  ]);
  return {
    sellers: new Map(sellers.map((seller) => [seller.comercioId, seller])),
    shelves: new Map(shelves.map((shelf) => [shelfId(shelf.comercioId, shelf.productoId), shelf])),
    promotions: byProduct(promotions),
    ordenIds,
  };
}

/** A product on more promotions than that is looked at with these alone: each costs the batch time. */
const MOST_PROMOTIONS = 20;

function byProduct(promotions: readonly PromotionInForce[]): Map<number, PromotionInForce[]> {
  const grouped = new Map<number, PromotionInForce[]>();
  for (const promotion of promotions) {
    const offers = grouped.get(promotion.productoId);
    if (offers === undefined) grouped.set(promotion.productoId, [promotion]);
    else if (offers.length < MOST_PROMOTIONS) offers.push(promotion);
  }
  return grouped;
}

/**
 * The hot path: decide each order on the picture, write what was decided, set by set. An order that is refused is
 * decided in here like any other and costs its neighbours nothing.
 */
export const createOrdersFromHub =
  ({ stock, publishRejections }: OrderHandlerDeps) =>
  (events: ReadonlyArray<Received<PedidoCreado>>, picture: OrdersPicture, work: Work): Outcome[] => {
    const decisions = decideOrders(events.map(({ payload }) => payload), picture);
    const accepted: Array<NewOrder & { eventId: number }> = [];
    decisions.forEach((decision, index) => {
      const { payload: request, eventId } = events[index] as Received<PedidoCreado>;
      if (decision.accepted) {
        accepted.push({ ordenId: picture.ordenIds[index] as number, request, decision, eventId });
        work.wake(subjectOf(request.pedidoId)); // what came before it is applied by the same commit
      } else if (publishRejections) publishRejection(work, request, decision, eventId);
    });
    if (accepted.length > 0) {
      work.write(() => insertOrders(work.trx, accepted));
      for (const order of accepted) publishConfirmation(work, order);
      stock.applySteps(work, accepted.flatMap(stepsOf));
    }
    return decisions.map((decision) => (decision.accepted ? done(...decision.warnings) : refused(decision.code, decision.message, decision.checks)));
  };

const stepsOf = ({ decision, ordenId, eventId }: NewOrder & { eventId: number }) =>
  decision.takings.map((taking) => ({ ...taking, motivo: 'venta' as const, ordenId, eventId }));

function publishConfirmation(work: Work, { request, decision, eventId }: NewOrder & { eventId: number }): void {
  const { pedidoId, comercio_id, cliente_nombre, direccion_entrega, productos } = request;
  const payload = { pedidoId, comercio_id, cliente_nombre, direccion_entrega, productos };
  work.publish(pedidoConfirmar, payload, { tenantId: decision.seller.tenantId, eventId });
}

function publishRejection(work: Work, request: PedidoCreado, decision: Extract<Decision, { accepted: false }>, eventId: number): void {
  const { pedidoId, comercio_id } = request;
  work.publish(pedidoRechazado, { pedidoId, comercio_id, motivo: decision.code }, { eventId });
}

/** Moves a locked order: its state, its history, its stock, and whatever waited for it to get there. */
export async function moveOrder(work: Work, stock: StockPort, order: OrderState, estado: Estado, causa: string): Promise<void> {
  await writeMove(work.trx, order, estado, causa);
  if (givesStockBack(estado)) await stock.giveBack(work, await quantitiesOf(work.trx, order), order.ordenId);
  work.wake(subjectOf(order.pedidoId));
}

export const finishOrderWhenDelivered =
  ({ stock }: OrderHandlerDeps) =>
  async ({ pedidoId, estado }: PedidoChange, work: Work): Promise<Outcome> => {
    const order = await lockByPedidoId(work.trx, pedidoId);
    if (order === undefined) return beforeItsOrder(pedidoId, work);
    if (order.estado === 'pendiente' || order.estado === 'aceptada') {
      return parked(subjectOf(pedidoId), 'en_espera', `el pedido ${pedidoId} está ${order.estado}; la entrega se aplica cuando esté listo`);
    }
    if (order.estado !== 'listo') return refused('estado_final', `el pedido ${pedidoId} ya está ${order.estado}; la entrega no cambia nada`);
    await moveOrder(work, stock, order, 'finalizada', 'pedido.entregado');
    return done(...contradiction(estado, 'ENTREGADO'));
  };

export const returnStockWhenOrderIsCancelled =
  ({ stock }: OrderHandlerDeps) =>
  async ({ pedidoId, estado }: PedidoChange, work: Work): Promise<Outcome> => {
    const order = await lockByPedidoId(work.trx, pedidoId);
    if (order === undefined) return beforeItsOrder(pedidoId, work);
    if (!stepsFrom(order.estado).includes('cancelada')) {
      return refused('estado_final', `el pedido ${pedidoId} ya está ${order.estado}; no se puede cancelar`);
    }
    await moveOrder(work, stock, order, 'cancelada', 'pedido.cancelado');
    return done(...contradiction(estado, 'CANCELADO'));
  };

/** The order is not here: it was refused, or it is still to come. */
async function beforeItsOrder(pedidoId: string, work: Work): Promise<Outcome> {
  const key = { subscriber: SUBSCRIBER, organization: '', topic: pedidoCreado.name, key: pedidoId };
  const order = (await readInbox(work.trx, [key])).get(inboxId(key));
  // For now: the order may be sent again with other content, and then be accepted.
  if (order?.outcome === 'refused') return refusedForNow('pedido_rechazado', `el pedido ${pedidoId} fue rechazado; no hay nada que cambiar`);
  return parked(subjectOf(pedidoId), 'en_espera', `el pedido ${pedidoId} todavía no llegó; se aplica cuando llegue`);
}

/** The topic says what happened; an `estado` that says otherwise is only remarked upon. */
const contradiction = (estado: string | null | undefined, expected: string): Warning[] =>
  estado == null || estado === expected
    ? []
    : [{ code: 'estado_contradice', message: `el evento dice estado ${estado}; vale el tema, ${expected}` }];
