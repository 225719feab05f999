import assert from 'node:assert/strict';
import {
  addProduct,
  addSeller,
  addUser,
  openRestApp,
  registerTenant,
  type RestApp,
  type SignedIn,
} from './rest-support.ts';

describe('REST: stock', () => {
  let app: RestApp;
  let admin: SignedIn;
  let operator: SignedIn;
  let other: SignedIn;
  let [comercio, unassigned] = [0, 0];
  let [pizza, agua, foreign] = ['', '', ''];

  before(async () => {
    app = await openRestApp();
    [admin, other] = [await registerTenant(app), await registerTenant(app)];
    [comercio, unassigned] = [await addSeller(app, admin, { nombre: 'Centro' }), await addSeller(app, admin)];
    [pizza, agua, foreign] = [
      await addProduct(app, admin),
      await addProduct(app, admin, { nombre_producto: 'Agua' }),
      await addProduct(app, other),
    ];
    operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [comercio] });
  });
  after(() => app.close());

  const stockPath = (seller: number | string, product: string) => `/api/sellers/${seller}/products/${product}/stock`;
  const set = (seller: number | string, product: string, cantidad_stock: unknown, status: number) =>
    app.agent.patch(stockPath(seller, product)).set(operator.auth).send({ cantidad_stock }).expect(status);

  it('sets the amount, announces it, and lists every product of the tenant by name', async () => {
    const { body } = await set(comercio, pizza, 25, 200);
    assert.deepEqual(body.data, {
      comercio_id: comercio,
      producto_id: Number(pizza),
      cantidad_stock: 25,
      producto_nombre: 'Pizza',
      comercio_nombre: 'Centro',
    });
    const [message] = await app.published('stock.actualizado');
    assert.deepEqual(message?.payload['stock'], { cantidad_anterior: 0, cantidad_nueva: 25 });

    const list = await app.agent.get(`/api/sellers/${comercio}/products`).set(operator.auth).expect(200);
    assert.deepEqual(list.body.data.comercio, { comercio_id: comercio, nombre: 'Centro', tenant_id: admin.tenantId });
    const { productos } = list.body.data;
    assert.deepEqual(
      productos.map((p: { nombre_producto: string; cantidad_stock: number }) => [p.nombre_producto, p.cantidad_stock]),
      [
        ['Agua', 0],
        ['Pizza', 25],
      ],
    );
    assert.deepEqual(
      { ...productos[1], fecha_creacion: '' },
      {
        producto_id: Number(pizza),
        nombre_producto: 'Pizza',
        descripcion: '',
        precio: 850.5,
        categoria_id: null,
        categoria_nombre: null,
        fecha_creacion: '',
        cantidad_stock: 25,
        imagenes: [],
        promociones: [],
      },
    );
    assert.equal((await app.agent.get(`/api/products/${pizza}`).set(admin.auth)).body.cantidad_stock, 25);
  });

  it('lists products as a dictionary does, whatever the locale of the database', async () => {
    const names = ['árbol', 'Cebolla', 'Ñoquis', 'Zeta'];
    const fresh = await registerTenant(app);
    for (const nombre_producto of names.toReversed()) await addProduct(app, fresh, { nombre_producto });
    const list = await app.agent.get(`/api/sellers/${await addSeller(app, fresh)}/products`).set(fresh.auth).expect(200);
    const { productos } = list.body.data;
    assert.deepEqual(productos.map((one: { nombre_producto: string }) => one.nombre_producto), names);
  });

  it('improvement 29: shows one amount, 0 where none is recorded, under both names', async () => {
    const { body } = await app.agent.get(stockPath(comercio, agua)).set(operator.auth).expect(200);
    assert.deepEqual(body.data, {
      comercio_id: comercio,
      producto_id: Number(agua),
      cantidad_stock: 0,
      comercio_nombre: 'Centro',
      nombre_producto: 'Agua',
      producto_nombre: 'Agua',
    });
  });

  it('refuses what is no amount, "12abc" and 7.9 included (improvement 16)', async () => {
    const amounts = [undefined, null, '12abc', '12', '', 7.9, -1, 1_000_000_001, 1e12, 1e308, true, [], {}, '1\u0000'];
    for (const amount of amounts) await set(comercio, pizza, amount, 400);
    for (const body of ['[]', 'null', '5', '{"cantidad_stock":1e999}', '{"cantidad_stock":', '{"__proto__":{"cantidad_stock":1}}']) {
      await app.agent.patch(stockPath(comercio, pizza)).set(operator.auth).type('json').send(body).expect(400);
    }
    for (const [amount, said] of [
      [undefined, 'es obligatorio.'],
      ['12abc', 'tiene que ser un número entero.'],
      [7.9, 'tiene que ser un número entero.'],
      [-1, 'tiene que ser 0 o más.'],
      [1_000_000_001, 'tiene que ser 1000000000 o menos.'],
    ] as const) {
      const refused = await set(comercio, pizza, amount, 400);
      assert.deepEqual(refused.body.errores, [`cantidad_stock: ${said}`]);
    }
    const { body } = await app.agent.get(stockPath(comercio, pizza)).set(operator.auth).expect(200);
    assert.equal(body.data.cantidad_stock, 25);
    await set(comercio, agua, 1_000_000_000, 200);
    await set(comercio, agua, 0, 200);
  });

  it('announces nothing when the amount is the same', async () => {
    const before = (await app.published('stock.actualizado')).length;
    await set(comercio, pizza, 25, 200);
    assert.equal((await app.published('stock.actualizado')).length, before);
  });

  it("refuses sellers and products that are not the caller's", async () => {
    await set(unassigned, pizza, 1, 403);
    await set(await addSeller(app, other), pizza, 1, 403);
    await set(999_999, pizza, 1, 404);
    await set('x', pizza, 1, 400);
    await set(comercio, foreign, 1, 400);
    await set(comercio, '999999', 1, 404);
    for (const id of ['x', '0', '12abc', '99999999999', '1e3', '%00']) await set(comercio, id, 1, 400);
    await app.agent.get(stockPath(comercio, foreign)).set(operator.auth).expect(400);
    await app.agent.get(`/api/sellers/${unassigned}/products`).set(operator.auth).expect(403);
    await app.agent.get(`/api/sellers/${comercio}/products`).set(other.auth).expect(403);
    for (const id of ['x', '0', '12abc', '%00']) {
      await app.agent.get(`/api/sellers/${id}/products`).set(admin.auth).expect(400);
    }
    await app.agent.get(`/api/sellers/${comercio}/products`).expect(401);
    await app.agent.put(stockPath(comercio, pizza)).set(operator.auth).send({ cantidad_stock: 1 }).expect(405);
  });
});
