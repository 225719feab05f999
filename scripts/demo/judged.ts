import { answered, wordOf } from './hub.ts';
import { pesos } from './show.ts';
import { findOrder, needOrder, orderFor, stockOf, type Shop, type Stage } from './stage.ts';

export async function otherPrice(stage: Stage, shop: Shop): Promise<void> {
  const { show, hub, run } = stage;
  const pedidoId = `${run}-precio`;
  const items = [{ product: shop.cake, cantidad: 1, precio: 11_999.9 }];
  const prices = `at ${pesos(11_999.9)} (the catalogue says ${pesos(shop.cake.price)})`;
  show.in(`pedido.creado ${pedidoId}  1 × ${shop.cake.name} ${prices}`);
  const delivery = await hub.deliverOne({ topic: 'pedido.creado', payload: orderFor(shop, pedidoId, items) });
  show.out(answered(delivery));
  const order = await needOrder(stage, shop, pedidoId);
  show.db(`order ${order.orden_id} ${order.estado}, total ${pesos(order.total)}`);
  show.check(
    'another price: accepted at the price of the order, with a warning',
    delivery.status === 200 &&
      wordOf(delivery).success === true &&
      wordOf(delivery).code === 'precio_distinto' &&
      order.total === 11_999.9,
    { status: delivery.status, body: delivery.body, order },
  );
}

export async function withoutStock(stage: Stage, shop: Shop): Promise<void> {
  const { show, hub, run } = stage;
  const pedidoId = `${run}-sin-stock`;
  const payload = orderFor(shop, pedidoId, [
    { product: shop.bread, cantidad: 1 },
    { product: shop.pie, cantidad: 3 },
  ]);
  const before = await stockOf(stage, shop, shop.bread);
  show.in(`pedido.creado ${pedidoId}  1 × ${shop.bread.name}, 3 × ${shop.pie.name} (there are 2)`);
  const [first, again] = [
    await hub.deliverOne({ topic: 'pedido.creado', payload }),
    await hub.deliverOne({ topic: 'pedido.creado', payload }),
  ];
  show.out(answered(first));
  show.out(answered(again));
  const said = wordOf(first);
  show.check(
    'refused whole; the warning names the cause',
    first.status === 200 &&
      said.success === false &&
      said.code === 'sin_stock' &&
      Boolean(said.message?.includes(shop.pie.name)),
    first.body,
  );
  show.check(
    'a repeat gets the same answer, as a replay',
    again.status === first.status &&
      JSON.stringify(again.body) === JSON.stringify(first.body) &&
      again.headers['idempotent-replay'] === 'true',
    { status: again.status, body: again.body },
  );
  const [order, after] = [await findOrder(stage, shop, pedidoId), await stockOf(stage, shop, shop.bread)];
  show.db(`no order; ${shop.bread.name}: ${before} → ${after}`);
  show.check('no order, no stock taken', order === undefined && before === after, { order, before, after });
}
