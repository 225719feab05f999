import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describedService } from '../../scripts/docs/described.ts';
import { startTestService, until, type TestService } from '../support/service.ts';
import { openShop, orderOf, type Shop } from '../support/shop.ts';
import { brokerContractOf, contractOf, differences, type Allowed } from './shapes.ts';

describe('what the service publishes at the hub is what the contracts show', () => {
  let it_: TestService;
  let token = '';
  let shop: Shop;

  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(`${it_.url}/api${path}`, {
      method,
      headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    const answer = (await response.json()) as Record<string, unknown>;
    assert.ok(response.ok, `${method} ${path}: ${response.status} ${JSON.stringify(answer)}`);
    return answer as Record<string, never>;
  };
  const published = async (topic: string) =>
    (await until(`${topic} at the hub`, () => it_.hub.published(topic).at(-1))).payload;
  const keepsTheContract = async (topic: string, allowed: Allowed = {}) => {
    const payload = await published(topic);
    assert.deepEqual(differences(contractOf('out', topic).payload, payload, allowed), []);
    return payload;
  };

  before(async () => {
    it_ = await startTestService({ settings: { PUBLISH_REJECTIONS: 'true' } });
    shop = await openShop(it_.database, { stock: 50 });
    const { accessToken } = await call('POST', '/auth/register-tenant', {
      nombre: 'Mi Negocio', razon_social: 'Mi Negocio S.A.', cuenta_bancaria: '1234567890', email: `${randomUUID()}@ejemplo.com`,
      telefono: '1234567890', nombre_usuario: 'Ana', password: 'secreto1', calle: 'Av. Corrientes', numero: '1234',
      ciudad: 'Buenos Aires', provincia: 'CABA', codigo_postal: '1043',
    });
    token = accessToken as unknown as string;
  });
  after(() => it_.close());

  it('tenant.creado, when a business registers', () => keepsTheContract('tenant.creado'));

  it('comercio.creado, when a seller is added', async () => {
    const address = { calle: 'Av. Corrientes', numero: '1234', ciudad: 'Buenos Aires', provincia: 'CABA', codigo_postal: '1043' };
    await call('POST', '/sellers', { nombre: 'Sucursal Centro', ...address });
    await keepsTheContract('comercio.creado');
  });

  it('categoria.creada and producto.actualizado, when the catalogue changes', async () => {
    const { categoria_id } = await call('POST', '/categories', { nombre: 'Pizzas' });
    await keepsTheContract('categoria.creada');
    const { producto } = await call('POST', '/products', { nombre_producto: 'Pizza', precio: 850.5, categoria_id });
    const { producto_id } = producto as unknown as { producto_id: string };
    await call('PATCH', `/products/${producto_id}`, { precio: 950.5, descripcion: 'Con albahaca' });
    const payload = await keepsTheContract('producto.actualizado');
    assert.deepEqual(new Set(payload['campos_cambiados'] as string[]), new Set(['precio', 'descripcion']));
    await call('PUT', `/products/${producto_id}`, { nombre_producto: 'Pizza Margherita' });
    await until('the second change', () => it_.hub.published('producto.actualizado')[1]);
    assert.deepEqual((await published('producto.actualizado'))['campos_cambiados'], ['nombre_producto']);
  });

  it('pedido.confirmar and then stock.actualizado, when an order is accepted', async () => {
    assert.equal((await it_.deliver('pedido.creado', orderOf(shop, '12345', { cantidad: 2 }))).status, 204);
    await keepsTheContract('pedido.confirmar');
    await keepsTheContract('stock.actualizado');
    const { stock } = await published('stock.actualizado');
    assert.deepEqual(stock, { cantidad_anterior: 50, cantidad_nueva: 48 });
  });

  it('pedido.rechazado, when an order is refused and rejections are published', async () => {
    const { status } = await it_.deliver('pedido.creado', orderOf(shop, '12346', { cantidad: 51 }));
    assert.equal(status, 200);
    assert.deepEqual(await keepsTheContract('pedido.rechazado'), { pedidoId: '12346', comercio_id: shop.comercioId, motivo: 'sin_stock' });
  });

  it('venta.mes.respuesta, when accounting asks', async () => {
    await it_.database.transaction('system', (trx) => trx.run(`UPDATE orders SET estado = 'finalizada' WHERE pedido_id = '12345'`));
    const year = new Date().getUTCFullYear();
    const { answer } = await it_.hub.ask({ ask: 'ventas.mes', fechaDesde: `${year}-01-01`, fechaHasta: `${year}-12-31` });
    assert.ok(answer, 'no answer came');
    const payload = await keepsTheContract('venta.mes.respuesta', { extra: ['fechaDesde', 'fechaHasta'] });
    assert.equal((payload['ventas'] as unknown[]).length, 1);
  });

  it('iva.respuesta and ordenesbytenant.respuesta, when accounting asks (improvement 26)', async () => {
    const year = new Date().getUTCFullYear();
    const dates = { fechaDesde: `${year}-01-01`, fechaHasta: `${year}-12-31` };
    assert.equal((await it_.deliver('iva.pedido', dates)).status, 204);
    const { pedidos } = await keepsTheContract('iva.respuesta', { extra: ['fechaDesde', 'fechaHasta', 'pedidos[].pedido_externo'] });
    assert.equal((pedidos as unknown[]).length, 1);
    assert.equal((await it_.deliver('ordenesbytenant.pedido', { tenant_id: shop.tenantId, ...dates })).status, 204);
    const { totales } = await keepsTheContract('ordenesbytenant.respuesta', { extra: ['fechaDesde', 'fechaHasta'] });
    assert.equal((totales as Record<string, number>)['cantidad_ordenes'], 1);
  });

  it('get.balances.request, when a tenant asks for its balance', async () => {
    const balances = await call('GET', '/tenants/balance');
    assert.equal(typeof balances['fiatBalance'], 'number');
    const { traceData } = (await keepsTheContract('get.balances.request')) as { traceData: Record<string, string> };
    assert.equal(traceData['originModule'], 'marketplace-service');
  });
});

describe('the topics that the modules declare', () => {
  const { topics } = describedService();

  const contractFor = ({ name, direction, amqp }: (typeof topics)[number]): Record<string, unknown> => {
    if (amqp) return brokerContractOf(direction === 'in' ? 'in' : 'out', name);
    const { topic, payload } = contractOf(direction === 'in' ? 'in' : 'out', name);
    assert.equal(topic, name);
    return payload;
  };

  for (const topic of topics) {
    const name = `${topic.name} (${topic.direction})`;
    it(`${name}: its example is valid`, () => {
      const parsed = topic.schema.safeParse(topic.example);
      assert.ok(parsed.success, JSON.stringify(parsed.error?.issues));
    });
    // What Stripe sends is Stripe's to document; what a transport of ours makes a call or a mail of travels nowhere as it is.
    if (['stripe', 'email', 'push'].includes(topic.destination)) continue;

    it(`${name}: its example has the contract's keys and types`, () => {
      assert.deepEqual(differences(contractFor(topic), topic.example), []);
    });

    it(`${name}: the contract's example is valid`, () => {
      const payload = contractFor(topic);
      const parsed = topic.schema.safeParse(payload);
      assert.ok(parsed.success, JSON.stringify(parsed.error?.issues));
    });
  }

  it('are each declared once, and no two of one direction share a name or an alias', () => {
    for (const way of ['in', 'out']) {
      const names = topics.filter(({ direction }) => [way, 'both'].includes(direction)).flatMap(({ name, aliases }) => [name, ...aliases]);
      assert.equal(new Set(names).size, names.length);
    }
  });
});
