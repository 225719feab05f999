import assert from 'node:assert/strict';
import { forgetEndedWindows } from '../../../src/kernel/rate-limit.ts';
import { startTestService } from '../../support/service.ts';
import { openRestApp, registration, type RestApp, type SignedIn } from './rest-support.ts';

const LIMITS = {
  RATE_LIMIT_LOGIN_PER_MINUTE: '6',
  RATE_LIMIT_REGISTER_PER_MINUTE: '3',
  RATE_LIMIT_FAILED_LOGINS: '4',
  RATE_LIMIT_TENANT_PER_MINUTE: '5',
  TRUST_PROXY: 'true',
};
const MINUTE = 60_000;

describe('REST: rate limits', () => {
  let app: RestApp;
  let other: RestApp;
  let admin: SignedIn;
  let addresses = 0;
  let address: string;
  const newAddress = () => `10.0.${Math.floor((addresses += 1) / 250)}.${addresses % 250}`;

  before(async () => {
    app = await openRestApp(LIMITS);
    other = await openRestApp(LIMITS, { beside: app });
  });
  after(async () => {
    await other.close();
    await app.close();
  });
  beforeEach(async () => {
    wait(60 * MINUTE); // what the tests before have counted is over
    address = newAddress();
    admin = await register();
  });

  const wait = (ms: number) => (app.time.now = new Date(app.time.now.getTime() + ms));
  const post = (path: string, body: object, from = address, at = app) =>
    at.agent.post(path).set('X-Forwarded-For', from).send(body);
  const logIn = (fields: { email?: string; password?: string } = {}, from = address, at = app) =>
    post('/api/auth/login', { email: admin.email, password: 'secreto1', ...fields }, from, at);
  const read = (at = app, { auth } = admin) => at.agent.get('/api/sellers').set(auth);
  const register = async (from = newAddress()): Promise<SignedIn> => {
    const body = registration();
    const res = await post('/api/auth/register-tenant', body, from).expect(201);
    const { accessToken: token, refreshToken } = res.body;
    const auth = { Authorization: `Bearer ${token}` };
    return { tenantId: res.body.tenant_id, email: body.email, token, refreshToken, auth };
  };
  const times = async (n: number, one: (index: number) => PromiseLike<unknown>) => {
    for (let index = 0; index < n; index += 1) await one(index);
  };
  const instance = (index: number) => (index % 2 === 0 ? app : other);

  it('answer 429 with Retry-After and a message that can be shown', async () => {
    await times(6, () => logIn().expect(200));
    wait(20_500);
    const { headers, body } = await logIn().expect(429);
    assert.equal(headers['retry-after'], '40');
    assert.match(String(headers['content-type']), /^application\/problem\+json/);
    assert.equal(body.success, false);
    assert.equal(body.message, 'Demasiados intentos. Probá de nuevo en 40 segundos.');
  });

  describe('of an address', () => {
    it('count log-ins over all instances, whoever they are for, and open again after a minute', async () => {
      await times(6, (n) => logIn({ email: `nadie${n}@ejemplo.com` }, address, instance(n)).expect(401));
      for (const at of [app, other]) await logIn({}, address, at).expect(429);
      await logIn({}, newAddress()).expect(200);
      wait(MINUTE - 1);
      await logIn({}, address, other).expect(429);
      wait(1);
      await logIn({}, address, other).expect(200);
    });

    it('hold when all ask at once', async () => {
      const answers = await Promise.all(
        Array.from({ length: 20 }, (_, n) => logIn({ email: `x${n}@y.z` }, address, instance(n))),
      );
      assert.equal(answers.filter(({ status }) => status === 401).length, 6);
      assert.equal(answers.filter(({ status }) => status === 429).length, 14);
    });

    it('count registrations, also those that fail', async () => {
      await times(2, (n) => post('/api/auth/register-tenant', registration(), address, instance(n)).expect(201));
      await post('/api/auth/register-tenant', {}, address).expect(400);
      await post('/api/auth/register-tenant', registration(), address, other).expect(429);
      await post('/api/auth/register-tenant', registration(), newAddress()).expect(201);
      await logIn().expect(200);
    });

    it('count refreshes apart from log-ins', async () => {
      const refresh = () => post('/api/auth/refresh', { refreshToken: admin.refreshToken });
      await times(6, () => refresh().expect(200));
      await refresh().expect(429);
      await logIn().expect(200);
    });

    it('take an IPv6 network for one address', async () => {
      await times(6, (n) => logIn({}, `2001:db8:0:${addresses}::${n}`).expect(200));
      await logIn({}, `2001:db8:0:${addresses}:ffff::1`).expect(429);
      await logIn({}, `2001:db8:1:${addresses}::1`).expect(200);
    });
  });

  describe('of an account', () => {
    const guess = (n: number, email = admin.email, from = address) =>
      logIn({ email, password: `intento ${n}` }, from, instance(n));

    it('stop one address from guessing a password, however its account is written, and do not shut the owner out', async () => {
      await times(4, (n) => guess(n, n % 2 ? admin.email.toUpperCase() : admin.email).expect(401));
      const { headers, body } = await guess(4).expect(429);
      assert.equal(headers['retry-after'], '900');
      assert.equal(body.message, 'Demasiados intentos. Probá de nuevo en 15 minutos.');
      await logIn({}, newAddress()).expect(200);
      wait(15 * MINUTE);
      await logIn().expect(200);
    });

    it('stop many addresses together from guessing one password', async () => {
      await times(80, (n) => guess(n, admin.email, newAddress()).expect(401));
      await guess(80, admin.email, newAddress()).expect(429);
      await logIn({}, newAddress()).expect(429);
      wait(15 * MINUTE);
      await logIn({}, newAddress()).expect(200);
    });

    it('do not tell whether there is one', async () => {
      const answersFor = async (email: string) => {
        const answers: string[] = [];
        await times(6, async (n) => {
          const { status, text, headers } = await guess(n, email);
          wait(1000);
          answers.push(JSON.stringify([status, text, headers['retry-after']]));
        });
        return answers;
      };
      const nobodys = await answersFor('nadie@ejemplo.com');
      wait(MINUTE); // the address's own count is over
      assert.deepEqual(nobodys, await answersFor(admin.email));
      assert.match(nobodys.at(-1) ?? '', /^\[429/);
    });

    it('do not count log-ins that succeed: a busy office signs in all day', async () => {
      const often = async () => {
        await times(5, () => logIn().expect(200));
        wait(MINUTE); // or the address's own count of log-ins would stop it
      };
      await times(3, often);
      await Promise.all(Array.from({ length: 4 }, () => logIn().expect(200)));
      wait(MINUTE);
      await times(3, (n) => guess(n).expect(401));
      wait(MINUTE);
      await often();
    });

    it('leave those who are signed in alone, and other accounts', async () => {
      await times(5, (n) => guess(n));
      await read().expect(200);
      await post('/api/auth/refresh', { refreshToken: admin.refreshToken }).expect(200);
      await logIn({ email: (await register()).email }, newAddress()).expect(200);
    });
  });

  describe('of a tenant', () => {
    it('count its requests on one instance, and no other tenant feels it', async () => {
      await times(5, () => read().expect(200));
      const { headers } = await read().expect(429);
      assert.equal(headers['retry-after'], '60');
      await read(app, await register()).expect(200);
      await read(other).expect(200);
      wait(MINUTE);
      await read().expect(200);
    });

    it('do not count what a shut-out token asks', async () => {
      const { body } = await logIn().expect(200);
      await post('/api/auth/logout', { refreshToken: body.refreshToken }).expect(200);
      await times(8, () => read(app, { ...admin, auth: { Authorization: `Bearer ${body.accessToken}` } }).expect(401));
      await read().expect(200);
    });
  });

  it('let people in, and still count, when the counters cannot be written', async () => {
    const rename = (from: string, to: string) => app.deps.database.pool.query(`ALTER TABLE ${from} RENAME TO ${to}`);
    await rename('rate_limits', 'rate_limits_gone');
    try {
      await times(6, () => logIn().expect(200));
      await logIn().expect(429);
      const from = newAddress();
      await times(4, (n) => logIn({ password: `intento ${n}` }, from).expect(401));
      await logIn({}, from).expect(429);
    } finally {
      await rename('rate_limits_gone', 'rate_limits');
    }
  });

  it('are forgotten when they are over', async () => {
    const forget = () => forgetEndedWindows(app.deps.database, app.time.now);
    await forget();
    await logIn().expect(200);
    assert.equal(await forget(), 0);
    wait(MINUTE);
    assert.equal(await forget(), 2, 'of the registration and the log-in; those of the account last longer');
  });

  it('cannot be escaped by writing an address into X-Forwarded-For, nor put upon others so', async () => {
    const service = await startTestService({ settings: { ...LIMITS, RATE_LIMIT_LOGIN_PER_MINUTE: '3' } });
    try {
      const from = (forwarded: string) =>
        fetch(`${service.url}/api/auth/login`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-forwarded-for': forwarded },
          body: JSON.stringify({ email: `${forwarded.slice(0, 8)}@x.y`, password: 'x' }),
        });
      // The proxy adds the address that it saw at the end.
      for (const n of [1, 2, 3]) assert.equal((await from(`192.0.2.${n}, 198.51.100.7`)).status, 401);
      assert.equal((await from('192.0.2.4, 198.51.100.7')).status, 429);
      assert.equal((await from('198.51.100.7, 192.0.2.1')).status, 401);
      const panel = await fetch(`${service.url}/panel/login`, {
        method: 'POST',
        headers: { origin: service.url, 'x-forwarded-for': '198.51.100.7' },
        body: new URLSearchParams({ email: 'a@b.c', password: 'x' }),
      });
      assert.equal(panel.status, 429, 'the panel signs in through the same door');
      assert.ok(Number(panel.headers.get('retry-after')) > 0);
      assert.match(await panel.text(), /Demasiados intentos/);
    } finally {
      await service.close();
    }
  });
});
