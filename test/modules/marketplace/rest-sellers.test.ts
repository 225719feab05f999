import assert from 'node:assert/strict';
import { addSeller, addUser, openRestApp, registerTenant, type RestApp, type SignedIn } from './rest-support.ts';

const ADDRESS = { calle: 'Florida', numero: '10', ciudad: 'Rosario', provincia: 'Santa Fe', codigo_postal: '2000' };
const ROSARIO = { lat: -32.9468, lon: -60.6393 };

describe('REST: sellers', () => {
  let app: RestApp;
  let admin: SignedIn;
  let other: SignedIn;
  before(async () => {
    app = await openRestApp();
    [admin, other] = [await registerTenant(app), await registerTenant(app)];
  });
  after(() => app.close());

  const create = (body: object, status: number) =>
    app.agent.post('/api/sellers').set(admin.auth).send(body).expect(status);

  it('creates a seller with its week, and announces it', async () => {
    const horarios = [
      { dia_semana: 'MIERCOLES', hora_apertura: '9:00', hora_cierre: '18:30' },
      { dia_semana: 6, hora_apertura: '10:00:00', hora_cierre: '14:00:00', estado: 'activo' },
    ];
    const { body } = await create({ nombre: ' Centro ', ...ADDRESS, horarios }, 201);
    assert.deepEqual([body.success, body.message], [true, 'Comercio creado.']);
    const { comercio_id, horarios: week, ...rest } = body.data;
    assert.deepEqual(rest, {
      tenant_id: admin.tenantId,
      nombre: 'Centro',
      ...ADDRESS,
      ...ROSARIO,
      direccion: 'Florida 10, Rosario, Santa Fe',
    });
    assert.equal(week.length, 7);
    assert.equal(week[0].dia_semana, 'domingo');
    assert.deepEqual(week[3], {
      dia_semana: 'miércoles',
      dia_nombre: 'miércoles',
      dia_numero: 3,
      hora_apertura: '09:00',
      hora_cierre: '18:30',
      estado: 'activo',
    });
    assert.deepEqual([week[1].hora_apertura, week[1].hora_cierre, week[1].estado], [null, null, 'inactivo']);

    const [message] = (await app.published('comercio.creado')).slice(-1);
    assert.equal(message?.ordering_key, `comercio:${comercio_id}`);
    assert.deepEqual(message?.payload['comercio'], {
      comercio_id,
      tenant_id: admin.tenantId,
      nombre: 'Centro',
      ...ROSARIO,
      ...ADDRESS,
    });
    const shown = await app.agent.get(`/api/sellers/${comercio_id}`).set(admin.auth).expect(200);
    assert.deepEqual(shown.body.data, body.data);
    await create({ nombre: 'Otra', horarios: week }, 201); // the client sends back what it was given
  });

  it('stores an address that nobody finds without its place, and says so', async () => {
    const { body } = await create({ nombre: 'Lejos', ...ADDRESS, ciudad: 'Ninguna Parte' }, 201);
    assert.match(body.message, /sin ubicación/);
    assert.deepEqual([body.data.lat, body.data.lon, body.data.ciudad], [null, null, 'Ninguna Parte']);
    const none = await create({ nombre: 'Sin dirección', calle: '', numero: null }, 201);
    assert.deepEqual([none.body.message, none.body.data.direccion], ['Comercio creado.', '']);
  });

  it('takes no place, id or tenant from outside', async () => {
    const { body } = await create({ nombre: 'x', lat: 1, lon: 2, comercio_id: 7, tenant_id: other.tenantId }, 201);
    assert.deepEqual([body.data.lat, body.data.lon, body.data.tenant_id], [null, null, admin.tenantId]);
  });

  it('refuses half an address and a bad schedule, all sentences at once', async () => {
    const before = (await app.published('comercio.creado')).length;
    await create({}, 400);
    await create({ nombre: 'x', ...ADDRESS, numero: '' }, 400);
    const day = (dia_semana: unknown, hora_apertura: unknown, hora_cierre: unknown) => ({
      dia_semana,
      hora_apertura,
      hora_cierre,
    });
    const horarios = [
      day('feriado', null, null),
      day('lunes', '08:00', null),
      day('Lunes', null, null),
      day('martes', '25:00', '26:00'),
      day('jueves', '10:00', '10:00'),
      day(7, null, null),
    ];
    assert.equal((await create({ nombre: 'x', horarios }, 400)).body.errores.length, 6);
    await create({ nombre: 'x', horarios: 'siempre' }, 400);
    assert.equal((await app.published('comercio.creado')).length, before);
  });

  it('lists all sellers without page and size, and pages with one of them (improvement 15)', async () => {
    const tenant = await registerTenant(app);
    for (let n = 0; n < 12; n += 1) await addSeller(app, tenant, { nombre: `S${n}` });
    const get = (query: string, status = 200) => app.agent.get(`/api/sellers${query}`).set(tenant.auth).expect(status);
    const all = await get('');
    assert.equal(all.body.data.length, 12);
    assert.deepEqual(all.body.pagination, { page: 1, size: 12, totalItems: 12, totalPages: 1 });
    const second = await get('?page=2');
    assert.deepEqual(
      second.body.data.map((seller: { nombre: string }) => seller.nombre),
      ['S10', 'S11'],
    );
    assert.deepEqual(second.body.pagination, { page: 2, size: 10, totalItems: 12, totalPages: 2 });
    assert.equal((await get('?size=5')).body.data.length, 5);
    for (const query of ['?page=0', '?size=0', '?size=101', '?page=a', '?page=', '?size=1.5', '?page=1&page=2'])
      await get(query, 400);
    const none = await app.agent
      .get('/api/sellers')
      .set((await registerTenant(app)).auth)
      .expect(200);
    assert.deepEqual(none.body.data, []);
  });

  it('shows an operator the assigned sellers only, and lets no operator create one (improvement 5)', async () => {
    const [mine, notMine] = [await addSeller(app, admin), await addSeller(app, admin)];
    const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [mine] });
    const { body } = await app.agent.get('/api/sellers').set(operator.auth).expect(200);
    assert.deepEqual(
      body.data.map((seller: { comercio_id: number }) => seller.comercio_id),
      [mine],
    );
    await app.agent.get(`/api/sellers/${mine}`).set(operator.auth).expect(200);
    await app.agent.get(`/api/sellers/${notMine}`).set(operator.auth).expect(403);
    await app.agent.post('/api/sellers').set(operator.auth).send({ nombre: 'x' }).expect(403);
  });

  it("tells another tenant's seller (403) from an unknown (404) and a bad id (400)", async () => {
    const foreign = await addSeller(app, other);
    await app.agent.get(`/api/sellers/${foreign}`).set(admin.auth).expect(403);
    await app.agent.get('/api/sellers/2147483647').set(admin.auth).expect(404);
    for (const id of ['abc', '0', '-1', '1.5', '12abc', '99999999999', '%00']) {
      await app.agent.get(`/api/sellers/${id}`).set(admin.auth).expect(400);
    }
    const { body } = await app.agent.get('/api/sellers').set(admin.auth).expect(200);
    assert.ok(body.data.every((seller: { tenant_id: number }) => seller.tenant_id === admin.tenantId));
  });

  it('archives a seller: it is gone, its week is left out of the answer, and only one of two deletes it', async () => {
    const id = await addSeller(app, admin, { nombre: 'Norte', ...ADDRESS });
    const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [id] });
    const remove = () => app.agent.delete(`/api/sellers/${id}`).set(admin.auth);
    const answers = await Promise.all([remove(), remove()]);
    assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 404]);
    const { body } = answers.find(({ status }) => status === 200) ?? assert.fail();
    assert.deepEqual(body, {
      success: true,
      message: 'Comercio dado de baja.',
      data: {
        comercio_id: id,
        tenant_id: admin.tenantId,
        nombre: 'Norte',
        ...ADDRESS,
        ...ROSARIO,
        direccion: 'Florida 10, Rosario, Santa Fe',
      },
    });
    for (const who of [admin, operator]) {
      const list = await app.agent.get('/api/sellers').set(who.auth).expect(200);
      assert.ok(list.body.data.every((seller: { comercio_id: number }) => seller.comercio_id !== id));
      await app.agent.get(`/api/sellers/${id}`).set(who.auth).expect(404);
      await app.agent.patch(`/api/sellers/${id}`).set(who.auth).send({ nombre: 'x' }).expect(404);
      await app.agent.get(`/api/sellers/${id}/products`).set(who.auth).expect(404);
    }
    const { body: profile } = await app.agent.get('/api/auth/profile').set(operator.auth).expect(200);
    assert.deepEqual(profile.data.comercios, []);
  });

  it('lets whoever has access to a seller delete it, and nobody else', async () => {
    const [mine, notMine] = [await addSeller(app, admin), await addSeller(app, admin)];
    const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [mine] });
    const remove = (id: number | string, who: SignedIn, status: number) =>
      app.agent.delete(`/api/sellers/${id}`).set(who.auth).expect(status);
    await remove(notMine, operator, 403);
    await remove(notMine, other, 403);
    await remove(2147483647, admin, 404);
    await remove('12abc', admin, 400);
    await app.agent.delete(`/api/sellers/${mine}`).expect(401);
    await app.agent.get(`/api/sellers/${notMine}`).set(admin.auth).expect(200);
    await remove(mine, operator, 200);
  });
});
