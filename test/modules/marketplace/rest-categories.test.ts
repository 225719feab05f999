import assert from 'node:assert/strict';
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

describe('REST: categories', () => {
  let app: RestApp;
  let admin: SignedIn;
  let other: SignedIn;
  let operator: SignedIn;
  before(async () => {
    app = await openRestApp();
    [admin, other] = [await registerTenant(app), await registerTenant(app)];
    operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [await addSeller(app, admin)] });
  });
  after(() => app.close());

  const create = async (body: object, who = admin): Promise<number> =>
    (await app.agent.post('/api/categories').set(who.auth).send(body).expect(201)).body.categoria_id as number;
  const change = (id: number | string, body: object, status: number, who = admin) =>
    app.agent.patch(`/api/categories/${id}`).set(who.auth).send(body).expect(status);
  const remove = (id: number | string, status: number, who = admin) =>
    app.agent.delete(`/api/categories/${id}`).set(who.auth).expect(status);
  const product = async (id: string) => (await app.agent.get(`/api/products/${id}`).set(admin.auth).expect(200)).body;

  it('creates and lists them, bare, by name, unused ones too, each tenant its own', async () => {
    await create({ nombre: 'Pizzas', descripcion: '' });
    const created = await app.agent
      .post('/api/categories')
      .set(admin.auth)
      .send({ nombre: 'Bebidas', descripcion: 'Frías' })
      .expect(201);
    assert.deepEqual(Object.keys(created.body), ['categoria_id', 'nombre', 'descripcion', 'fecha_creacion']);
    const list = await app.agent.get('/api/categories').set(operator.auth).expect(200);
    assert.deepEqual(
      list.body.map((one: { nombre: string; descripcion: string | null }) => [one.nombre, one.descripcion]),
      [
        ['Bebidas', 'Frías'],
        ['Pizzas', null],
      ],
    );
    assert.deepEqual((await app.agent.get('/api/categories').set(other.auth).expect(200)).body, []);
  });

  it('lists them as a dictionary does, whatever the locale of the database', async () => {
    const names = ['ábaco', 'Bebidas', 'bebidas sin alcohol', 'Ñoquis', 'Óleo', 'Zeta'];
    const fresh = await registerTenant(app);
    for (const nombre of names.toReversed()) await create({ nombre }, fresh);
    const { body } = await app.agent.get('/api/categories').set(fresh.auth).expect(200);
    assert.deepEqual(body.map((one: { nombre: string }) => one.nombre), names);
  });

  it('announces a new one in the form of the contract', async () => {
    const id = await create({ nombre: 'Postres' });
    const [message] = (await app.published('categoria.creada')).slice(-1);
    assert.deepEqual(message?.payload['categoria'], { categoria_id: id, tenant_id: admin.tenantId, nombre: 'Postres' });
    assert.deepEqual(differences(contractOf('out', 'categoria.creada').payload, message?.payload), []);
    assert.equal(message?.ordering_key, `categoria:${id}`);
  });

  it('allows two of one name', async () => {
    assert.notEqual(await create({ nombre: 'Doble' }), await create({ nombre: 'doble' }));
  });

  it('shows one: 403 for another tenant, 404 for an unknown one, 400 for a bad id', async () => {
    const id = await create({ nombre: 'Una' });
    await app.agent.get(`/api/categories/${id}`).set(operator.auth).expect(200);
    await app.agent.get(`/api/categories/${id}`).set(other.auth).expect(403);
    await app.agent.get('/api/categories/999999').set(admin.auth).expect(404);
    await app.agent.get('/api/categories/x').set(admin.auth).expect(400);
  });

  it('refuses what is none, and whoever may not', async () => {
    const long = { nombre: 'x', descripcion: 'x'.repeat(256) };
    for (const body of [{}, { nombre: ' ' }, { nombre: 'x'.repeat(101) }, { nombre: 'a\u0000' }, long]) {
      assert.ok((await app.agent.post('/api/categories').set(admin.auth).send(body).expect(400)).body.message);
    }
    const id = await create({ nombre: 'Cerrada' });
    await app.agent.post('/api/categories').set(operator.auth).send({ nombre: 'x' }).expect(403);
    await change(id, { nombre: 'x' }, 403, operator);
    await remove(id, 403, operator);
    await app.agent.get('/api/categories').expect(401);
  });

  it('changes the name, the description or both, and nothing else', async () => {
    const id = await create({ nombre: 'Antes', descripcion: 'Queda' });
    assert.deepEqual((await change(id, { nombre: ' Después ' }, 200)).body, {
      categoria_id: id,
      nombre: 'Después',
      descripcion: 'Queda',
      fecha_creacion: (await app.agent.get(`/api/categories/${id}`).set(admin.auth)).body.fecha_creacion,
    });
    assert.equal((await change(id, { descripcion: '' }, 200)).body.descripcion, null);
    for (const body of [{}, { color: 'rojo' }, { nombre: null }, { nombre: '' }, { nombre: 'x'.repeat(101) }]) {
      assert.ok((await change(id, body, 400)).body.message, JSON.stringify(body));
    }
    await change(id, { nombre: 'x' }, 403, other);
    await change(999_999, { nombre: 'x' }, 404);
    assert.equal((await app.agent.get(`/api/categories/${id}`).set(admin.auth)).body.nombre, 'Después');
  });

  it('deletes one that no product uses, and takes it off those that were deleted before', async () => {
    const id = await create({ nombre: 'Pasajera' });
    const [kept, archived] = [
      await addProduct(app, admin, { categoria_id: id }),
      await addProduct(app, admin, { categoria_id: id }),
    ];
    await app.agent.delete(`/api/products/${archived}`).set(admin.auth).expect(200);
    assert.match((await remove(id, 400)).body.message, /un producto la usa/);
    assert.equal((await product(kept)).categoria_id, id);
    await app.agent.patch(`/api/products/${kept}`).set(admin.auth).send({ categoria_id: '' }).expect(200);
    assert.ok((await remove(id, 200)).body.message);
    await remove(id, 404);
    await app.agent.post('/api/products').set(admin.auth).send({ nombre_producto: 'x', precio: 1, categoria_id: id }).expect(400);
  });

  it("improvement 4: a category belongs to one tenant, and deleting it touches nobody else's products", async () => {
    const [mine, theirs] = [await create({ nombre: 'Compartida' }), await create({ nombre: 'Compartida' }, other)];
    const product = await addProduct(app, other, { categoria_id: theirs });
    await remove(theirs, 403);
    await remove(mine, 200);
    const kept = await app.agent.get(`/api/products/${product}`).set(other.auth).expect(200);
    assert.equal(kept.body.categoria_nombre, 'Compartida');
  });

  it('lets one of a deletion and a new product win, and fails neither', async () => {
    const seen = new Set<string>();
    for (let round = 0; round < 20; round += 1) {
      const id = await create({ nombre: 'Disputada' });
      const body = { nombre_producto: 'x', precio: 1, categoria_id: id };
      const creation = app.agent.post('/api/products').set(admin.auth).send(body);
      const deletion = app.agent.delete(`/api/categories/${id}`).set(admin.auth);
      const answers = await Promise.all(round % 2 === 0 ? [creation, deletion] : [deletion, creation]);
      seen.add(answers.map(({ status }) => status).sort().join());
    }
    for (const pair of seen) assert.ok(['200,400', '201,400'].includes(pair), pair);
  });
});
