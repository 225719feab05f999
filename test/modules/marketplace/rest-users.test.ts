import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addSeller, addUser, openRestApp, registerTenant, type RestApp, type SignedIn } from './rest-support.ts';

describe('REST: users of a tenant', () => {
  let app: RestApp;
  let admin: SignedIn;
  let comercio: number;
  let foreign: number;
  let made = 0;

  before(async () => {
    app = await openRestApp();
    admin = await registerTenant(app);
    comercio = await addSeller(app, admin);
    foreign = await addSeller(app, await registerTenant(app));
  });
  after(() => app.close());

  const valid = () => ({
    nombre: 'Beto',
    email: `beto${(made += 1)}@ejemplo.com`,
    password: 'x',
    rol: 'operador',
    comercios_ids: [comercio],
  });
  const send = (fields: Record<string, unknown>, status: number, auth = admin.auth) =>
    app.agent.post('/api/auth/register-internal').set(auth).send({ ...valid(), ...fields }).expect(status);
  const post = (body: object) => app.agent.post('/api/auth/register-internal').set(admin.auth).send(body);
  const logIn = (email: string, status: number) =>
    app.agent.post('/api/auth/login').send({ email, password: 'x' }).expect(status);

  it('improvement 7: are made by an admin, who gets no tokens of theirs', async () => {
    const { body } = await send({ email: 'nuevo@ejemplo.com' }, 201);
    assert.deepEqual(Object.keys(body), ['success', 'message', 'usuario_id']);
    assert.equal(typeof body.usuario_id, 'number');
    assert.doesNotMatch(JSON.stringify(body), /token|eyJ/i);
    await logIn('Nuevo@Ejemplo.com', 200);
  });

  it('improvement 14: may be admins of a tenant without sellers', async () => {
    const bare = await registerTenant(app);
    await send({ rol: 'admin', comercios_ids: [] }, 201, bare.auth);
    await send({ rol: 'admin', comercios_ids: undefined }, 201, bare.auth);
  });

  it('improvement 14: have one address each, over all tenants and however it is written', async () => {
    const email = 'tomada@ejemplo.com';
    await send({ email }, 201);
    const other = await registerTenant(app);
    for (const again of [email, 'TOMADA@ejemplo.com', ` ${email} `, other.email]) {
      const { body } = await send({ email: again }, 409);
      assert.match(body.message, /email/, 'the client looks for this word');
    }
    const simultaneous = await Promise.all(
      Array.from({ length: 5 }, () => post({ ...valid(), email: 'a-la-vez@ejemplo.com' })),
    );
    assert.deepEqual(simultaneous.map(({ status }) => status).sort(), [201, 409, 409, 409, 409]);
  });

  it('improvement 14: are refused when the sellers are not theirs to work at, and leave nothing behind', async () => {
    const email = 'trasero@ejemplo.com';
    for (const comercios_ids of [[], undefined, [foreign], [comercio, 999_999], [comercio, foreign]]) {
      await send({ email, comercios_ids }, 400);
      await logIn(email, 401);
    }
    const rows = await app.deps.database.transaction('system', (trx) =>
      trx.rows('SELECT FROM users WHERE email = $1', [email]),
    );
    assert.equal(rows.length, 0);
  });

  it('are not made by an operator, nor without a token', async () => {
    const operator = await addUser(app, admin, { rol: 'operador', comercios_ids: [comercio] });
    for (const body of [{}, valid()]) {
      const refused = await app.agent.post('/api/auth/register-internal').set(operator.auth).send(body).expect(403);
      assert.doesNotMatch(refused.text, /email/);
      assert.doesNotMatch((await app.agent.post('/api/auth/register-internal').send(body).expect(401)).text, /email/);
    }
  });

  it('are refused without the word "email", whatever else is wrong', async () => {
    const junk = fc.oneof(
      fc.constantFrom<unknown>('email', ['email'], { email: 'email' }, null, undefined, true, -1, 1e300),
      fc.constantFrom<unknown>('', ' ', '\u0000', '\ud800'),
      fc.constantFrom<unknown>('email'.repeat(300), 'email@', 'a@b', 'un email@ejemplo.com', [foreign], [0.5], [[]]),
      fc.jsonValue(),
    );
    const fields = fc.dictionary(
      fc.constantFrom('nombre', 'email', 'password', 'rol', 'comercios_ids', 'email_2', '__proto__'),
      junk,
      { minKeys: 1 },
    );
    await fc.assert(
      fc.asyncProperty(fields, async (bad) => {
        const { status, text } = await post({ ...valid(), ...bad });
        assert.ok([201, 400].includes(status), `${status} ${text}`);
        if (status === 400) assert.doesNotMatch(text, /email/);
      }),
      { numRuns: 150 },
    );
    const raw = (body: string, type = 'application/json') =>
      app.agent.post('/api/auth/register-internal').set(admin.auth).set('Content-Type', type).send(body);
    const large = `"${'email'.repeat(300_000)}"`;
    const wrong = [raw('{"email":'), raw('"email"'), raw('["email"]'), raw('email=1', 'text/plain'), raw(large)];
    for (const { status, text } of await Promise.all(wrong)) {
      assert.ok([400, 413, 415].includes(status), String(status));
      assert.doesNotMatch(text, /email/);
    }
  });
});
