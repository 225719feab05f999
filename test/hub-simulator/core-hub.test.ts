import assert from 'node:assert/strict';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import type { HubSimulator } from '../../scripts/hub-simulator/index.ts';
import { startHubSimulator } from '../../scripts/hub-simulator/index.ts';
import { call, publisherOf } from './support.ts';

describe('the hub simulator as the core hub', () => {
  let hub: HubSimulator;

  beforeEach(async () => {
    hub = await startHubSimulator({ port: 0, username: 'marketplace-service', password: 'right' });
  });
  afterEach(() => hub.close());

  const login = (password: unknown, username = 'marketplace-service') =>
    call(`${hub.url}/auth/login`, 'POST', { username, password });
  const publish = (body: unknown, token?: string) => call(`${hub.url}/hub/publish`, 'POST', body, token);

  it('gives a JWT of 90 days for the right credentials, 401 otherwise', async () => {
    const { status, body } = await login('right');
    assert.equal(status, 200);
    const token = String(body.access_token);
    assert.equal(decodeProtectedHeader(token).alg, 'HS256');
    const { iat = 0, exp = 0 } = decodeJwt(token);
    assert.equal(exp - iat, 90 * 24 * 3600);
    assert.equal((await login('wrong')).status, 401);
    assert.equal((await login('right', 'somebody-else')).status, 401);
    assert.equal((await login(undefined)).status, 401);
  });

  it('takes any login when no password is set', async () => {
    const open = await startHubSimulator({ port: 0, username: 'marketplace-service' });
    const publishThere = await publisherOf(open);
    assert.equal((await publishThere('tenant.creado')).status, 200);
    await open.close();
  });

  it('records what is published with a valid token, in order', async () => {
    const token = String((await login('right')).body.access_token);
    for (let n = 1; n <= 3; n++) {
      const { status } = await publish({ topic: 'stock.actualizado', payload: { n } }, token);
      assert.equal(status, 200);
    }
    assert.deepEqual(
      hub.published().map(({ seq, topic, payload }) => ({ seq, topic, payload })),
      [1, 2, 3].map((n) => ({ seq: n, topic: 'stock.actualizado', payload: { n } })),
    );
    assert.match(String(hub.published()[0]?.at), /^\d{4}-\d\d-\d\dT[\d:.]+Z$/);
  });

  it('records nothing without a valid token or a sensible body', async () => {
    const token = String((await login('right')).body.access_token);
    const event = { topic: 'stock.actualizado', payload: {} };
    assert.equal((await publish(event)).status, 401);
    assert.equal((await publish(event, 'made-up')).status, 401);
    const topicless = [{ payload: {} }, { topic: 1, payload: {} }, { topic: '', payload: {} }];
    for (const body of ['not json', '', '[]', ...topicless]) {
      assert.equal((await publish(body, token)).status, 400, JSON.stringify(body));
    }
    for (const payload of [undefined, null, 'text', 1, [1]]) {
      assert.equal((await publish({ topic: 'a', payload }, token)).status, 400, JSON.stringify(payload));
    }
    assert.deepEqual(hub.published(), []);
  });

  it('refuses forgotten tokens until the next login', async () => {
    const event = { topic: 'stock.actualizado', payload: {} };
    const old = String((await login('right')).body.access_token);
    hub.faults({ forgetTokens: true });
    assert.equal((await publish(event, old)).status, 401);
    const fresh = String((await login('right')).body.access_token);
    assert.equal((await publish(event, fresh)).status, 200);
    assert.equal((await publish(event, old)).status, 401);
  });

  it('lists events by topic, from a sequence number, with a limit', async () => {
    const token = String((await login('right')).body.access_token);
    for (const topic of ['a', 'b', 'a', 'b', 'a']) await publish({ topic, payload: {} }, token);
    const list = async (query: string) => {
      const { body } = await call(`${hub.url}/_sim/events${query}`);
      return [(body.events as { seq: number }[]).map(({ seq }) => seq), body.total];
    };
    assert.deepEqual(await list(''), [[1, 2, 3, 4, 5], 5]);
    assert.deepEqual(await list('?topic=a'), [[1, 3, 5], 3]);
    assert.deepEqual(await list('?since=2&limit=2'), [[3, 4], 5]);
    assert.deepEqual(await list('?topic=a&since=1&limit=1'), [[3], 3]);
    assert.deepEqual(await list('?limit=0'), [[], 5]);
    assert.equal((await call(`${hub.url}/_sim/events?since=x`)).status, 400);
    assert.equal((await call(`${hub.url}/_sim/events`, 'DELETE')).status, 204);
    assert.deepEqual(await list(''), [[], 0]);
    await publish({ topic: 'a', payload: {} }, token);
    assert.deepEqual(await list('?since=5'), [[6], 1]);
  });

  it('keeps only so many events, and still counts all', async () => {
    const small = await startHubSimulator({ port: 0, keep: 2 });
    const publishThere = await publisherOf(small);
    for (let n = 1; n <= 5; n++) await publishThere('a', { n });
    assert.deepEqual(
      small.published().map(({ payload }) => payload.n),
      [4, 5],
    );
    assert.equal((await call(`${small.url}/_sim/events?limit=0`)).body.total, 5);
    await small.close();
  });

  it('describes itself, and says what it does not know', async () => {
    const { status, body } = await call(`${hub.url}/_sim`);
    assert.equal(status, 200);
    assert.match(JSON.stringify(body.addresses), /POST \/hub\/publish/);
    assert.equal((await call(`${hub.url}/nowhere`)).status, 404);
    assert.equal((await call(`${hub.url}/hub/publish`)).status, 405);
    assert.equal((await call(`${hub.url}/hub`, 'POST', {})).status, 501);
  });

  it('names HUB_SIMULATOR_PORT when its port is taken', async () => {
    await assert.rejects(startHubSimulator({ port: hub.port }), /port is in use.*HUB_SIMULATOR_PORT/);
  });

  it('closes at once, twice if need be, though clients keep connections', async () => {
    await login('right');
    const begun = Date.now();
    await hub.close();
    await hub.close();
    assert.ok(Date.now() - begun < 500);
    await assert.rejects(login('right'));
  });
});
