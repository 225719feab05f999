import assert from 'node:assert/strict';
import { until } from '../../support/service.ts';
import { openRestApp, ORIGIN, registerTenant, type RestApp, type SignedIn } from './rest-support.ts';

describe('REST: errors, CORS and status', () => {
  let app: RestApp;
  let admin: SignedIn;
  before(async () => {
    app = await openRestApp({ MAX_BODY_BYTES: '2048' });
    admin = await registerTenant(app);
  });
  after(() => app.close());

  it('improvement 29: answers problems with all the members that somebody reads, and no HTML', async () => {
    const res = await app.agent.get('/api/nada').set('Accept', 'text/html').expect(404);
    assert.match(res.headers['content-type'] ?? '', /^application\/problem\+json/);
    assert.deepEqual(res.body, {
      type: 'about:blank',
      title: 'Not Found',
      status: 404,
      detail: 'La dirección no existe.',
      message: 'La dirección no existe.',
      success: false,
      code: 'not_found',
    });
  });

  it("improvement 28: tells broken JSON, large bodies and other formats as the caller's fault", async () => {
    const post = (body: string, type = 'application/json') =>
      app.agent.post('/api/auth/login').set('Content-Type', type).send(body);
    for (const body of ['{', 'null', '"x"', '[]', '{"email":}']) {
      const { success, message } = (await post(body).expect(400)).body;
      assert.equal(success, false);
      assert.doesNotMatch(message, /pedido/i, 'a request is no order');
    }
    await post(JSON.stringify({ email: 'x'.repeat(3000) })).expect(413);
    await post('email=x', 'application/x-www-form-urlencoded').expect(415);
    await post('{}', 'application/json; charset=nonsense').expect(415);
    await app.agent.get('/api/products/%E0%A4%A').set(admin.auth).expect(400);
  });

  it('shows nothing of a defect', async () => {
    const { database } = app.deps;
    await database.pool.query('ALTER TABLE categories RENAME TO hidden');
    const res = await app.agent.get('/api/categories').set(admin.auth).set('Origin', ORIGIN).expect(500);
    await database.pool.query('ALTER TABLE hidden RENAME TO categories');
    assert.equal(res.body.code, 'internal');
    assert.doesNotMatch(res.text, /categories|relation/);
    assert.equal(res.headers['access-control-allow-origin'], ORIGIN);
  });

  it('tells whoever lost the database on the way to come again, and goes on', async () => {
    const { database } = app.deps;
    const ask = () => app.agent.get('/api/categories').set(admin.auth);
    await database.transaction('system', async (trx) => {
      await trx.run('RESET ROLE');
      await trx.run('LOCK TABLE categories IN ACCESS EXCLUSIVE MODE');
      const asked = ask().then((res) => res);
      const ended = () =>
        trx.rows(`SELECT pg_terminate_backend(pid) FROM pg_locks WHERE NOT granted AND relation = 'categories'::regclass
                    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`);
      await until('the end of its connection', async () => (await ended()).length > 0);
      const { status, headers, body } = await asked;
      assert.deepEqual([status, headers['retry-after'], body.code], [503, '5', 'unavailable']);
    });
    await ask().expect(200);
  });

  it('tells whoever waited too long for somebody else to come again', async () => {
    const { database } = app.deps;
    const beside = await openRestApp({}, { beside: app });
    const hasty = (client: { query(sql: string): Promise<unknown> }) => client.query(`SET lock_timeout = '100ms'`);
    beside.deps.database.pool.on('connect', (client) => void hasty(client));
    const ask = () => beside.agent.get('/api/categories').set(admin.auth);
    await database.transaction('system', async (trx) => {
      await trx.run('RESET ROLE');
      await trx.run('LOCK TABLE categories IN ACCESS EXCLUSIVE MODE');
      const { status, headers, body } = await ask();
      assert.deepEqual([status, headers['retry-after'], body.code], [503, '5', 'occupied']);
      assert.match(body.message as string, /^Otra operación/);
    });
    await ask().expect(200);
    await beside.close();
  });

  it('improvement 31: lets the origins of the settings in with credentials, on errors too, and no others', async () => {
    const preflight = await app.agent
      .options('/api/products')
      .set('Origin', ORIGIN)
      .set('Access-Control-Request-Method', 'PATCH')
      .expect(204);
    assert.equal(preflight.headers['access-control-allow-origin'], ORIGIN);
    assert.equal(preflight.headers['access-control-allow-credentials'], 'true');
    assert.equal(preflight.headers['access-control-allow-headers'], 'authorization, content-type, x-tenant-id');
    assert.equal(preflight.headers['access-control-allow-methods'], 'GET, POST, PUT, PATCH, DELETE');
    const large = JSON.stringify({ email: 'x'.repeat(3000) });
    for (const [status, request] of [
      [401, app.agent.get('/api/products')],
      [403, app.agent.post('/api/tenants').set(admin.auth)],
      [404, app.agent.get('/api/nada')],
      [405, app.agent.put('/api/auth/login')],
      [413, app.agent.post('/api/auth/login').type('json').send(large)],
      [415, app.agent.post('/api/auth/login').type('form').send('x=1')],
    ] as const) {
      const { headers } = await request.set('Origin', ORIGIN).expect(status);
      assert.equal(headers['access-control-allow-origin'], ORIGIN);
      assert.equal(headers['access-control-allow-credentials'], 'true');
      assert.match(headers['vary'] ?? '', /Origin/);
    }
    const stranger = await app.agent.get('/api/status').set('Origin', 'https://otro.example').expect(200);
    assert.equal(stranger.headers['access-control-allow-origin'], undefined);
  });

  it('gives its status to anybody', async () => {
    const res = await app.agent.get('/api/status').set('Authorization', 'garbage').expect(200);
    assert.deepEqual(Object.keys(res.body), ['status', 'timestamp']);
  });

  it('says so when the database does not answer', async () => {
    const beside = await openRestApp({}, { beside: app });
    await beside.deps.database.close();
    const { body, headers } = await beside.agent.get('/api/status').set('Origin', ORIGIN).expect(500);
    assert.deepEqual([body.success, body.error, body.message], [false, ...Array<string>(2).fill('La base de datos no responde.')]);
    assert.equal(headers['access-control-allow-origin'], ORIGIN);
  });

  it('shows a tenant its own rows only, even to a query that forgets to ask for them', async () => {
    const other = await registerTenant(app);
    const { database } = app.deps;
    const seen = await database.transaction({ tenantId: admin.tenantId }, (trx) =>
      trx.rows<{ tenant_id: number }>('SELECT tenant_id FROM tenants'),
    );
    assert.deepEqual(seen, [{ tenant_id: admin.tenantId }]);
    await assert.rejects(
      database.transaction({ tenantId: admin.tenantId }, (trx) =>
        trx.run(`INSERT INTO categories (tenant_id, nombre) VALUES ($1, 'x')`, [other.tenantId]),
      ),
      /row-level security/,
    );
  });
});
