import assert from 'node:assert/strict';
import { orderOf } from '../../support/shop.ts';
import { openOrdersBench, type Counter, type OrdersBench } from './orders-support.ts';

const MOMENT = /^\d{4}-\d{2}-\d{2}T[\d:.]+Z$/;

describe('orders over REST', () => {
  let bench: OrdersBench;
  let shop: Counter;
  let other: Counter;
  before(async () => {
    bench = await openOrdersBench();
    [shop, other] = [await bench.open({ productos: 2 }), await bench.open()];
  });
  after(() => bench.close());

  const create = async (id: string, at: Counter = shop): Promise<number> => {
    assert.equal((await bench.tell('pedido.creado', orderOf(at, id, { cantidad: 2 }))).status, 204);
    return (await bench.order(id))?.orden_id ?? 0;
  };
  type Data = Record<string, unknown> & { historial: Array<{ estado: string; fecha: string; causa: string }> };
  const dataOf = ({ status, body }: { status: number; body: Record<string, unknown> }): Data => {
    assert.deepEqual([status, body['success']], [200, true], JSON.stringify(body));
    return body['data'] as Data;
  };

  it("lists a seller's orders, newest first, with numbers as numbers", async () => {
    const fresh = await bench.open();
    const ids = [await create('REST-1', fresh), await create('REST-2', fresh)];
    const list = dataOf(await fresh.call('GET', `/orders/${fresh.comercioId}`)) as unknown as Data[];
    assert.deepEqual(list.map(({ orden_id }) => orden_id), ids.reverse());
    const { fecha_creacion, fecha_actualizacion, ...order } = list[1] as Data;
    assert.match(String(fecha_creacion), MOMENT);
    assert.match(String(fecha_actualizacion), MOMENT);
    assert.deepEqual(order, {
      orden_id: ids[1], pedido_id: 'REST-1', tenant_id: fresh.tenantId, comercio_id: fresh.comercioId, cliente_nombre: 'Juan Pérez',
      medios_pago: 'fiat', estado: 'pendiente', total: 901.5, direccion_entrega: 'Av. Corrientes 1234, CABA',
    });
    assert.deepEqual(dataOf(await (await bench.open()).call('GET', `/orders/${fresh.comercioId + 1}`)), []);
  });

  it("improvement 25: shows the event's means of payment, and says so when its total is not the sum", async () => {
    const fresh = await bench.open();
    const tell = (id: string, more: object) => bench.tell('pedido.creado', { ...orderOf(fresh, id), ...more });
    assert.equal((await tell('PAY-1', { medios_pago: 'crypto' })).status, 204);
    assert.equal((await tell('PAY-2', { medios_pago: undefined, total: undefined })).status, 204);
    const told = await tell('PAY-3', { total: 400 });
    assert.deepEqual([told.status, told.success, told.code], [200, true, 'total_distinto']);
    assert.match(told.message ?? '', /total informado 400 .*450\.75/);
    const list = dataOf(await fresh.call('GET', `/orders/${fresh.comercioId}`)) as unknown as Data[];
    assert.deepEqual(list.map(({ medios_pago, total }) => [medios_pago, total]), [['fiat', 450.75], ['fiat', 450.75], ['crypto', 450.75]]);
  });

  it('lists a history longer than any page, whole and in order, though many came at one moment', async () => {
    const long = await bench.open();
    await bench.service.database.transaction('system', (trx) =>
      trx.run(
        `INSERT INTO orders (tenant_id, comercio_id, pedido_id, cliente_nombre, direccion_entrega, medios_pago, estado,
           total_centavos, fecha_creacion)
         SELECT $1, $2, 'largo-' || n, 'x', 'y', 'fiat', 'finalizada', n, timestamptz '2024-01-01' + (n / 700) * interval '1 s'
         FROM generate_series(1, 2500) AS n`,
        [long.tenantId, long.comercioId],
      ),
    );
    const orders = (await long.call('GET', `/orders/${long.comercioId}`)).body.data as Array<{ orden_id: number; fecha_creacion: string }>;
    assert.equal(new Set(orders.map(({ orden_id }) => orden_id)).size, 2500);
    const sorted = [...orders].sort((a, b) => b.fecha_creacion.localeCompare(a.fecha_creacion) || b.orden_id - a.orden_id);
    assert.deepEqual(orders, sorted);
  });

  it('shows one order with its lines and its story', async () => {
    const id = await create('REST-3');
    await shop.move(id, 'aceptada');
    const { productos, historial, estado } = dataOf(await shop.call('GET', `/orders/detail/${id}`));
    assert.equal(estado, 'aceptada');
    assert.deepEqual(productos, [
      { producto_id: shop.productos[0], nombre_producto: 'Producto 1', cantidad: 2, precio_unitario: 450.75, subtotal: 901.5, iva_pct: 21, promocion: null, descuento: 0 },
    ]);
    assert.deepEqual(historial.map((step) => step.estado), ['pendiente', 'aceptada']);
    for (const { fecha, causa } of historial) assert.ok(MOMENT.test(fecha) && causa !== '');
  });

  it('moves an order along every allowed way, and answers with where it is', async () => {
    const ways = [
      ['aceptada', 'listo', 'finalizada'], ['listo', 'finalizada'], ['aceptada', 'cancelada'], ['listo', 'cancelada'], ['cancelada'], ['rechazada'],
    ];
    for (const [index, way] of ways.entries()) {
      const id = await create(`WAY-${index}`);
      for (const step of way) assert.equal(dataOf(await shop.move(id, step))['estado'], step);
      const { historial } = dataOf(await shop.call('GET', `/orders/detail/${id}`));
      assert.deepEqual(historial.map((step) => step.estado), ['pendiente', ...way]);
    }
  });

  it('refuses every other step with 409 and says which there are, and what is no state with 400', async () => {
    const refusals: Array<[way: string[], steps: string[]]> = [
      [[], ['pendiente', 'finalizada']],
      [['aceptada'], ['pendiente', 'aceptada', 'rechazada', 'finalizada']],
      [['listo'], ['pendiente', 'aceptada', 'rechazada', 'listo']],
      [['rechazada'], ['pendiente', 'aceptada', 'listo', 'cancelada', 'finalizada']],
      [['cancelada'], ['pendiente', 'cancelada', 'rechazada', 'listo']],
      [['listo', 'finalizada'], ['cancelada', 'listo', 'finalizada']],
    ];
    for (const [index, [way, steps]] of refusals.entries()) {
      const id = await create(`NO-${index}`);
      for (const step of way) await shop.move(id, step);
      const before = dataOf(await shop.call('GET', `/orders/detail/${id}`));
      for (const step of steps) {
        const { status, body } = await shop.move(id, step);
        assert.deepEqual([status, body['success'], typeof body['message']], [409, false, 'string'], `${way.join()} → ${step}`);
      }
      assert.deepEqual(dataOf(await shop.call('GET', `/orders/detail/${id}`)), before);
    }
    const id = await create('NO-STATE');
    for (const estado of ['entregada', 'LISTO', '', null, 1, undefined]) {
      assert.equal((await shop.call('PATCH', `/orders/${id}`, { estado })).status, 400, String(estado));
    }
  });

  it('gives the stock back on a rejection or a cancellation, once, and publishes it', async () => {
    for (const estado of ['rechazada', 'cancelada']) {
      const fresh = await bench.open({ stock: 10 });
      const id = await create(`BACK-${estado}`, fresh);
      assert.deepEqual(await bench.stockOf(fresh), [8]);
      await fresh.move(id, estado);
      assert.equal((await fresh.move(id, estado)).status, 409);
      assert.deepEqual(await bench.stockOf(fresh), [10]);
      assert.deepEqual(await bench.announced(fresh, 2), [[10, 8], [8, 10]]);
    }
  });

  it('lets one of two people move it who want different things at the same moment', async () => {
    const fresh = await bench.open({ stock: 100 });
    for (let n = 0; n < 5; n += 1) {
      const id = await create(`BOTH-${n}`, fresh);
      const moves = await Promise.all(['rechazada', 'cancelada', 'rechazada', 'cancelada'].map((estado) => fresh.move(id, estado)));
      assert.deepEqual(moves.map(({ status }) => status).sort(), [200, 409, 409, 409]);
    }
    assert.deepEqual(await bench.stockOf(fresh), [100]);
  });

  it("a cancellation by the hub and a person's move at the same moment end in one state", async () => {
    const fresh = await bench.open({ stock: 100 });
    for (let n = 0; n < 10; n += 1) {
      const id = await create(`HUB-${n}`, fresh);
      const [told, moved] = await Promise.all([bench.tell('pedido.cancelado', { pedidoId: `HUB-${n}` }), fresh.move(id, 'rechazada')]);
      assert.ok([[204, 409], [200, 200]].some(([a, b]) => told.status === a && moved.status === b), `${told.status} ${moved.status}`);
    }
    assert.deepEqual(await bench.stockOf(fresh), [100]);
  });

  it("shows nobody another tenant's orders, nor lets them be moved", async () => {
    const id = await create('MINE');
    assert.equal((await other.call('GET', `/orders/${shop.comercioId}`)).status, 403);
    assert.equal((await other.call('GET', '/orders/999999')).status, 404);
    for (const [method, path] of [['GET', `/orders/detail/${id}`], ['PATCH', `/orders/${id}`]] as const) {
      const { status, body } = await other.call(method, path, method === 'PATCH' ? { estado: 'cancelada' } : undefined);
      assert.deepEqual([status, body['success'], body['message']], [403, false, 'No tenés acceso a esta orden.'], method);
    }
    assert.equal((await bench.order('MINE'))?.estado, 'pendiente');
  });

  it('answers bad ids with 400 and nobody signed in with 401', async () => {
    for (const bad of ['abc', '0', '-1', '1.5', '1e3', '99999999999999999999']) {
      assert.equal((await shop.call('GET', `/orders/${bad}`)).status, 400, bad);
      assert.equal((await shop.call('GET', `/orders/detail/${bad}`)).status, 400, bad);
      assert.equal((await shop.call('PATCH', `/orders/${bad}`, { estado: 'listo' })).status, 400, bad);
    }
    assert.equal((await shop.call('GET', '/orders/detail/9007199254740991')).status, 404);
    for (const path of [`/orders/${shop.comercioId}`, '/orders/detail/1']) assert.equal((await fetch(`${bench.service.url}/api${path}`)).status, 401);
  });
});
