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

/** A promotion is in force: the total comes lower than the sum of the prices, and that surprises nobody. */
export async function promoted(stage: Stage, shop: Shop): Promise<void> {
  const { show, rest, hub, run } = stage;
  const day = (offset: number) => new Date(Date.now() + offset * 86_400_000).toISOString().slice(0, 10);
  const promotion = {
    nombre: 'Semana de la torta',
    tipo_promocion: 'porcentaje',
    valor_descuento: 25,
    fecha_inicio: day(-1),
    fecha_fin: day(2),
    lista_productos: [String(shop.cake.id)],
  };
  show.in(`POST /api/promotions  ${promotion.valor_descuento} % off ${shop.cake.name}`);
  await rest.need('POST', '/api/promotions', promotion);
  const pedidoId = `${run}-promo`;
  const total = shop.cake.price * 0.75;
  show.in(`pedido.creado ${pedidoId}  1 × ${shop.cake.name} at ${pesos(shop.cake.price)}, total ${pesos(total)}`);
  const payload = { ...orderFor(shop, pedidoId, [{ product: shop.cake, cantidad: 1 }]), total };
  const delivery = await hub.deliverOne({ topic: 'pedido.creado', payload });
  show.out(answered(delivery));
  const { orden_id } = await needOrder(stage, shop, pedidoId);
  const { data } = await rest.need('GET', `/api/orders/detail/${orden_id}`);
  const [line] = (data as { productos: Array<{ promocion: string | null; descuento: number; iva_pct: number }> }).productos;
  show.db(`line: promotion ${String(line?.promocion)}, ${pesos(line?.descuento ?? 0)} off, IVA ${line?.iva_pct} %`);
  show.check(
    'the promotion explains the lower total: no warning, and the line keeps it',
    delivery.status === 204 && line?.promocion === promotion.nombre && line.descuento === shop.cake.price - total,
    { status: delivery.status, body: delivery.body, line },
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
