import assert from 'node:assert/strict';
import { contractOf, differences } from '../../contracts/shapes.ts';
import { until } from '../../support/service.ts';
import { orderOf } from '../../support/shop.ts';
import { openOrdersBench, type Counter, type OrdersBench } from './orders-support.ts';

const TOPICS = ['tenant.creado', 'tenant.actualizado', 'tenant.eliminado'];

describe('what the hub hears of tenants', () => {
  let bench: OrdersBench;
  before(async () => {
    bench = await openOrdersBench({ PUBLISH_REJECTIONS: 'true' });
  });
  after(() => bench.close());

  const heard = (tenantId: number) =>
    bench.service.hub
      .published()
      .filter(({ topic, payload }) => TOPICS.includes(topic) && payload['tenant_id'] === tenantId)
      .map(({ topic, payload }) => ({ topic, payload }));
  const change = async (shop: Counter, body: object) =>
    assert.equal((await shop.call('PATCH', `/tenants/${shop.tenantId}`, body)).status, 200);
  const remove = async (shop: Counter) =>
    assert.equal((await shop.call('DELETE', `/tenants/${shop.tenantId}`)).status, 200);

  it('tenant.actualizado is what the contract shows', async () => {
    const shop = await bench.open();
    const { topic, payload } = contractOf('out', 'tenant.actualizado');
    await change(shop, { ubicacion: { calle: 'Vieja Calle', numero: '1' } });
    await change(shop, payload['cambios'] as object);
    const message = await until('the second change', () => heard(shop.tenantId)[1]);
    assert.equal(message.topic, topic);
    assert.deepEqual(differences(payload, message.payload), []);
    assert.deepEqual(message.payload['cambios'], payload['cambios']);
  });

  it('tenant.eliminado is what the contract shows', async () => {
    const shop = await bench.open();
    await remove(shop);
    const message = await until('the announcement', () => heard(shop.tenantId)[0]);
    const { topic, payload } = contractOf('out', 'tenant.eliminado');
    assert.equal(message.topic, topic);
    assert.deepEqual(differences(payload, message.payload), []);
    assert.equal(message.payload['nombre'], 'Mi Negocio');
  });

  it('keeps the order of the changes, and sends what was pending when the tenant was deleted', async () => {
    const shop = await bench.open();
    bench.service.hub.faults({ status: 503 });
    const telefonos = Array.from({ length: 12 }, (_, n) => `11${n}`);
    for (const telefono of telefonos) await change(shop, { telefono });
    await remove(shop);
    assert.deepEqual(heard(shop.tenantId), [], 'the hub takes nothing yet');
    bench.service.hub.faults({});
    await until('the last announcement', () => heard(shop.tenantId).some(({ topic }) => topic === 'tenant.eliminado'));
    const telefonoOf = (cambios: unknown) => (cambios as { telefono: string } | undefined)?.telefono;
    const order = heard(shop.tenantId).map(({ payload }) => telefonoOf(payload['cambios']));
    assert.deepEqual([...new Set(order)], [...telefonos, undefined]);
  });

  it('refuses orders for a tenant that was deleted, and keeps its history in the reports', async () => {
    const shop = await bench.open();
    assert.equal((await bench.tell('pedido.creado', orderOf(shop, 'baja-1', { cantidad: 2 }))).status, 204);
    await remove(shop);
    const told = await bench.tell('pedido.creado', orderOf(shop, 'baja-2'));
    assert.deepEqual([told.status, told.success], [200, false]);
    assert.equal(await bench.order('baja-2'), undefined);
    assert.deepEqual(await bench.stockOf(shop), [98]);
    // What was sold before goes on: its delivery is still told to us, and accounting still counts it.
    assert.equal((await bench.tell('pedido.cancelado', { pedidoId: 'baja-1', estado: 'CANCELADO' })).status, 204);
    assert.deepEqual(await bench.stockOf(shop), [100]);
  });

  it('accounting still gets the orders of a tenant that was deleted', async () => {
    const shop = await bench.open();
    assert.equal((await bench.tell('pedido.creado', orderOf(shop, 'historia-1'))).status, 204);
    const order = await bench.order('historia-1');
    await remove(shop);
    const year = new Date().getUTCFullYear();
    const range = { fechaDesde: `${year}-01-01`, fechaHasta: `${year}-12-31` };
    const { answer } = await bench.service.hub.ask({ ask: 'iva.pedido', ...range });
    const { pedidos } = (answer?.payload ?? {}) as { pedidos?: Array<{ pedidoId: number }> };
    assert.ok(pedidos?.some(({ pedidoId }) => pedidoId === order?.orden_id));
  });
});
