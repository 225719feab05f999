import assert from 'node:assert/strict';
import { verify } from '@node-rs/argon2';
import { createAccounts } from '../../../src/modules/marketplace/users/accounts.ts';
import { createPasswordCheck } from '../../../src/modules/marketplace/users/passwords.ts';
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
  const asSystem = (sql: string, values: unknown[]) =>
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

  it('refuses a log-in without address or password, and ignores Authorization', async () => {
    const { email } = admin;
    const bodies = [{}, { email }, { email, password: null }, { email: 'a\u0000b', password: 'x' }, []];
    for (const body of bodies) await app.agent.post('/api/auth/login').send(body).expect(400);
    const right = { email, password: 'secreto1' };
    await app.agent.post('/api/auth/login').set('Authorization', 'Bearer x').send(right).expect(200);
  });

  it('improvement 9: answers the same, word by word and after as many computations, to every log-in that fails', async () => {
    const [gone, suspended] = [await registerTenant(app), await registerTenant(app)];
    await asSystem('UPDATE users SET eliminado_en = now() WHERE tenant_id = $1', [gone.tenantId]);
    await asSystem(`UPDATE tenants SET estado = 'inactivo' WHERE tenant_id = $1`, [suspended.tenantId]);
    let computed = 0;
    const accounts = createAccounts(
      app.deps,
      createPasswordCheck((...args) => {
        computed += 1;
        return verify(...args);
      }),
    );
    const failing = [
      { email: admin.email, password: 'otra' },
      { email: 'nadie@ejemplo.com', password: 'secreto1' },
      { email: 'no es una dirección', password: 'secreto1' },
      { email: gone.email, password: 'secreto1' },
      { email: suspended.email, password: 'otra' },
    ];
    const answers = new Set<string>();
    for (const { email, password } of failing) {
      computed = 0;
      await assert.rejects(accounts.logIn(email, password, '127.0.0.1'), { status: 401 });
      assert.equal(computed, 1, email);
      const { text, headers } = await app.agent.post('/api/auth/login').send({ email, password }).expect(401);
      answers.add(JSON.stringify([text, Object.entries(headers).filter(([name]) => name !== 'date')]));
    }
    assert.equal(answers.size, 1);
    computed = 0;
    await assert.rejects(accounts.logIn(suspended.email, 'secreto1', '127.0.0.1'), { status: 403 });
    assert.equal(computed, 1);
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

  it('improvement 1: answers 401 to no token, garbage, another algorithm, a forged and an expired one', async () => {
    const [header = '', payload = '', signature = ''] = admin.token.split('.');
    const none = `${Buffer.from('{"alg":"none"}').toString('base64url')}.${payload}.`;
    const claims = JSON.stringify({ ...clientDecode(admin.token), tenant_id: admin.tenantId + 1 });
    const forged = `${header}.${Buffer.from(claims).toString('base64url')}.${signature}`;
    const values = ['', 'Bearer', 'Bearer garbage', `Bearer ${none}`, `Bearer ${forged}`];
    for (const value of values) await app.agent.get('/api/sellers').set('Authorization', value).expect(401);
    const { headers } = await app.agent.get('/api/sellers').expect(401);
    assert.equal(headers['www-authenticate'], 'Bearer');
    app.time.now = new Date(Date.now() + 9 * 3_600_000);
    await app.agent.get('/api/sellers').set(admin.auth).expect(401);
    // The client renews on 401 and on nothing else.
    const renewed = await app.agent.post('/api/auth/refresh').send({ refreshToken: admin.refreshToken }).expect(200);
    await app.agent.get('/api/sellers').set('Authorization', `Bearer ${renewed.body.accessToken}`).expect(200);
  });

  it('improvement 12: takes a good token as Bearer, in any case, and under no other word', async () => {
    const { token } = await registerTenant(app);
    const ask = (value: string) => app.agent.get('/api/sellers').set('Authorization', value);
    for (const word of ['Bearer', 'bearer', 'BEARER']) await ask(`${word} ${token}`).expect(200);
    for (const word of ['Basic', 'Digest', 'Token', 'JWT', 'Bearerx', 'xBearer', 'Bearer Bearer']) {
      await ask(`${word} ${token}`).expect(401);
    }
    for (const value of [token, `Bearer${token}`, `Bearer: ${token}`, `Bearer ${token} x`]) await ask(value).expect(401);
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
      lat: -34.6037,
      lon: -58.3816,
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
    ];
    for (const fields of bad) {
      const res = await app.agent.post('/api/auth/register-tenant').send(registration(fields)).expect(400);
      assert.equal(res.body.errores.length, 1, JSON.stringify(fields));
    }
  });

  it('takes an organization that looks like ours as long as no tenant has that number, and gives nobody that number then', async () => {
    const first = await registerTenant(app, {});
    const ahead = first.tenantId + 2;
    await registerTenant(app, { organization_id: `org_${ahead}` }); // the number before
    const next = await registerTenant(app, {});
    assert.equal(next.tenantId, ahead + 1);
    await app.agent.post('/api/auth/register-tenant').send(registration({ organization_id: `ORG_${first.tenantId}` })).expect(400);
  });

  it('takes an organization once', async () => {
    await registerTenant(app, { organization_id: 'acme' });
    await app.agent
      .post('/api/auth/register-tenant')
      .send(registration({ organization_id: 'acme' }))
      .expect(409);
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
});
