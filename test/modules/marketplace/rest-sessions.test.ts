import assert from 'node:assert/strict';
import { usersModule } from '../../../src/modules/marketplace/users/index.ts';
import { createAccessTokens } from '../../../src/modules/marketplace/users/tokens.ts';
import { addUser, clientDecode, openRestApp, registerTenant, type RestApp, type SignedIn } from './rest-support.ts';

const SECOND = 1000;
const DAY = 86_400 * SECOND;

describe('REST: sessions', () => {
  let app: RestApp;
  let other: RestApp;
  let admin: SignedIn;
  const asSystem = (sql: string, values: unknown[]) =>
    app.deps.database.transaction('system', (trx) => trx.run(sql, values));

  before(async () => {
    app = await openRestApp();
    other = await openRestApp({}, { beside: app });
  });
  after(async () => {
    await other.close();
    await app.close();
  });
  beforeEach(async () => {
    app.time.now = new Date();
    admin = await registerTenant(app);
  });

  const wait = (ms: number) => (app.time.now = new Date(app.time.now.getTime() + ms));
  const refresh = (refreshToken: unknown, at = app) => at.agent.post('/api/auth/refresh').send({ refreshToken });
  const next = async (refreshToken: string) => (await refresh(refreshToken).expect(200)).body as Tokens;
  const use = (accessToken: string, status: number) =>
    app.agent.get('/api/sellers').set('Authorization', `Bearer ${accessToken}`).expect(status);
  const logIn = async (): Promise<Tokens> => {
    const { body } = await app.agent
      .post('/api/auth/login')
      .send({ email: admin.email, password: 'secreto1' })
      .expect(200);
    return body as Tokens;
  };
  const logOut = (body?: object, bearer?: string) => {
    const request = app.agent.post('/api/auth/logout');
    if (bearer !== undefined) request.set('Authorization', `Bearer ${bearer}`);
    return request.send(body).expect(200);
  };

  interface Tokens {
    accessToken: string;
    refreshToken: string;
  }

  describe('refreshing', () => {
    it('answers new tokens at the top and nested, of the same session', async () => {
      const { body } = await refresh(admin.refreshToken).expect(200);
      assert.equal(body.success, true);
      assert.deepEqual(body.tokens, { accessToken: body.accessToken, refreshToken: body.refreshToken });
      assert.notEqual(body.refreshToken, admin.refreshToken);
      assert.equal(clientDecode(body.accessToken)['sid'], clientDecode(admin.token)['sid']);
      assert.notEqual(clientDecode((await logIn()).accessToken)['sid'], clientDecode(admin.token)['sid']);
      await use(body.accessToken, 200);
    });

    it('carries the role and the sellers of this moment', async () => {
      const second = await addUser(app, admin, { rol: 'admin' });
      await asSystem(`UPDATE users SET rol = 'operador' WHERE email = $1`, [second.email]);
      assert.equal(clientDecode((await next(second.refreshToken)).accessToken)['rol'], 'operador');
    });

    it('gives twenty tabs that ask at once the same token, on two instances', async () => {
      const instances = [app, other];
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => refresh(admin.refreshToken, instances[n % 2]).expect(200)),
      );
      const tokens = new Set(answers.map(({ body }) => (body as Tokens).refreshToken));
      assert.equal(tokens.size, 1);
      await next([...tokens][0] as string);
    });

    it('takes a used token for a minute more, counted from its first use', async () => {
      const first = await next(admin.refreshToken);
      wait(59 * SECOND);
      assert.equal((await next(admin.refreshToken)).refreshToken, first.refreshToken);
      wait(1 * SECOND);
      await refresh(admin.refreshToken).expect(401);
    });

    it('answers a tab that comes late with the newest, so that it does not take back what another stored', async () => {
      const first = await next(admin.refreshToken);
      wait(30 * SECOND);
      const second = await next(first.refreshToken);
      assert.equal((await next(admin.refreshToken)).refreshToken, second.refreshToken);
    });

    it('lets a session go on week after week while it is used, for ninety days', async () => {
      let { refreshToken } = admin;
      for (let day = 0; day < 90; day += 6) {
        refreshToken = (await next(refreshToken)).refreshToken;
        wait(6 * DAY);
      }
      await refresh(refreshToken).expect(401);
      await next((await logIn()).refreshToken);
    });

    it('refuses one that was not used for a week', async () => {
      wait(7 * DAY);
      await refresh(admin.refreshToken).expect(401);
    });

    it('refuses no token with 400 and an unknown one with 401', async () => {
      for (const token of [undefined, null, '', 7]) await refresh(token).expect(400);
      await app.agent.post('/api/auth/refresh').expect(400);
      for (const token of ['undefined', admin.token, `${admin.refreshToken}x`]) await refresh(token).expect(401);
    });
  });

  describe('a used token that comes again after its minute', () => {
    it('improvement 8: ends its session with every token of it, and no other', async () => {
      const elsewhere = await logIn();
      const first = await next(admin.refreshToken);
      wait(2 * 60 * SECOND);
      const second = await next(first.refreshToken);
      await refresh(admin.refreshToken).expect(401);
      for (const { refreshToken } of [first, second]) await refresh(refreshToken).expect(401);
      for (const token of [admin.token, first.accessToken, second.accessToken]) await use(token, 401);
      await use(elsewhere.accessToken, 200);
      await next(elsewhere.refreshToken);
    });

    it('ends it too when a thief was within the minute: thief and owner cannot go on side by side', async () => {
      const owner = await next(admin.refreshToken);
      wait(59 * SECOND);
      const thief = await next(admin.refreshToken);
      await next(thief.refreshToken);
      wait(8 * 3600 * SECOND);
      await refresh(owner.refreshToken).expect(401);
      await refresh(thief.refreshToken).expect(401);
    });

    it('leaves nothing alive that was refreshed at that very moment', async () => {
      const current = await next(admin.refreshToken);
      wait(2 * 60 * SECOND);
      const answers = await Promise.all([
        refresh(admin.refreshToken),
        refresh(current.refreshToken),
        refresh(admin.refreshToken, other),
        refresh(current.refreshToken, other),
      ]);
      for (const { status, body } of answers) {
        if (status === 200) await refresh((body as Tokens).refreshToken).expect(401);
        else assert.equal(status, 401);
      }
    });
  });

  describe('logging out', () => {
    it('improvement 8: ends the session by its refresh token, used ones too, or by its access token', async () => {
      const elsewhere = await logIn();
      const current = await next(admin.refreshToken);
      await logOut({ refreshToken: admin.refreshToken });
      for (const token of [admin.token, current.accessToken]) await use(token, 401);
      await app.agent.get('/api/auth/profile').set('Authorization', `Bearer ${current.accessToken}`).expect(401);
      await refresh(current.refreshToken).expect(401);
      await use(elsewhere.accessToken, 200);

      await logOut(undefined, elsewhere.accessToken);
      await use(elsewhere.accessToken, 401);
      await refresh(elsewhere.refreshToken).expect(401);
    });

    it('says the same whatever the tokens are good for', async () => {
      const { body } = await logOut({ refreshToken: admin.refreshToken });
      assert.deepEqual(Object.keys(body), ['success', 'message']);
      const others: Array<[body?: object, bearer?: string]> = [
        [],
        [{}],
        [{ refreshToken: null }],
        [{ refreshToken: '' }],
        [{ refreshToken: 'nada' }, 'garbage'],
        [{ refreshToken: admin.refreshToken }, admin.token],
      ];
      for (const [sent, bearer] of others) assert.deepEqual((await logOut(sent, bearer)).body, body);
      await app.agent.post('/api/auth/logout').send({ refreshToken: 7 }).expect(400);
    });
  });

  describe('access tokens', () => {
    it('of the release before sessions name none, and are good until they expire', async () => {
      const { sid: _sid, ...claims } = clientDecode(admin.token);
      const old = await createAccessTokens(app.deps.config, app.deps.clock).sign(claims);
      await logOut({ refreshToken: admin.refreshToken });
      await use(old, 200);
      wait(8 * 3600 * SECOND);
      await use(old, 401);
    });
  });

  it('takes the refresh tokens of the release before, and rotates them', async () => {
    const old = 'a-token-of-the-release-before-this-one-0123';
    await asSystem(
      `INSERT INTO refresh_tokens (token_hash, tenant_id, usuario_id, creado_en, expira_en)
       SELECT sha256($1), tenant_id, usuario_id, now(), now() + interval '7 days' FROM users WHERE tenant_id = $2`,
      [Buffer.from(old), admin.tenantId],
    );
    const first = await next(old);
    assert.equal((await next(old)).refreshToken, first.refreshToken);
    await next(first.refreshToken);
  });

  it('improvement 8: ends for a deleted user or tenant, while a suspended one is told so and gets it back', async () => {
    await asSystem('UPDATE users SET eliminado_en = now() WHERE tenant_id = $1', [admin.tenantId]);
    await use(admin.token, 401);
    await app.agent.get('/api/auth/profile').set(admin.auth).expect(404);
    await refresh(admin.refreshToken).expect(401);

    const deleted = await registerTenant(app);
    await app.agent.delete(`/api/tenants/${deleted.tenantId}`).set(deleted.auth).expect(200);
    await use(deleted.token, 401);
    await refresh(deleted.refreshToken).expect(401);
    await app.agent.post('/api/auth/login').send({ email: deleted.email, password: 'secreto1' }).expect(401);

    const become = (estado: string) =>
      asSystem('UPDATE tenants SET estado = $2 WHERE tenant_id = $1', [suspended.tenantId, estado]);
    const suspended = await registerTenant(app);
    await become('inactivo');
    await use(suspended.token, 403);
    await refresh(suspended.refreshToken).expect(403);
    await become('activo');
    await use(suspended.token, 200);
    const { refreshToken } = await next(suspended.refreshToken);
    await become('inactivo');
    await logOut({ refreshToken });
    await use(suspended.token, 401);
  });

  it('forgets tokens a month after they expired, and not before', async () => {
    const [job] = usersModule(app.deps).jobs ?? [];
    const kept = () => asSystem('SELECT FROM refresh_tokens WHERE tenant_id = $1', [admin.tenantId]);
    wait(37 * DAY);
    await job?.run();
    assert.equal(await kept(), 1);
    wait(SECOND);
    await job?.run();
    assert.equal(await kept(), 0);
  });
});
