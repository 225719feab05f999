import assert from 'node:assert/strict';
import {
  addSeller,
  addUser,
  clientDecode,
  openRestApp,
  registerTenant,
  registration,
  type RestApp,
  type SignedIn,
} from './rest-support.ts';

describe('REST: auth', () => {
  let app: RestApp;
  let admin: SignedIn;
  const asTenant = (sql: string, values: unknown[]) =>
    app.deps.database.transaction('system', (trx) => trx.run(sql, values));

  before(async () => {
    app = await openRestApp();
    admin = await registerTenant(app, { nombre_usuario: 'Ana' });
  });
  after(() => app.close());
  beforeEach(() => (app.time.now = new Date()));

  it('signs in with tokens nested and at the top, whatever the case of the address', async () => {
    const res = await app.agent
      .post('/api/auth/login')
      .send({ email: admin.email.toUpperCase(), password: 'secreto1' })
      .expect(200);
    const { accessToken, refreshToken } = res.body.tokens;
    assert.equal(res.body.accessToken, accessToken);
    assert.equal(res.body.refreshToken, refreshToken);
    assert.equal(res.body.tenant_id, admin.tenantId);
    assert.deepEqual(Object.keys(res.body.user), ['usuario_id', 'nombre', 'email', 'rol', 'tenant_id']);
    assert.equal(res.headers['cache-control'], 'no-store');
  });

  it('says the same of an unknown address and of a wrong password, and ignores Authorization', async () => {
    const wrong = await app.agent
      .post('/api/auth/login')
      .set('Authorization', 'Bearer x')
      .send({ email: admin.email, password: 'no' })
      .expect(401);
    const unknown = await app.agent
      .post('/api/auth/login')
      .send({ email: 'nadie@ejemplo.com', password: 'no' })
      .expect(401);
    assert.deepEqual(wrong.body, unknown.body);
    assert.equal(wrong.body.success, false);
    for (const body of [
      {},
      { email: admin.email },
      { email: admin.email, password: null },
      { email: 'a\u0000b', password: 'x' },
      [],
    ]) {
      await app.agent.post('/api/auth/login').send(body).expect(400);
    }
  });

  it('makes tokens that the client reads with atob, whatever the names', async () => {
    for (const name of ['Doña Ñata', 'L’Été 😀 ?>~', '?>~?>~', 'a?', 'aa?', 'aaa?', '\u007f ÿ']) {
      const { token, tenantId } = await registerTenant(app, { nombre: name, nombre_usuario: name });
      assert.doesNotMatch(token.split('.')[1] ?? '', /[-_]/);
      const claims = clientDecode(token);
      assert.equal(claims['nombre'], name);
      assert.equal(claims['tenant_nombre'], name);
      assert.equal(claims['tenant_id'], tenantId);
    }
  });

  it('puts every claim that any client reads into the token', async () => {
    const comercio = await addSeller(app, admin, { nombre: 'Doña ?>~' });
    const { token } = await addUser(app, admin, { rol: 'operador', comercios_ids: [comercio] });
    const claims = clientDecode(token);
    assert.deepEqual(claims['comercios'], [{ comercio_id: comercio, nombre: 'Doña ?>~' }]);
    assert.deepEqual(claims['comercios_autorizados_id'], [comercio]);
    assert.deepEqual(claims['tenant'], { nombre: 'Mi Negocio', razon_social: 'Mi Negocio S.A.', estado: 'activo' });
    assert.equal(claims['rol'], 'operador');
    assert.equal(Number(claims['exp']) - Number(claims['iat']), 8 * 3600);
  });

  it('answers 401 to no token, a wrong scheme, garbage, another algorithm and an expired one', async () => {
    const [header = '', payload = '', signature = ''] = admin.token.split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    const claims = JSON.stringify({ ...clientDecode(admin.token), tenant_id: admin.tenantId + 1 });
    const forged = `${header}.${Buffer.from(claims).toString('base64url')}.${signature}`;
    const values = [
      '',
      `Basic ${admin.token}`,
      admin.token,
      'Bearer',
      'Bearer garbage',
      `Bearer ${none}`,
      `Bearer ${forged}`,
    ];
    for (const value of values) await app.agent.get('/api/products').set('Authorization', value).expect(401);
    await app.agent.get('/api/products').expect(401);
    app.time.now = new Date(Date.now() + 9 * 3_600_000);
    await app.agent.get('/api/products').set(admin.auth).expect(401);
  });

  it('registers a tenant once an address, and announces it in the same transaction', async () => {
    const body = registration({ sitio_web: '', instagram: '@x' });
    const res = await app.agent.post('/api/auth/register-tenant').send(body).expect(201);
    assert.equal(res.body.user.rol, 'admin');
    const [message] = (await app.published('tenant.creado')).slice(-1);
    assert.equal(message?.ordering_key, `tenant:${res.body.tenant_id}`);
    assert.equal(message?.tenant_id, res.body.tenant_id);
    assert.equal(message?.payload['sitio_web'], null);
    assert.deepEqual(message?.payload['direccion_fiscal'], {
      calle: 'Av. Corrientes',
      numero: '1234',
      ciudad: 'Buenos Aires',
      provincia: 'CABA',
      codigo_postal: '1043',
      lat: null,
      lon: null,
    });

    const announced = (await app.published('tenant.creado')).length;
    const again = await app.agent
      .post('/api/auth/register-tenant')
      .send({ ...body, email: body.email.toUpperCase() })
      .expect(409);
    assert.match(again.body.message, /email/);
    assert.equal((await app.published('tenant.creado')).length, announced);
  });

  it('refuses a registration with blank, missing, malformed, over-long or unstorable fields', async () => {
    const bad = [
      { nombre: '' },
      { nombre: '   ' },
      { razon_social: undefined },
      { email: 'no es' },
      { nombre: 'x'.repeat(101) },
      { nombre: 'a\u0000' },
      { nombre: '\ud800' },
      { nombre: 7 },
      { password: '' },
      { telefono: null },
      { organization_id: 'org_99' },
    ];
    for (const fields of bad) {
      const res = await app.agent.post('/api/auth/register-tenant').send(registration(fields)).expect(400);
      assert.equal(res.body.errores.length, 1, JSON.stringify(fields));
    }
  });

  it('takes an organization once', async () => {
    await registerTenant(app, { organization_id: 'acme' });
    await app.agent
      .post('/api/auth/register-tenant')
      .send(registration({ organization_id: 'acme' }))
      .expect(409);
  });

  it('registers internal users, and only a taken address is told with the word email', async () => {
    const comercio = await addSeller(app, admin);
    const foreign = await addSeller(app, await registerTenant(app));
    const send = (fields: Record<string, unknown>, status: number) =>
      app.agent
        .post('/api/auth/register-internal')
        .set(admin.auth)
        .expect(status)
        .send({
          nombre: 'B',
          email: `b${Math.random()}@ejemplo.com`,
          password: 'x',
          rol: 'operador',
          comercios_ids: [comercio],
          ...fields,
        });
    const email = 'taken@ejemplo.com';
    const created = await send({ email }, 201);
    assert.equal(typeof created.body.usuario_id, 'number');
    assert.equal(created.body.tokens, undefined);
    await send({ rol: 'admin', comercios_ids: [] }, 201);
    assert.match((await send({ email }, 409)).body.message, /email/);
    const bad = [
      { email: 'mal' },
      { email: undefined },
      { rol: 'otro' },
      { rol: 'email' },
      { comercios_ids: [] },
      { comercios_ids: undefined },
      { comercios_ids: [foreign] },
      { comercios_ids: [comercio, 999_999] },
      { comercios_ids: ['email'] },
      { password: '' },
    ];
    for (const fields of bad) assert.doesNotMatch((await send(fields, 400)).text, /email/, JSON.stringify(fields));
    const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [comercio] });
    const refused = await app.agent.post('/api/auth/register-internal').set(operator.auth).send({}).expect(403);
    assert.doesNotMatch(refused.text, /email/);
  });

  it('leaves no user behind when its sellers are refused', async () => {
    const body = {
      nombre: 'B',
      email: 'trasero@ejemplo.com',
      password: 'x',
      rol: 'operador',
      comercios_ids: [999_999],
    };
    await app.agent.post('/api/auth/register-internal').set(admin.auth).send(body).expect(400);
    await app.agent.post('/api/auth/login').send({ email: body.email, password: 'x' }).expect(401);
  });

  it('refreshes: new tokens at the top, the old one good for a minute more', async () => {
    const { refreshToken } = await registerTenant(app);
    const refresh = (token: unknown) => app.agent.post('/api/auth/refresh').send({ refreshToken: token });
    const first = await refresh(refreshToken).expect(200);
    assert.equal(first.body.success, true);
    assert.deepEqual(first.body.tokens, { accessToken: first.body.accessToken, refreshToken: first.body.refreshToken });
    await app.agent.get('/api/products').set('Authorization', `Bearer ${first.body.accessToken}`).expect(200);
    app.time.now = new Date(Date.now() + 30_000);
    await refresh(refreshToken).expect(200);
    app.time.now = new Date(Date.now() + 70_000); // counted from the first use, not from the last
    await refresh(refreshToken).expect(401);
    await refresh(first.body.refreshToken).expect(200);
    app.time.now = new Date(Date.now() + 8 * 86_400_000);
    await refresh(first.body.refreshToken).expect(401);
  });

  it('refuses to refresh without a token (400) and with an unknown one (401)', async () => {
    for (const body of [{}, { refreshToken: null }, { refreshToken: '' }, { refreshToken: 7 }]) {
      await app.agent.post('/api/auth/refresh').send(body).expect(400);
    }
    await app.agent.post('/api/auth/refresh').expect(400);
    await app.agent.post('/api/auth/refresh').send({ refreshToken: 'undefined' }).expect(401);
  });

  it('shows the profile', async () => {
    const comercio = await addSeller(app, admin, { nombre: 'Perfil' });
    const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [comercio] });
    const { body } = await app.agent.get('/api/auth/profile').set(operator.auth).expect(200);
    assert.equal(body.success, true);
    assert.equal(body.data.tenant.razon_social, 'Mi Negocio S.A.');
    assert.deepEqual(body.data.comercios, [
      {
        comercio_id: comercio,
        nombre: 'Perfil',
        calle: null,
        numero: null,
        ciudad: null,
        provincia: null,
        codigo_postal: null,
        lat: null,
        lon: null,
        direccion: '',
      },
    ]);
  });

  it('lets a deleted user or tenant in nowhere, and a suspended tenant is told so', async () => {
    const gone = await registerTenant(app);
    await asTenant('UPDATE users SET eliminado_en = now() WHERE tenant_id = $1', [gone.tenantId]);
    await app.agent.get('/api/products').set(gone.auth).expect(401);
    await app.agent.get('/api/auth/profile').set(gone.auth).expect(404);
    await app.agent.post('/api/auth/refresh').send({ refreshToken: gone.refreshToken }).expect(401);
    await app.agent.post('/api/auth/login').send({ email: gone.email, password: 'secreto1' }).expect(401);

    const suspended = await registerTenant(app);
    await asTenant(`UPDATE tenants SET estado = 'inactivo' WHERE tenant_id = $1`, [suspended.tenantId]);
    await app.agent.get('/api/products').set(suspended.auth).expect(403);
    await app.agent.post('/api/auth/refresh').send({ refreshToken: suspended.refreshToken }).expect(403);
    await app.agent.post('/api/auth/login').send({ email: suspended.email, password: 'secreto1' }).expect(403);
    await app.agent.post('/api/auth/login').send({ email: suspended.email, password: 'otra' }).expect(401);
  });
});
