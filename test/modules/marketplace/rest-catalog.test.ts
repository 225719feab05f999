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

const PNG = Buffer.from('89504e470d0a1a0a0000', 'hex');

describe('REST: catalog', () => {
  let app: RestApp;
  let admin: SignedIn;
  let other: SignedIn;
  let categoria: number;
  before(async () => {
    app = await openRestApp();
    [admin, other] = [await registerTenant(app), await registerTenant(app)];
    categoria = (
      await app.agent.post('/api/categories').set(admin.auth).send({ nombre: 'Pizzas', descripcion: '' }).expect(201)
    ).body.categoria_id;
  });
  after(() => app.close());

  const change = (id: string, body: object, status = 200) =>
    app.agent.patch(`/api/products/${id}`).set(admin.auth).send(body).expect(status);

  it('creates and lists categories, bare, by name, each tenant its own', async () => {
    const created = await app.agent
      .post('/api/categories')
      .set(admin.auth)
      .send({ nombre: 'Bebidas', descripcion: 'Frías' })
      .expect(201);
    assert.deepEqual(Object.keys(created.body), ['categoria_id', 'nombre', 'descripcion', 'fecha_creacion']);
    const list = await app.agent.get('/api/categories').set(admin.auth).expect(200);
    assert.deepEqual(
      list.body.map((c: { nombre: string; descripcion: string | null }) => [c.nombre, c.descripcion]),
      [
        ['Bebidas', 'Frías'],
        ['Pizzas', null],
      ],
    );
    assert.deepEqual((await app.agent.get('/api/categories').set(other.auth).expect(200)).body, []);
    const [message] = (await app.published('categoria.creada')).slice(-1);
    assert.deepEqual(message?.payload['categoria'], {
      categoria_id: created.body.categoria_id,
      tenant_id: admin.tenantId,
      nombre: 'Bebidas',
    });
    assert.equal(message?.ordering_key, `categoria:${created.body.categoria_id}`);

    await app.agent.get(`/api/categories/${categoria}`).set(admin.auth).expect(200);
    await app.agent.get(`/api/categories/${categoria}`).set(other.auth).expect(403);
    await app.agent.get('/api/categories/999999').set(admin.auth).expect(404);
    await app.agent.get('/api/categories/x').set(admin.auth).expect(400);
    for (const body of [
      {},
      { nombre: ' ' },
      { nombre: 'x'.repeat(101) },
      { nombre: 'x', descripcion: 'x'.repeat(256) },
    ]) {
      assert.ok((await app.agent.post('/api/categories').set(admin.auth).send(body).expect(400)).body.message);
    }
    const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [await addSeller(app, admin)] });
    await app.agent.post('/api/categories').set(operator.auth).send({ nombre: 'x' }).expect(403);
  });

  it('creates a product from a form', async () => {
    const res = await app.agent
      .post('/api/products')
      .set(admin.auth)
      .set('x-tenant-id', '999')
      .field('nombre_producto', 'Muzza ñ')
      .field('precio', '120.5')
      .field('descripcion', '')
      .field('categoria_id', String(categoria))
      .attach('imagenes', PNG, 'a.png')
      .expect(201);
    assert.deepEqual(
      { ...res.body.producto, producto_id: '' },
      {
        producto_id: '',
        tenant_id: admin.tenantId,
        nombre_producto: 'Muzza ñ',
        descripcion: '',
        precio: 120.5,
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
    assert.deepEqual((await app.agent.get('/api/products').set(other.auth).expect(200)).body, []);
  });

  it('creates a product from JSON, with a price as a number or a text', async () => {
    for (const [precio, stored] of [
      [850.5, 850.5],
      ['0.01', 0.01],
      ['120.555', 120.56],
      ['99999999.99', 99999999.99],
    ] as const) {
      const id = await addProduct(app, admin, { precio });
      assert.equal((await app.agent.get(`/api/products/${id}`).set(admin.auth).expect(200)).body.precio, stored);
    }
  });

  it('refuses what is no product', async () => {
    const foreign = (await app.agent.post('/api/categories').set(other.auth).send({ nombre: 'Ajena' }).expect(201)).body
      .categoria_id;
    const bad = [
      { nombre_producto: undefined },
      { nombre_producto: 'x'.repeat(101) },
      { descripcion: 'x'.repeat(256) },
      { precio: undefined },
      { precio: '' },
      { precio: 0 },
      { precio: -1 },
      { precio: 'abc' },
      { precio: '1e3' },
      { precio: '0.001' },
      { precio: '100000000' },
      { precio: 1e300 },
      { precio: null },
      { categoria_id: 999_999 },
      { categoria_id: foreign },
      { categoria_id: 'x' },
      { categoria_id: '99999999999' },
      { nombre_producto: 'a\u0000b' },
    ];
    for (const fields of bad) {
      const res = await app.agent
        .post('/api/products')
        .set(admin.auth)
        .send({ nombre_producto: 'x', precio: 1, ...fields });
      assert.equal(res.status, 400, JSON.stringify(fields));
      assert.ok(res.body.message);
    }
  });

  it('refuses files that are no pictures, too many, too large or under another name', async () => {
    const post = () =>
      app.agent.post('/api/products').set(admin.auth).field('nombre_producto', 'x').field('precio', '1');
    await post().attach('imagenes', Buffer.from('<svg/>'), { filename: 'a.png', contentType: 'image/png' }).expect(400);
    await post().attach('foto', PNG, 'a.png').expect(400);
    let many = post();
    for (let n = 0; n < 6; n += 1) many = many.attach('imagenes', PNG, `${n}.png`);
    await many.expect(400);
    await post()
      .attach('imagenes', Buffer.concat([PNG, Buffer.alloc(5 * 1024 * 1024)]), 'a.png')
      .expect(413);
    await app.agent
      .post('/api/products')
      .set(admin.auth)
      .set('Content-Type', 'multipart/form-data; boundary=x')
      .send('--x\r\nbroken')
      .expect(400);
    await app.agent
      .post('/api/products')
      .set(admin.auth)
      .set('Content-Type', 'multipart/form-data')
      .send('x')
      .expect(400);
  });

  it('announces a change, listing exactly the fields that differ', async () => {
    const id = await addProduct(app, admin, { descripcion: 'Rica', categoria_id: categoria });
    const topic = 'producto.actualizado';
    const before = (await app.published(topic)).length;
    await change(id, {
      nombre_producto: 'Pizza',
      precio: '850.50',
      descripcion: 'Rica',
      categoria_id: String(categoria),
    });
    await change(id, {});
    assert.equal((await app.published(topic)).length, before);

    const res = await change(id, {
      nombre_producto: 'Pizza grande',
      precio: '950.50',
      descripcion: 'Rica',
      categoria_id: String(categoria),
    });
    assert.equal(res.body.producto.precio, 950.5);
    await app.agent.put(`/api/products/${id}`).set(admin.auth).field('categoria_id', '').expect(200);
    const [first, second] = (await app.published(topic)).slice(before);
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
    assert.equal(first?.ordering_key, `producto:${id}`);
    assert.deepEqual(second?.payload['campos_cambiados'], ['categoria_id']);
    assert.equal((second?.payload['producto'] as { categoria: unknown }).categoria, null);
  });

  it("keeps tenants apart: 403 for another's product, 404 for an unknown one, 400 for a bad id", async () => {
    const id = await addProduct(app, other);
    await app.agent.get(`/api/products/${id}`).set(admin.auth).expect(403);
    await change(id, { precio: 1 }, 403);
    assert.equal((await app.agent.get(`/api/products/${id}`).set(other.auth).expect(200)).body.precio, 850.5);
    await app.agent.get('/api/products/999999').set(admin.auth).expect(404);
    await change('999999', { precio: 1 }, 404);
    await change('12abc', { precio: 1 }, 400);
    await change(await addProduct(app, admin), { precio: '-1' }, 400);
  });
});
