import { answered } from './hub.ts';
import { historyOf, isStockOf, needOrder, prepare, stockOf, stockStep, type Shop, type Stage } from './stage.ts';

export async function delivered(stage: Stage, shop: Shop): Promise<void> {
  const { show, hub, run } = stage;
  const order = await needOrder(stage, shop, `${run}-core`);
  await prepare(stage, order);
  show.in(`pedido.entregado ${order.pedido_id}`);
  const delivery = await hub.deliverOne({
    topic: 'pedido.entregado',
    payload: { pedidoId: order.pedido_id, estado: 'ENTREGADO' },
  });
  show.out(answered(delivery));
  const { estado } = await needOrder(stage, shop, order.pedido_id);
  show.db(await historyOf(stage, order));
  show.check('prepared, then delivered: finalizada', delivery.status === 204 && estado === 'finalizada', {
    status: delivery.status,
    estado,
  });
}

export async function cancelled(stage: Stage, shop: Shop): Promise<void> {
  const { show, hub, run } = stage;
  const order = await needOrder(stage, shop, `${run}-topic-payload`);
  const before = await stockOf(stage, shop, shop.bread);
  const steps = await hub.heard(isStockOf(shop, shop.bread));
  show.in(`pedido.cancelado ${order.pedido_id}`);
  const delivery = await hub.deliverOne({
    topic: 'pedido.cancelado',
    dialect: 'event-data',
    payload: { pedidoId: order.pedido_id, estado: 'CANCELADO' },
  });
  const told = (await hub.hears('the stock given back', isStockOf(shop, shop.bread), steps.length + 1)).at(-1);
  const step = told && stockStep(told);
  show.out(`${answered(delivery)}, then stock.actualizado  ${shop.bread.name}: ${step?.anterior} → ${step?.nueva}`);
  const [{ estado }, after] = [await needOrder(stage, shop, order.pedido_id), await stockOf(stage, shop, shop.bread)];
  show.db(`${await historyOf(stage, order)}; ${shop.bread.name}: ${before} → ${after}`);
  show.check(
    'cancelled: the stock is back on the shelf, and the hub knows',
    delivery.status === 204 &&
      estado === 'cancelada' &&
      after === before + 2 &&
      step?.anterior === before &&
      step.nueva === after,
    { status: delivery.status, estado, before, after, step },
  );
}
