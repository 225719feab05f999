import assert from 'node:assert/strict';
import type { HubSimulator } from '../../scripts/hub-simulator/index.ts';
import { startHubSimulator } from '../../scripts/hub-simulator/index.ts';
import type { Answer, Callback } from './support.ts';
import { call, publisherOf, startCallback } from './support.ts';

describe('the hub simulator misbehaving', () => {
  let hub: HubSimulator;
  let callback: Callback;
  let publish: (topic: string, payload?: unknown) => Promise<Answer>;

  before(async () => {
    callback = await startCallback();
    hub = await startHubSimulator({ port: 0, callbackUrl: callback.url });
    publish = await publisherOf(hub);
  });
  beforeEach(() => {
    hub.reset();
    callback.received.length = 0;
  });
  after(async () => {
    await hub.close();
    await callback.close();
  });

  const statuses = async (times: number, topic = 'a'): Promise<number[]> => {
    const seen: number[] = [];
    for (let i = 0; i < times; i++) seen.push((await publish(topic)).status);
    return seen;
  };

  it('answers a status with Retry-After, records nothing, and recovers after so many publishes', async () => {
    hub.faults({ status: 503, retryAfterSeconds: 2, for: 2 });
    const first = await publish('a');
    assert.deepEqual([first.status, first.headers.get('retry-after')], [503, '2']);
    const left = (await call(`${hub.url}/_sim/faults`)).body;
    assert.deepEqual(left, { status: 503, retryAfterSeconds: 2, for: 1 });
    assert.deepEqual(await statuses(2), [503, 200]);
    assert.deepEqual((await call(`${hub.url}/_sim/faults`)).body, {});
    assert.equal(hub.published().length, 1);
  });

  it('sends no Retry-After with other statuses', async () => {
    hub.faults({ status: 500, retryAfterSeconds: 2 });
    assert.equal((await publish('a')).headers.get('retry-after'), null);
  });

  it('records what it answers with another 2xx', async () => {
    hub.faults({ status: 204 });
    assert.deepEqual(await statuses(2), [204, 204]);
    assert.equal(hub.published().length, 2);
  });

  it('applies to its share, the same way each time', async () => {
    hub.faults({ status: 500, share: 0.5 });
    const first = await statuses(60);
    const failed = first.filter((status) => status === 500).length;
    assert.ok(failed > 15 && failed < 45, `${failed} of 60 failed`);
    assert.equal(hub.published().length, 60 - failed);
    hub.faults({ status: 500, share: 0.5 });
    assert.deepEqual(await statuses(60), first);
  });

  it('mixes several statuses', async () => {
    hub.faults({ statuses: [{ status: 429, share: 0.3 }, { status: 500, share: 0.3 }] });
    const seen = await statuses(80);
    assert.deepEqual([...new Set(seen)].sort(), [200, 429, 500]);
    assert.equal(hub.published().length, seen.filter((status) => status === 200).length);
  });

  it('applies to its topics only, and counts only those', async () => {
    hub.faults({ status: 422, topics: ['b'], for: 1 });
    assert.deepEqual(await statuses(2, 'a'), [200, 200]);
    assert.deepEqual(await statuses(2, 'b'), [422, 200]);
  });

  it('drops the connection without receiving', async () => {
    hub.faults({ dropConnection: true, for: 1 });
    await assert.rejects(publish('a'));
    assert.equal(hub.published().length, 0);
    assert.equal((await publish('a')).status, 200);
  });

  it('receives, then drops the connection', async () => {
    hub.faults({ dropAfter: true, for: 1 });
    await assert.rejects(publish('a', { n: 1 }));
    assert.deepEqual(hub.published('a').map(({ payload }) => payload), [{ n: 1 }]);
  });

  it('answers late, and forgets what waits when it is reset', async () => {
    hub.faults({ delayMs: 40 });
    const begun = performance.now();
    assert.equal((await publish('a')).status, 200);
    assert.ok(performance.now() - begun >= 39);
    hub.faults({ delayMs: 60_000 });
    const pending = assert.rejects(publish('b'));
    const reset = setInterval(() => hub.reset(), 5); // repeated: nobody knows when the publish arrives
    await pending;
    clearInterval(reset);
    assert.deepEqual(hub.published('b'), []);
  });

  it('refuses or drops logins', async () => {
    const login = () => call(`${hub.url}/auth/login`, 'POST', { username: 'a', password: 'b' });
    hub.faults({ loginStatus: 503, retryAfterSeconds: 1 });
    const refused = await login();
    assert.deepEqual([refused.status, refused.headers.get('retry-after')], [503, '1']);
    assert.equal((await publish('a')).status, 200);
    hub.faults({ loginStatus: 0 });
    await assert.rejects(login());
  });

  it('repeats and delays deliveries', async () => {
    hub.faults({ duplicateDeliveries: 2, delayDeliveriesMs: 10 });
    const begun = performance.now();
    const deliveries = await hub.deliver({ topic: 'pedido.creado', payload: { n: 1 }, times: 2 });
    assert.equal(deliveries.length, 6);
    assert.equal(callback.received.length, 6);
    assert.ok(performance.now() - begun >= 55);
  });

  it('is set and cleared over HTTP, and refuses what it does not know', async () => {
    const faults = `${hub.url}/_sim/faults`;
    assert.deepEqual((await call(faults, 'POST', { status: 500 })).body, { status: 500 });
    assert.deepEqual((await call(faults, 'POST', { delayMs: 1, forgetTokens: true })).body, { delayMs: 1 });
    assert.deepEqual((await call(faults, 'POST', {})).body, {});
    await call(faults, 'POST', { dropAfter: true });
    assert.deepEqual((await call(faults, 'DELETE')).body, {});
    const odd = { balance: { mode: 'odd' } };
    for (const wrong of [{ statsu: 500 }, { status: 99 }, { share: 2 }, { for: 0 }, odd]) {
      assert.equal((await call(faults, 'POST', wrong)).status, 400, JSON.stringify(wrong));
    }
    assert.throws(() => hub.faults({ status: 7 }), /status/);
    publish = await publisherOf(hub); // the tokens were forgotten on the way
  });
});
