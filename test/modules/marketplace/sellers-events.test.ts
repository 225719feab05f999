import assert from 'node:assert/strict';
import { contractOf, differences } from '../../contracts/shapes.ts';
import { until } from '../../support/service.ts';
import { orderOf, proveStock } from '../../support/shop.ts';
import { openOrdersBench, type Counter, type OrdersBench } from './orders-support.ts';

const ADDRESS = { calle: 'Av. Corrientes', numero: '1234', ciudad: 'Buenos Aires', provincia: 'CABA', codigo_postal: '1043' };
const WEEKDAY = { dia_semana: 'lunes', hora_apertura: '09:00', hora_cierre: '18:00' };

describe('sellers and the hub', () => {
  let bench: OrdersBench;
  let shop: Counter;
  before(async () => {
    bench = await openOrdersBench();
    shop = await bench.open({ stock: 20 });
  });
  after(() => bench.close());

  const call = async (method: string, path: string, body?: unknown, status = 200) => {
    const answer = await shop.call(method, path, body);
    assert.equal(answer.status, status, JSON.stringify(answer.body));
    return answer.body as { data: { comercio_id: number } };
  };
  const messages = (topic: string, comercioId: number) =>
    bench.service.hub.published(topic).map(({ payload }) => payload)
      .filter((payload) => (payload['seller_id'] ?? (payload['comercio'] as { comercio_id: number }).comercio_id) === comercioId);

  it('improvement 26: comercio.creado and comercio.actualizado arrive as the contracts show them, in the order of what happened', async () => {
    const { data } = await call('POST', '/sellers', { nombre: 'Sucursal Centro', ...ADDRESS }, 201);
    const id = data.comercio_id;
    await call('PATCH', `/sellers/${id}`, { nombre: 'Nuevo Nombre Sucursal', horarios: [WEEKDAY] });
    await call('PATCH', `/sellers/${id}`, { nombre: 'Nuevo Nombre Sucursal' });
    await call('PATCH', `/sellers/${id}`, { ciudad: 'Palermo', horarios: [] });
    const changes = await until('two changes at the hub', () => {
      const seen = messages('comercio.actualizado', id);
      return seen.length >= 2 ? seen : undefined;
    });
    const [created] = messages('comercio.creado', id);
    assert.deepEqual(differences(contractOf('out', 'comercio.creado').payload, created), []);
    assert.deepEqual(differences(contractOf('out', 'comercio.actualizado').payload, changes[0]), []);
    const { comercio } = created as { comercio: { lat: number | null; nombre: string } };
    assert.deepEqual([comercio.nombre, typeof comercio.lat], ['Sucursal Centro', 'number']);
    assert.deepEqual(Object.keys(changes[1]?.['cambios'] as object).sort(), ['ciudad', 'horarios', 'lat', 'lon']);
    assert.deepEqual([changes.length, changes[1]?.['tenant_id']], [2, shop.tenantId]);
  });

  it('an archived seller takes no orders, keeps its history, and its open orders go on (improvement 20)', async () => {
    for (const id of ['BAJA-1', 'BAJA-2', 'BAJA-3', 'BAJA-4']) {
      assert.equal((await bench.tell('pedido.creado', orderOf(shop, id, { cantidad: 2 }))).status, 204);
    }
    const ordenId = async (id: string) => (await bench.order(id))?.orden_id ?? 0;
    for (const id of ['BAJA-1', 'BAJA-2']) await shop.move(await ordenId(id), 'listo');
    assert.equal((await bench.tell('pedido.entregado', { pedidoId: 'BAJA-1', estado: 'ENTREGADO' })).status, 204);
    await call('DELETE', `/sellers/${shop.comercioId}`);

    const { success, code } = await bench.tell('pedido.creado', orderOf(shop, 'BAJA-5'));
    assert.deepEqual([success, code], [false, 'comercio_inactivo']);
    assert.equal(await bench.order('BAJA-5'), undefined);

    // Its admin and the hub still move what is open, and stock that comes back has its entry and its announcement.
    assert.equal((await bench.tell('pedido.entregado', { pedidoId: 'BAJA-2', estado: 'ENTREGADO' })).status, 204);
    assert.equal((await bench.tell('pedido.cancelado', { pedidoId: 'BAJA-3', estado: 'CANCELADO' })).status, 204);
    assert.equal((await shop.move(await ordenId('BAJA-4'), 'cancelada')).status, 200);
    for (const [id, estado] of Object.entries({ 'BAJA-1': 'finalizada', 'BAJA-2': 'finalizada', 'BAJA-3': 'cancelada', 'BAJA-4': 'cancelada' })) {
      assert.equal((await bench.order(id))?.estado, estado, id);
    }
    assert.deepEqual(await bench.stockOf(shop), [16]);
    assert.deepEqual((await bench.announced(shop, 6)).at(-1), [14, 16]);
    assert.ok((await proveStock(bench.service.database, shop)).every(({ chained }) => chained));

    const detail = await call('GET', `/orders/detail/${await ordenId('BAJA-1')}`);
    assert.equal((detail.data as unknown as { total: number }).total, 901.5);
    const year = new Date().getUTCFullYear();
    const { answer } = await bench.service.hub.ask({ ask: 'ventas.mes', fechaDesde: `${year}-01-01`, fechaHasta: `${year}-12-31` });
    const sold = JSON.stringify(answer);
    for (const id of ['BAJA-1', 'BAJA-2']) assert.ok(sold.includes(`"orden_id":${await ordenId(id)}`), `${id}: ${sold}`);
    await call('PATCH', `/sellers/${shop.comercioId}/products/${shop.productos[0]}/stock`, { cantidad_stock: 1 }, 404);
  });
});
