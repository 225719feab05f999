import { answered, wordOf } from './hub.ts';
import { pesos } from './show.ts';
import { isAbout, needOrder, orderFor, stockOf, totalOf, type Shop, type Stage } from './stage.ts';

const DIALECTS = ['core', 'topic-payload', 'topic-data', 'event-data'] as const;

export async function ordersInEveryDialect(stage: Stage, shop: Shop): Promise<void> {
  const { show, hub, run } = stage;
  for (const dialect of DIALECTS) {
    const pedidoId = `${run}-${dialect}`;
    const items = [
      { product: shop.bread, cantidad: 2 },
      { product: shop.cake, cantidad: 1 },
    ];
    const before = await stockOf(stage, shop, shop.bread);
    show.in(`pedido.creado ${pedidoId}  2 × ${shop.bread.name}, 1 × ${shop.cake.name}  (dialect ${dialect})`);
    const delivery = await hub.deliverOne({
      topic: 'pedido.creado',
      dialect,
      payload: orderFor(shop, pedidoId, items),
    });
    const [confirmed] = await hub.hears('pedido.confirmar', isAbout('pedido.confirmar', pedidoId));
    show.out(`${answered(delivery)}, then pedido.confirmar ${String(confirmed?.payload.pedidoId)}`);
    const [order, after] = [await needOrder(stage, shop, pedidoId), await stockOf(stage, shop, shop.bread)];
    show.db(
      `order ${order.orden_id} ${order.estado}, total ${pesos(order.total)}; ${shop.bread.name}: ${before} → ${after}`,
    );
    show.check(
      `dialect ${dialect}: 204, one pendiente order, the stock taken`,
      delivery.status === 204 && order.estado === 'pendiente' && order.total === totalOf(items) && after === before - 2,
      { status: delivery.status, order, before, after },
    );
  }
}

export async function duplicates(stage: Stage, shop: Shop): Promise<void> {
  const { show, hub, run } = stage;
  const pedidoId = `${run}-doble`;
  const payload = orderFor(shop, pedidoId, [{ product: shop.bread, cantidad: 3 }]);
  const before = await stockOf(stage, shop, shop.bread);
  show.in(`pedido.creado ${pedidoId}  3 × ${shop.bread.name}, delivered ten times at once, in all dialects`);
  const deliveries = await hub.deliver({
    topic: 'pedido.creado',
    payload,
    dialect: 'random',
    times: 10,
    concurrency: 10,
  });
  const replays = deliveries.filter(({ headers }) => headers['idempotent-replay'] === 'true').length;
  show.out(`${deliveries.map(({ status }) => status).join(' ')}; ${replays} of them Idempotent-Replay`);
  const after = await stockOf(stage, shop, shop.bread);
  show.db(`${shop.bread.name}: ${before} → ${after}`);
  show.check(
    'ten deliveries, one effect: 204 each, nine of them repeats',
    deliveries.every(({ status }) => status === 204) && replays === 9 && after === before - 3,
    { replays, before, after },
  );

  show.in(`pedido.creado ${pedidoId}  again, but with 5 × ${shop.bread.name}`);
  const other = await hub.deliverOne({
    topic: 'pedido.creado',
    payload: orderFor(shop, pedidoId, [{ product: shop.bread, cantidad: 5 }]),
  });
  show.out(answered(other));
  const [confirmations] = [await hub.hears('pedido.confirmar', isAbout('pedido.confirmar', pedidoId))];
  show.check(
    'the same pedidoId with other content is a conflict and changes nothing',
    other.status === 200 &&
      wordOf(other).success === false &&
      wordOf(other).code === 'conflicto' &&
      (await stockOf(stage, shop, shop.bread)) === after,
    other.body,
  );
  show.check('the hub heard one pedido.confirmar', confirmations.length === 1, confirmations.length);
}
