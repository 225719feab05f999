import { answered, wordOf } from './hub.ts';
import { findOrder, historyOf, needOrder, orderFor, prepare, stockOf, type Shop, type Stage } from './stage.ts';

/** What comes before its time, and what nobody asked for. */
export async function deliveredEarly(stage: Stage, shop: Shop): Promise<void> {
  const { show, hub, run } = stage;
  const pedidoId = `${run}-temprano`;
  show.in(`pedido.creado ${pedidoId}  1 × ${shop.pie.name}`);
  await hub.deliverOne({
    topic: 'pedido.creado',
    payload: orderFor(shop, pedidoId, [{ product: shop.pie, cantidad: 1 }]),
  });
  show.in(`delivery.successful ${pedidoId}  (the older name of pedido.entregado), while the order is still pendiente`);
  const early = await hub.deliverOne({ topic: 'delivery.successful', payload: { pedidoId, estado: 'entregado' } });
  show.out(answered(early));
  const order = await needOrder(stage, shop, pedidoId);
  show.check(
    'a delivery before its time is parked, and the order stays as it is',
    early.status === 200 && wordOf(early).code === 'en_espera' && order.estado === 'pendiente',
    { status: early.status, body: early.body, order },
  );
  await prepare(stage, order);
  const { estado } = await needOrder(stage, shop, pedidoId);
  show.db(await historyOf(stage, order));
  show.check('once it is listo, the parked delivery applies itself: finalizada', estado === 'finalizada', estado);
}

export async function cancelledEarly(stage: Stage, shop: Shop): Promise<void> {
  const { show, hub, run } = stage;
  const pedidoId = `${run}-antes`;
  const before = await stockOf(stage, shop, shop.pie);
  show.in(`pedido.cancelado ${pedidoId}, before its order`);
  const early = await hub.deliverOne({ topic: 'pedido.cancelado', payload: { pedidoId, estado: 'CANCELADO' } });
  show.out(answered(early));
  show.check(
    'parked; there is no order',
    early.status === 200 &&
      wordOf(early).code === 'en_espera' &&
      (await findOrder(stage, shop, pedidoId)) === undefined,
    early.body,
  );
  show.in(`pedido.creado ${pedidoId}  1 × ${shop.pie.name}`);
  const late = await hub.deliverOne({
    topic: 'pedido.creado',
    payload: orderFor(shop, pedidoId, [{ product: shop.pie, cantidad: 1 }]),
  });
  show.out(answered(late));
  const [order, after] = [await needOrder(stage, shop, pedidoId), await stockOf(stage, shop, shop.pie)];
  show.db(`${await historyOf(stage, order)}; ${shop.pie.name}: ${before} → ${after}`);
  show.check(
    'the late order is cancelled by the commit that creates it; no stock is lost',
    order.estado === 'cancelada' && after === before,
    { order, before, after },
  );
}

export async function strangers({ show, hub, run }: Stage): Promise<void> {
  const topic = `clima.demo-${run}`;
  show.in(`${topic}  {grados: 21}`);
  const unknown = await hub.deliverOne({ topic, payload: { grados: 21 }, dialect: 'topic-data' });
  show.out(answered(unknown));
  show.check(
    'an unknown topic is kept and answered, not refused at the door',
    unknown.status === 200 && wordOf(unknown).success === false && wordOf(unknown).code === 'tema_desconocido',
    unknown.body,
  );

  show.in('pedido.creado without products');
  const invalid = await hub.deliverOne({
    topic: 'pedido.creado',
    payload: { pedidoId: `${run}-roto`, comercio_id: 1 },
  });
  show.out(answered(invalid));
  show.check(
    'an invalid event says what is wrong with it',
    invalid.status === 200 &&
      wordOf(invalid).code === 'contenido_invalido' &&
      Boolean(wordOf(invalid).message?.includes('productos')),
    invalid.body,
  );
}
