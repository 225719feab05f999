import { strict as assert } from 'node:assert';
import { outboxDrained, proveNothingLostOrDoubled } from '../support/invariants.ts';
import { sendAll, type Answered, type HubEvent } from '../support/sender.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { openShop, orderOf, proveStock, type Shop } from '../support/shop.ts';

const [ORDERS, UNITS] = [400, 100];

describe(`${ORDERS} orders for ${UNITS} units, every one sent twice, over 16 connections in every dialect`, () => {
  let service: TestService;
  let shop: Shop;
  let answers: Answered[];

  before(async () => {
    service = await startTestService({ settings: { ROLES: 'web,relay' } });
    shop = await openShop(service.database, { stock: UNITS, preparacion: 'automatica' });
    const orders = Array.from({ length: ORDERS }, (_, n): HubEvent => ({ topic: 'pedido.creado', payload: orderOf(shop, `pedido-${n}`) }));
    answers = await sendAll(service.hub, orders.flatMap((order) => [order, order]));
    await outboxDrained(service.database);
  });
  after(() => service.close());

  const answersByOrder = () => {
    const byOrder = new Map<string, Answered[]>();
    for (const answered of answers) {
      const pedidoId = String(answered.event.payload.pedidoId);
      byOrder.set(pedidoId, [...(byOrder.get(pedidoId) ?? []), answered]);
    }
    return byOrder;
  };

  it(`accepts exactly ${UNITS}, leaves nothing on the shelf, and confirms each`, async () => {
    const accepted = [...answersByOrder().values()].filter(([first]) => first?.result.status === 204);
    assert.equal(accepted.length, UNITS);
    assert.equal((await proveStock(service.database, shop))[0]?.cantidad, 0);
    assert.equal(service.hub.published('pedido.confirmar').length, UNITS);
    await proveNothingLostOrDoubled({ ...service, shop, answers });
  });

  it('says of each refusal why', () => {
    const refused = answers.filter(({ result }) => result.status !== 204).map(({ result }) => result);
    assert.equal(refused.length, 2 * (ORDERS - UNITS));
    for (const { status, body } of refused) {
      const { success, code, message } = body as { success: boolean; code: string; message: string };
      assert.deepEqual([status, success, code], [200, false, 'sin_stock']);
      assert.match(message, /pedidos 1, disponibles 0/);
    }
  });

  it('gives each repeat the answer of the first, and says that it is one', () => {
    for (const [pedidoId, [one, other]] of answersByOrder()) {
      assert.deepEqual([one?.result.status, one?.result.body], [other?.result.status, other?.result.body], pedidoId);
      const replays = [one, other].filter((answered) => answered?.result.headers['idempotent-replay'] === 'true');
      assert.equal(replays.length, 1, pedidoId);
    }
  });

  it('tells in stock messages every step from the first unit to the last', () => {
    const steps = service.hub.published('stock.actualizado').map(({ payload }) => payload.stock as Record<string, number>);
    assert.deepEqual(steps, Array.from({ length: UNITS }, (_, n) => ({ cantidad_anterior: UNITS - n, cantidad_nueva: UNITS - n - 1 })));
  });
});
