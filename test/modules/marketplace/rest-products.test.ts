import assert from 'node:assert/strict';
import type { Sql } from '../../../src/kernel/database.ts';
import { listProducts } from '../../../src/modules/marketplace/catalog/read-model.ts';
import { contractOf, differences } from '../../contracts/shapes.ts';
import {
  addProduct,
  addSeller,
  addUser,
  openRestApp,
  registerTenant,
  type RestApp,
  type SignedIn,
} from './rest-support.ts';

const TOPIC = 'producto.actualizado';

describe('REST: products', () => {
  let app: RestApp;
  let admin: SignedIn;
  let other: SignedIn;
  let comercio: number;
  let categoria: number;
  before(async () => {
    app = await openRestApp();
    [admin, other] = [await registerTenant(app), await registerTenant(app)];
    comercio = await addSeller(app, admin);
    categoria = await addCategory(admin, 'Pizzas');
  });
  after(() => app.close());

  const addCategory = async (who: SignedIn, nombre: string): Promise<number> =>
    (await app.agent.post('/api/categories').set(who.auth).send({ nombre }).expect(201)).body.categoria_id as number;
  const get = async (id: string, who = admin) =>
    (await app.agent.get(`/api/products/${id}`).set(who.auth).expect(200)).body;
  const change = (id: string, body: object, status = 200, who = admin) =>
    app.agent.patch(`/api/products/${id}`).set(who.auth).send(body).expect(status);
  const remove = (id: string, status = 200, who = admin) =>
    app.agent.delete(`/api/products/${id}`).set(who.auth).expect(status);
  const announcements = async (id: string) =>
    (await app.published(TOPIC)).filter(({ ordering_key }) => ordering_key === `producto:${id}`);

  it('creates a product from a form, and lists it bare with the types that the client needs', async () => {
    const res = await app.agent
      .post('/api/products')
      .set(admin.auth)
      .set('x-tenant-id', '999')
      .field('nombre_producto', 'Muzza ñ')
      .field('precio', '120.5')
      .field('descripcion', '')
      .field('categoria_id', String(categoria))
      .expect(201);
    assert.deepEqual(
      { ...res.body.producto, producto_id: '' },
      {
        producto_id: '',
        tenant_id: admin.tenantId,
        nombre_producto: 'Muzza ñ',
        descripcion: '',
        precio: 120.5,
        iva: 21,
        cantidad_stock: 0,
        categoria_id: categoria,
        categoria_nombre: 'Pizzas',
        categoria: { categoria_id: String(categoria), nombre: 'Pizzas', descripcion: null },
        imagenes: [],
        promociones: [],
      },
    );
    assert.equal(typeof res.body.producto.producto_id, 'string');
    const list = await app.agent.get('/api/products').set(admin.auth).expect(200);
    assert.deepEqual(list.body, [res.body.producto]);
    assert.equal(list.headers['cache-control'], 'no-store');
    assert.deepEqual((await app.agent.get('/api/products').set(other.auth).expect(200)).body, []);
  });

  it('keeps two decimals of a price, sent as a number or a text', async () => {
    for (const [precio, stored] of [
      [850.5, 850.5],
      ['0.01', 0.01],
      ['120.555', 120.56],
      ['99999999.99', 99999999.99],
    ] as const) {
      assert.equal((await get(await addProduct(app, admin, { precio }))).precio, stored);
    }
  });

  it("improvements 16 and 28: a price below zero or anything that is no product is the caller's fault", async () => {
    const foreign = await addCategory(other, 'Ajena');
    const bad = [
      ...[undefined, null, '', 0, -1, '-1', 'abc', '1e3', '0.001', '1,5', '100000000', 1e300, [1], {}].map((precio) => ({ precio })),
      ...[undefined, null, ' ', 'x'.repeat(101), 'a\u0000b', 7].map((nombre_producto) => ({ nombre_producto })),
      ...[999_999, foreign, 'x', '99999999999', 1.5].map((categoria_id) => ({ categoria_id })),
      ...['x'.repeat(256), 5].map((descripcion) => ({ descripcion })),
      ...[20, '20', 'x', null, -21].map((iva) => ({ iva })),
    ];
    for (const fields of bad) {
      const body = { nombre_producto: 'x', precio: 1, ...fields };
      const res = await app.agent.post('/api/products').set(admin.auth).send(body);
      assert.equal(res.status, 400, JSON.stringify(fields));
      assert.ok(res.body.message);
    }
    const { message } = (await app.agent.post('/api/products').set(admin.auth).send({ nombre_producto: 'x', precio: 'abc' })).body;
    assert.match(message, /precio: tiene que ser un número mayor que 0.*120\.5/);
    const id = await addProduct(app, admin);
    await change(id, { precio: '-1' }, 400);
    await change('12abc', { precio: 1 }, 400);
    const send = (type: string, text: string) => app.agent.post('/api/products').set(admin.auth).set('Content-Type', type).send(text);
    await send('application/json', '{').expect(400);
    await send('text/plain', 'x').expect(415);
  });

  it('keeps the rate of IVA: 21 unless another is given', async () => {
    const [usual, reduced] = [await addProduct(app, admin), await addProduct(app, admin, { iva: '10,5' })];
    assert.deepEqual([(await get(usual)).iva, (await get(reduced)).iva], [21, 10.5]);
    await change(usual, { iva: 27 });
    await change(reduced, { iva: '', precio: 1 });
    assert.deepEqual([(await get(usual)).iva, (await get(reduced)).iva], [27, 10.5]);
    assert.equal((await announcements(usual)).length, 0, 'the rate is not among the announced fields');
  });

  it('improvement 26: announces what differs by value and nothing when nothing does, in the form of the contract', async () => {
    const id = await addProduct(app, admin, { descripcion: 'Rica', categoria_id: categoria });
    const same = { nombre_producto: 'Pizza', precio: '850.50', descripcion: 'Rica', categoria_id: String(categoria) };
    await change(id, same);
    await change(id, {});
    assert.equal((await announcements(id)).length, 0);

    const res = await change(id, { ...same, nombre_producto: 'Pizza grande', precio: '950.50' });
    assert.equal(res.body.producto.precio, 950.5);
    await app.agent.put(`/api/products/${id}`).set(admin.auth).field('categoria_id', '').expect(200);
    const [first, second] = await announcements(id);
    assert.deepEqual(first?.payload['campos_cambiados'], ['nombre_producto', 'precio']);
    assert.deepEqual(first?.payload['producto'], {
      producto_id: Number(id),
      nombre_producto: 'Pizza grande',
      descripcion: 'Rica',
      precio: 950.5,
      categoria: { categoria_id: categoria, nombre_categoria: 'Pizzas' },
      promociones: [],
      estado: 'activo',
    });
    assert.deepEqual(second?.payload['campos_cambiados'], ['categoria_id']);
    assert.equal((second?.payload['producto'] as { categoria: unknown }).categoria, null);
    for (const { payload } of [first, second].filter((one) => one !== undefined)) {
      assert.deepEqual(differences(contractOf('out', TOPIC).payload, payload), []);
    }
  });

  it('shows the promotions that have not ended, and announces them with a change', async () => {
    const id = await addProduct(app, admin, { precio: 200 });
    const promotion = (nombre: string, tipo: string, centesimos: number, from: number, to: number) =>
      app.deps.database.transaction({ tenantId: admin.tenantId }, async (trx) => {
        const { promocionId } = await trx.one<{ promocionId: number }>(
          `INSERT INTO promotions (tenant_id, nombre, tipo_promocion, valor_centesimos, fecha_inicio, fecha_fin)
           VALUES ($1, $2, $3, $4, (now() AT TIME ZONE 'America/Argentina/Buenos_Aires')::date + $5::int,
                   (now() AT TIME ZONE 'America/Argentina/Buenos_Aires')::date + $6::int)
           RETURNING promocion_id AS "promocionId"`,
          [admin.tenantId, nombre, tipo, centesimos, from, to],
        );
        await trx.run('INSERT INTO promotion_products VALUES ($1, $2, $3)', [promocionId, id, admin.tenantId]);
        return promocionId;
      });
    await promotion('Pasada', 'porcentaje', 1000, -9, -1);
    const running = await promotion('Vigente', 'monto', 5000, -1, 0);
    const next = await promotion('Próxima', 'porcentaje', 1000, 1, 2);

    const { promociones } = await get(id);
    assert.deepEqual(
      promociones.map((one: Record<string, unknown>) => [one['promocion_id'], one['valor_descuento'], one['productos_incluidos']]),
      [
        [String(running), 50, [id]],
        [String(next), 10, [id]],
      ],
    );
    const atSeller = await app.agent.get(`/api/sellers/${comercio}/products`).set(admin.auth).expect(200);
    const row = atSeller.body.data.productos.find((one: { producto_id: number }) => one.producto_id === Number(id));
    assert.deepEqual(row.promociones.map((one: Record<string, unknown>) => one['promocion_id']), [running, next]);

    await change(id, { descripcion: 'Con promociones' });
    const [message] = await announcements(id);
    const announced = (message?.payload['producto'] as { promociones: Array<Record<string, unknown>> }).promociones;
    assert.deepEqual(
      announced.map((one) => [one['nombre'], one['descripcion'], one['descuento_porcentaje'], one['estado']]),
      [
        ['Vigente', '$ 50 de descuento por unidad', 25, 'activa'],
        ['Próxima', '10 % de descuento', 10, 'programada'],
      ],
    );
    assert.deepEqual(differences(contractOf('out', TOPIC).payload, message?.payload), []);
  });

  it('improvement 20: a deleted product leaves the catalogue, and its sales stay', async () => {
    const id = await addProduct(app, admin, { nombre_producto: 'Vendida' });
    await app.agent.patch(`/api/sellers/${comercio}/products/${id}/stock`).set(admin.auth).send({ cantidad_stock: 5 }).expect(200);
    const { database } = app.deps;
    const ordenId = await database.transaction('system', async (trx) => {
      const order = await trx.one<{ id: number }>(
        `INSERT INTO orders (tenant_id, comercio_id, pedido_id, cliente_nombre, direccion_entrega, medios_pago, total_centavos)
         VALUES ($1, $2, 'archivado-1', 'Ana', 'x', 'fiat', 100) RETURNING orden_id AS id`,
        [admin.tenantId, comercio],
      );
      await trx.run(
        `INSERT INTO order_lines (tenant_id, orden_id, linea, producto_id, nombre_producto, cantidad, precio_centavos, iva_pct)
         VALUES ($1, $2, 1, $3, 'Vendida', 1, 100, 21)`,
        [admin.tenantId, order.id, id],
      );
      return order.id;
    });
    await remove(id, 403, other);
    const { deleted_product, message } = (await remove(id)).body;
    assert.deepEqual(deleted_product, { tenant_id: admin.tenantId, producto_id: id, nombre_producto: 'Vendida' });
    assert.ok(message);
    await remove(id, 404);
    await change(id, { precio: 1 }, 404);
    await app.agent.get(`/api/products/${id}`).set(admin.auth).expect(404);
    const listed = (await app.agent.get('/api/products').set(admin.auth)).body as Array<{ producto_id: string }>;
    assert.ok(!listed.some(({ producto_id }) => producto_id === id));
    const order = await app.agent.get(`/api/orders/detail/${ordenId}`).set(admin.auth).expect(200);
    assert.equal(order.body.data.productos[0].nombre_producto, 'Vendida');
    const ledger = await database.transaction('system', (trx) => trx.rows('SELECT FROM stock_ledger WHERE producto_id = $1', [id]));
    assert.equal(ledger.length, 1);
  });

  it("keeps tenants apart: 403 for another's product, 404 for an unknown one", async () => {
    const id = await addProduct(app, other);
    await app.agent.get(`/api/products/${id}`).set(admin.auth).expect(403);
    await change(id, { precio: 1 }, 403);
    assert.equal((await get(id, other)).precio, 850.5);
    await app.agent.get('/api/products/999999').set(admin.auth).expect(404);
    await change('999999', { precio: 1 }, 404);
    await app.agent.get('/api/products').expect(401);
  });

  it('lets an operator write products, as documented', async () => {
    const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [comercio] });
    const id = await addProduct(app, operator);
    await change(id, { precio: 1 }, 200, operator);
    await remove(id, 200, operator);
  });

  it('improvement 29: ids and money have one type wherever they stand', async () => {
    const id = await addProduct(app, admin, { precio: '12.30' });
    for (const { producto_id, precio } of [await get(id), (await change(id, {})).body.producto]) {
      assert.deepEqual([producto_id, precio], [id, 12.3]);
    }
    const { body } = await app.agent.get(`/api/sellers/${comercio}/products`).set(admin.auth).expect(200);
    const row = body.data.productos.find((one: { producto_id: number }) => one.producto_id === Number(id));
    assert.equal(row.precio, 12.3);
  });

  it('improvement 30: lists any number of products with the same two statements, and reads no picture', async () => {
    const { tenantId } = other;
    const count = async () => {
      const statements: string[] = [];
      const products = await app.deps.database.transaction({ tenantId }, (trx) => {
        const rows = <Row extends object>(text: string, values?: readonly unknown[]) => {
          statements.push(text);
          return trx.rows<Row>(text, values);
        };
        const counted: Sql = { ...trx, rows, one: refuse, maybe: refuse, run: refuse };
        return listProducts(counted, tenantId, { today: '2024-01-15', pictures: '' });
      });
      return { statements, products: products.length };
    };
    const few = await count();
    for (let n = 0; n < 25; n += 1) await addProduct(app, other);
    const many = await count();
    assert.equal(many.products, few.products + 25);
    assert.deepEqual([few.statements.length, many.statements], [2, few.statements]);
    assert.doesNotMatch(many.statements.join(' '), /\bbytes\b/);
  });

  const refuse = () => Promise.reject(new Error('only rows() is counted'));
});
