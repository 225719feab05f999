import assert from 'node:assert/strict';
import { done } from '../../../src/events/outcome.ts';
import { expireParked } from '../../../src/events/parking.ts';
import { createRegistry, subscribe } from '../../../src/events/registry.ts';
import { pedidoEntregado } from '../../../src/modules/marketplace/orders/topics.ts';
import { until } from '../../support/service.ts';
import { orderOf } from '../../support/shop.ts';
import { openOrdersBench, type Counter, type OrdersBench } from './orders-support.ts';

describe('orders that the hub sends', () => {
  let bench: OrdersBench;
  let shop: Counter;
  before(async () => {
    bench = await openOrdersBench();
    shop = await bench.open({ productos: 3, stock: 1000 });
  });
  after(() => bench.close());

  const create = (id: string, line = {}) => bench.tell('pedido.creado', orderOf(shop, id, line));
  const deliver = (pedidoId: string, more: object = { estado: 'ENTREGADO' }) => bench.tell('pedido.entregado', { pedidoId, ...more });
  const cancel = (pedidoId: string, more: object = { estado: 'CANCELADO' }) => bench.tell('pedido.cancelado', { pedidoId, ...more });
  const estado = async (id: string) => (await bench.order(id))?.estado;
  const setEstado = (id: string, to: string) =>
    bench.service.database.transaction('system', (trx) => trx.run('UPDATE orders SET estado = $2 WHERE pedido_id = $1', [id, to]));
  const publishedAbout = (id: string) => bench.service.hub.published().filter(({ payload }) => payload['pedidoId'] === id);
  const lineOf = (n: number, cantidad: number, precio_unitario = 450.75) => ({ producto_id: shop.productos[n] as number, cantidad, precio_unitario });

  describe('pedido.creado', () => {
    it('takes the stock, keeps lines with their price, and announces the order, then each product once', async () => {
      const productos = [lineOf(0, 2), lineOf(1, 1), lineOf(0, 3)];
      const told = await bench.tell('pedido.creado', { ...orderOf(shop, 'C-1'), productos, total: 6 * 450.75 });
      assert.deepEqual(told, { status: 204, replay: false });
      assert.equal(await estado('C-1'), 'pendiente');
      assert.deepEqual(await bench.announced(shop, 1), [[1000, 995]]);
      assert.deepEqual(await bench.announced(shop, 1, shop.productos[1]), [[1000, 999]]);
      assert.deepEqual((await bench.stockOf(shop)).slice(0, 2), [995, 999]);
      const [confirmation] = publishedAbout('C-1');
      assert.deepEqual([confirmation?.topic, confirmation?.payload['productos']], ['pedido.confirmar', productos]);
    });

    it('improvement 23: is refused as a whole for each cause, which it names, and nothing changes', async () => {
      const before = await bench.stockOf(shop);
      const [gone, asleep, foreign] = [await bench.open(), await bench.open(), await bench.open()];
      await bench.service.database.transaction('system', async (trx) => {
        await trx.run('UPDATE tenants SET eliminado_en = now() WHERE tenant_id = $1', [gone.tenantId]);
        await trx.run(`UPDATE tenants SET estado = 'inactivo' WHERE tenant_id = $1`, [asleep.tenantId]);
        await trx.run(`INSERT INTO products (producto_id, tenant_id, nombre_producto, precio_centavos) VALUES (900001, $1, 'Sin stock', 100)`, [shop.tenantId]);
        await trx.run(`INSERT INTO products (producto_id, tenant_id, nombre_producto, precio_centavos, eliminado_en) VALUES (900002, $1, 'x', 100, now())`, [shop.tenantId]);
      });
      const good = lineOf(0, 1);
      const causes: Array<[code: string, order: object]> = [
        ['comercio_desconocido', { ...orderOf(shop, 'F'), comercio_id: 999_999 }],
        ['comercio_inactivo', orderOf(gone, 'F')],
        ['comercio_inactivo', orderOf(asleep, 'F')],
        ['producto_desconocido', { ...orderOf(shop, 'F'), productos: [good, { ...good, producto_id: foreign.productos[0] }] }],
        ['producto_desconocido', { ...orderOf(shop, 'F'), productos: [good, { ...good, producto_id: 900_002 }] }],
        ['sin_stock', { ...orderOf(shop, 'F'), productos: [good, { ...good, producto_id: 900_001 }] }],
        ['sin_stock', { ...orderOf(shop, 'F'), productos: [good, lineOf(2, 1001)] }],
        ['sin_stock', { ...orderOf(shop, 'F'), productos: [good, lineOf(2, 600), lineOf(2, 600)] }],
      ];
      for (const [index, [code, payload]] of causes.entries()) {
        const told = await bench.tell('pedido.creado', { ...payload, pedidoId: `F-${index}` });
        assert.deepEqual([told.status, told.success, told.code], [200, false, code], told.message);
        assert.equal(await bench.order(`F-${index}`), undefined);
        assert.deepEqual([await bench.outcomes(`F-${index}`), publishedAbout(`F-${index}`)], [['refused'], []]);
      }
      assert.deepEqual(await bench.stockOf(shop), before);
    });

    it('is accepted at another price or total, with a warning, and a repeat gets that warning again', async () => {
      for (const [id, order, code] of [
        ['W-1', orderOf(shop, 'W-1', { precio: 400 }), 'precio_distinto'],
        ['W-2', { ...orderOf(shop, 'W-2'), total: 1 }, 'total_distinto'],
      ] as const) {
        const told = await bench.tell('pedido.creado', order);
        assert.deepEqual([told.status, told.success, told.code, told.replay], [200, true, code, false]);
        assert.deepEqual(await bench.tell('pedido.creado', order), { ...told, replay: true });
        assert.equal(await estado(id), 'pendiente');
        assert.deepEqual(await bench.outcomes(id), ['warned', 'repeat']);
      }
      const detail = await shop.call('GET', `/orders/detail/${(await bench.order('W-1'))?.orden_id}`);
      assert.equal((detail.body['data'] as { total: number }).total, 400);
    });

    it('the same again is a repeat; with other content a conflict, once it was accepted', async () => {
      assert.equal((await create('S-1')).status, 204);
      assert.deepEqual(await create('S-1'), { status: 204, replay: true });
      const conflict = await create('S-1', { cantidad: 2 });
      assert.deepEqual([conflict.status, conflict.success, conflict.code], [200, false, 'conflicto']);
      assert.deepEqual(await bench.outcomes('S-1'), ['done', 'repeat', 'conflict']);
    });

    it('with other content is judged afresh once it was refused or invalid', async () => {
      assert.equal((await create('J-1', { cantidad: 5000 })).code, 'sin_stock');
      assert.deepEqual([(await create('J-1', { cantidad: 5000 })).replay, (await create('J-1')).status], [true, 204]);
      assert.equal((await bench.tell('pedido.creado', { ...orderOf(shop, 'J-2'), comercio_id: 'x' })).code, 'contenido_invalido');
      assert.equal((await create('J-2')).status, 204);
    });

    it('improvement 24: orders of one product at once take what there is and not one more', async () => {
      const small = await bench.open({ stock: 10 });
      const told = await Promise.all(Array.from({ length: 25 }, (_, n) => bench.tell('pedido.creado', orderOf(small, `M-${n}`))));
      assert.deepEqual([told.filter(({ status }) => status === 204).length, told.filter(({ code }) => code === 'sin_stock').length], [10, 15]);
      assert.deepEqual(await bench.stockOf(small), [0]);
      assert.deepEqual(await bench.announced(small, 10), Array.from({ length: 10 }, (_, n) => [10 - n, 9 - n]));
    });

    it('improvement 23: that failed is told 500, and is taken when it comes again, whatever its id looks like', async () => {
      const { pool } = bench.service.database;
      const fresh = await bench.open({ stock: 10 });
      const order = orderOf(fresh, 'ORD-5f1c-ñ');
      await pool.query('ALTER TABLE order_lines RENAME TO away');
      const failed = await bench.tell('pedido.creado', order).finally(() => pool.query('ALTER TABLE away RENAME TO order_lines'));
      assert.deepEqual([failed.status, failed.success], [500, false]);
      assert.equal((await bench.tell('pedido.creado', order)).status, 204);
      assert.deepEqual([await estado('ORD-5f1c-ñ'), await bench.stockOf(fresh)], ['pendiente', [9]]);
    });

    it('improvement 24: takes a product named twice once each, older names of a member not at all, and nothing below one', async () => {
      const fresh = await bench.open({ stock: 10 });
      const [producto_id] = fresh.productos;
      const line = { producto_id, cantidad: 2, precio_unitario: 450.75 };
      const tell = (id: string, productos: object[]) => bench.tell('pedido.creado', { ...orderOf(fresh, id), productos, total: undefined });
      assert.equal((await tell('N-1', [line, { ...line, cantidad: 3 }])).status, 204);
      assert.deepEqual(await bench.stockOf(fresh), [5]);
      assert.equal((await tell('N-2', [{ ...line, nombre: 'Producto 1', cant: 2 }])).status, 204);
      assert.deepEqual(await bench.stockOf(fresh), [3]);
      for (const cantidad of [-2, 0]) assert.equal((await tell('N-3', [{ ...line, cantidad }])).code, 'contenido_invalido');
      assert.equal((await tell('N-4', [line, line])).code, 'sin_stock');
      assert.deepEqual(await bench.stockOf(fresh), [3]);
    });

    it('of an amount that no column holds is refused, not a failure for ever', async () => {
      const rich = await bench.open({ productos: 12, stock: 2_000_000 });
      const productos = rich.productos.map((producto_id) => ({ producto_id, cantidad: 1_000_000, precio_unitario: 1e9 }));
      const told = await bench.tell('pedido.creado', { ...orderOf(rich, 'HUGE'), productos, total: undefined });
      assert.deepEqual([told.status, told.success], [200, false], told.message);
    });
  });

  describe('pedido.entregado', () => {
    it('finishes an order that is listo', async () => {
      await create('E-1');
      await setEstado('E-1', 'listo');
      assert.equal((await deliver('E-1')).status, 204);
      assert.deepEqual([await estado('E-1'), (await deliver('E-1')).replay], ['finalizada', true]);
    });

    it('waits for an order that is not listo yet, and is applied when a person gets it there', async () => {
      for (const [id, through] of [['E-2', ['listo']], ['E-3', ['aceptada', 'listo']]] as const) {
        await create(id);
        const told = await deliver(id);
        assert.deepEqual([told.status, told.success, told.code], [200, false, 'en_espera']);
        const { orden_id = 0 } = (await bench.order(id)) ?? {};
        for (const step of through) assert.equal((await shop.move(orden_id, step)).status, 200);
        assert.equal(await estado(id), 'finalizada');
        assert.deepEqual(await bench.outcomes(id), ['done', 'done']);
        const { body } = await shop.call('GET', `/orders/detail/${orden_id}`);
        const { historial } = body['data'] as { historial: Array<{ estado: string; causa: string }> };
        assert.deepEqual(historial.map((step) => step.estado), ['pendiente', ...through, 'finalizada']);
        assert.deepEqual([historial[0]?.causa, historial.at(-1)?.causa], ['pedido.creado', 'pedido.entregado']);
      }
    });

    it('waits for an order that has not come yet', async () => {
      assert.equal((await deliver('E-4')).code, 'en_espera');
      await create('E-4');
      assert.equal(await estado('E-4'), 'pendiente');
      const { orden_id = 0 } = (await bench.order('E-4')) ?? {};
      await shop.move(orden_id, 'listo');
      assert.equal(await estado('E-4'), 'finalizada');
    });

    it('is remarked upon for an order that was refused, or has ended', async () => {
      await create('E-5', { cantidad: 5000 });
      assert.equal((await deliver('E-5')).code, 'pedido_rechazado');
      await create('E-6');
      await cancel('E-6');
      assert.equal((await deliver('E-6')).code, 'estado_final');
      assert.equal(await estado('E-6'), 'cancelada');
    });

    it('counts by its topic where its estado contradicts, and says so; in any case of letters it agrees', async () => {
      for (const [id, says, status] of [['E-7', 'CANCELADO', 200], ['E-8', 'entregado', 204], ['E-9', undefined, 204]] as const) {
        await create(id);
        await setEstado(id, 'listo');
        const told = await deliver(id, { estado: says });
        assert.deepEqual([told.status, told.code], [status, status === 200 ? 'estado_contradice' : undefined]);
        assert.equal(await estado(id), 'finalizada');
      }
    });

    it('is one fact with delivery.successful', async () => {
      await create('E-10');
      await setEstado('E-10', 'listo');
      assert.equal((await bench.tell('delivery.successful', { pedidoId: 'E-10', estado: 'ENTREGADO' })).status, 204);
      assert.deepEqual(await deliver('E-10'), { status: 204, replay: true });
    });
  });

  describe('pedido.cancelado', () => {
    it('gives the stock back from every state that may be cancelled, and publishes it', async () => {
      for (const from of ['pendiente', 'aceptada', 'listo']) {
        const fresh = await bench.open({ productos: 2, stock: 10 });
        const id = `X-${from}`;
        const lines = [2, 1, 2].map((cantidad, n) => ({ producto_id: fresh.productos[n % 2], cantidad, precio_unitario: 450.75 }));
        await bench.tell('pedido.creado', { ...orderOf(fresh, id), productos: lines, total: undefined });
        assert.deepEqual(await bench.stockOf(fresh), [6, 9]);
        await setEstado(id, from);
        assert.equal((await cancel(id)).status, 204);
        assert.deepEqual([await estado(id), await bench.stockOf(fresh)], ['cancelada', [10, 10]]);
        assert.deepEqual(await bench.announced(fresh, 2), [[10, 6], [6, 10]]);
        assert.deepEqual(await bench.announced(fresh, 2, fresh.productos[1]), [[10, 9], [9, 10]]);
        assert.deepEqual([await cancel(id), await bench.stockOf(fresh)], [{ status: 204, replay: true }, [10, 10]]);
      }
    });

    it('before its order cancels it in the commit that creates it; delivery.failed is the same fact', async () => {
      const fresh = await bench.open({ stock: 5 });
      for (const [id, topic] of [['X-1', 'pedido.cancelado'], ['X-2', 'delivery.failed']] as const) {
        assert.equal((await bench.tell(topic, { pedidoId: id, estado: 'CANCELADO' })).code, 'en_espera');
        assert.equal((await bench.tell('pedido.creado', orderOf(fresh, id))).status, 204);
        assert.deepEqual([await estado(id), await bench.stockOf(fresh)], ['cancelada', [5]]);
        assert.deepEqual(await bench.outcomes(id), ['done', 'done']);
      }
      assert.deepEqual(await bench.announced(fresh, 4), [[5, 4], [4, 5], [5, 4], [4, 5]]);
    });

    it('before an order that is then refused goes on waiting: the order may come again and be accepted', async () => {
      assert.equal((await cancel('X-3')).code, 'en_espera');
      assert.equal((await create('X-3', { cantidad: 5000 })).code, 'sin_stock');
      assert.deepEqual(await bench.outcomes('X-3'), ['parked', 'refused']);
      assert.equal((await create('X-3')).status, 204);
      assert.deepEqual([await estado('X-3'), await bench.outcomes('X-3')], ['cancelada', ['done', 'refused', 'done']]);
    });

    it('is remarked upon once the order has ended, and when its estado contradicts', async () => {
      await create('X-4');
      await setEstado('X-4', 'finalizada');
      assert.deepEqual([(await cancel('X-4')).code, await estado('X-4')], ['estado_final', 'finalizada']);
      await create('X-5');
      const told = await cancel('X-5', { estado: 'ENTREGADO' });
      assert.deepEqual([told.success, told.code, await estado('X-5')], [true, 'estado_contradice', 'cancelada']);
    });

    it('and its order at the same moment never miss each other', async () => {
      const fresh = await bench.open({ stock: 50 });
      const ids = Array.from({ length: 30 }, (_, n) => `RACE-${n}`);
      const told = await Promise.all(ids.flatMap((id) => [bench.tell('pedido.creado', orderOf(fresh, id)), cancel(id)]));
      assert.deepEqual(told.filter(({ status }) => status >= 300), []);
      for (const id of ids) assert.equal(await estado(id), 'cancelada', id);
      assert.deepEqual(await bench.stockOf(fresh), [50]);
    });

    it('gives back to a shelf that a person filled to the brim meanwhile', async () => {
      const full = await bench.open({ stock: 5 });
      await bench.tell('pedido.creado', orderOf(full, 'X-6'));
      const { status } = await full.call('PATCH', `/sellers/${full.comercioId}/products/${full.productos[0]}/stock`, { cantidad_stock: 1_000_000_000 });
      assert.equal(status, 200);
      const told = await cancel('X-6');
      assert.ok(told.status < 300, JSON.stringify(told));
    });
  });

  it('a delivery that came first is settled by the cancellation that came second', async () => {
    const other = await openOrdersBench({ ROLES: 'web' });
    try {
      const shop = await other.open();
      await other.tell('pedido.entregado', { pedidoId: 'Q-1' });
      await other.tell('pedido.cancelado', { pedidoId: 'Q-1' });
      await other.tell('pedido.creado', orderOf(shop, 'Q-1'));
      assert.equal((await other.order('Q-1'))?.estado, 'cancelada');
      const rows = await other.service.database.transaction('system', (trx) =>
        trx.rows<{ state: string }>('SELECT state FROM parked_events ORDER BY parked_id'),
      );
      assert.deepEqual(rows.map(({ state }) => state), ['refused', 'applied']);
    } finally {
      await other.close();
    }
  });

  it('an event that waited too long expires visibly, and its repeat is judged as things are then', async () => {
    const short = await openOrdersBench({ PARK_TTL: '1ms', ROLES: 'web' });
    try {
      await short.tell('pedido.entregado', { pedidoId: 'P-1' });
      const registry = createRegistry();
      registry.add(subscribe({ subscriber: 'marketplace', topic: pedidoEntregado, handle: async () => done() }));
      await until('the expiry', () => short.service.database.transaction('system', (trx) => expireParked(trx, registry)));
      const rows = await short.service.database.transaction('system', (trx) => trx.rows('SELECT state, wait_key FROM parked_events'));
      assert.deepEqual(rows, [{ state: 'expired', wait_key: 'pedido:P-1' }]);
      const late = await short.open();
      assert.equal((await short.tell('pedido.creado', orderOf(late, 'P-1'))).status, 204);
      assert.equal((await short.order('P-1'))?.estado, 'pendiente');
      const again = await short.tell('pedido.entregado', { pedidoId: 'P-1' });
      assert.match(String(again.message), /está pendiente/);
      assert.equal(again.replay, false);
    } finally {
      await short.close();
    }
  });
});

describe('orders of a tenant that prepares automatically', () => {
  let bench: OrdersBench;
  before(async () => void (bench = await openOrdersBench()));
  after(() => bench.close());

  it('are listo at once, with both steps in their history, and what waited is applied', async () => {
    const shop = await bench.open({ preparacion: 'automatica' });
    assert.equal((await bench.tell('pedido.creado', orderOf(shop, 'L-1'))).status, 204);
    const { orden_id, estado } = (await bench.order('L-1')) ?? { orden_id: 0, estado: '' };
    assert.equal(estado, 'listo');
    const { body } = await shop.call('GET', `/orders/detail/${orden_id}`);
    const { historial } = body['data'] as { historial: Array<{ estado: string; causa: string }> };
    assert.deepEqual(historial.map((step) => [step.estado, step.causa]), [['pendiente', 'pedido.creado'], ['listo', 'preparación automática']]);
    assert.equal((await bench.tell('pedido.entregado', { pedidoId: 'L-2' })).code, 'en_espera');
    assert.equal((await bench.tell('pedido.creado', orderOf(shop, 'L-2'))).status, 204);
    assert.equal((await bench.order('L-2'))?.estado, 'finalizada');
  });
});
