import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { createServer } from 'node:http';
import type { DeliveryResult, HubSimulator } from '../../scripts/hub-simulator/index.ts';
import { startHubSimulator } from '../../scripts/hub-simulator/index.ts';
import type { Callback } from './support.ts';
import { call, listenOnFreePort, startCallback, stop } from './support.ts';

const topic = 'pedido.entregado';
const payload = { pedidoId: '0042', estado: 'entregado' };

describe('the hub simulator delivering', () => {
  let hub: HubSimulator;
  let callback: Callback;

  beforeEach(async () => {
    callback = await startCallback();
    hub = await startHubSimulator({ port: 0, callbackUrl: callback.url });
  });
  afterEach(async () => {
    await hub.close();
    await callback.close();
  });

  const bodies = () => callback.received.map(({ raw }) => JSON.parse(raw) as unknown);

  it('speaks the core dialect by default: the payload is the body, the topic a header', async () => {
    const [delivery] = await hub.deliver({ topic, payload });
    assert.equal(delivery?.status, 204);
    assert.ok((delivery?.ms ?? -1) >= 0);
    assert.deepEqual(bodies(), [payload]);
    assert.equal(callback.received[0]?.headers['x-topic'], topic);
    assert.equal(callback.received[0]?.headers['content-type'], 'application/json');
  });

  it('speaks the older dialects, without the header', async () => {
    for (const dialect of ['topic-payload', 'topic-data', 'event-data'] as const) {
      await hub.deliver({ topic, payload, dialect });
    }
    const expected = [{ topic, payload }, { topic, data: payload }, { event: topic, data: payload }];
    assert.deepEqual(bodies(), expected);
    assert.ok(callback.received.every(({ headers }) => headers['x-topic'] === undefined));
  });

  it('rotates through all dialects', async () => {
    const deliveries = await hub.deliver({ topic, payload, dialect: 'random', times: 8 });
    const four = ['core', 'topic-payload', 'topic-data', 'event-data'];
    assert.deepEqual(deliveries.map(({ dialect }) => dialect), [...four, ...four]);
  });

  it('delivers many times, so many at once', async () => {
    let open = 0;
    let most = 0;
    callback.respond = async () => {
      most = Math.max(most, ++open);
      await new Promise((resolve) => setImmediate(resolve));
      open--;
      return new Response(null, { status: 204 });
    };
    const deliveries = await hub.deliver({ topic, payload, times: 200, concurrency: 8 });
    assert.equal(deliveries.filter(({ status }) => status === 204).length, 200);
    assert.equal(callback.received.length, 200);
    assert.ok(most > 1 && most <= 8, `${most} at once`);
  });

  it('signs the raw body', async () => {
    await hub.deliver({ topic, payload, secret: 's3cret', signatureMethod: 'sha512' });
    const headers = { 'X-Hub-Signature': 'sha256=00', 'X-Id': '7' };
    await hub.deliver({ topic, payload, secret: 's3cret', headers });
    const [signed, overridden] = callback.received;
    const digest = createHmac('sha512', 's3cret').update(signed?.raw ?? '').digest('hex');
    assert.equal(signed?.headers['x-hub-signature'], `sha512=${digest}`);
    assert.equal(overridden?.headers['x-hub-signature'], 'sha256=00');
    assert.equal(overridden?.headers['x-id'], '7');
  });

  it('reports what the callback answered, over HTTP as well', async () => {
    const answer = { success: false, code: 'unknown_topic' };
    callback.respond = () => Response.json(answer, { headers: { 'x-a': 'b' } });
    const { status, body } = await call(`${hub.url}/_sim/deliver`, 'POST', { topic, payload, times: 2 });
    assert.equal(status, 200);
    const deliveries = body.deliveries as DeliveryResult[];
    assert.equal(deliveries.length, 2);
    assert.equal(deliveries[0]?.status, 200);
    assert.deepEqual(deliveries[0]?.body, answer);
    assert.equal(deliveries[0]?.headers['x-a'], 'b');
  });

  it('reports a failed connection as status 0, and goes on', async () => {
    const broken = createServer((req) => req.socket.destroy());
    const callbackUrl = `http://127.0.0.1:${await listenOnFreePort(broken)}/callback`;
    const dropped = await hub.deliver({ topic, payload, callbackUrl, times: 2 });
    await stop(broken);
    const [refused] = await hub.deliver({ topic, payload, callbackUrl });
    assert.deepEqual([...dropped, refused].map((delivery) => delivery?.status), [0, 0, 0]);
    assert.match(String(refused?.error), /ECONNREFUSED/);
  });

  it('refuses a request that makes no sense', async () => {
    const odd = { topic, payload, dialect: 'klingon' };
    for (const wrong of [{ payload }, { topic }, odd, { topic, payload, time: 2 }]) {
      assert.equal((await call(`${hub.url}/_sim/deliver`, 'POST', wrong)).status, 400, JSON.stringify(wrong));
    }
    const lost = await startHubSimulator({ port: 0 });
    assert.equal((await call(`${lost.url}/_sim/deliver`, 'POST', { topic, payload })).status, 409);
    lost.setCallbackUrl(callback.url);
    assert.equal((await lost.deliver({ topic, payload }))[0]?.status, 204);
    await lost.close();
  });

  it('verifies the callback with a challenge, keeping its own query', async () => {
    callback.respond = ({ url }) => new Response(new URL(url, callback.url).searchParams.get('challenge'));
    hub.setCallbackUrl(`${callback.url}?tenant=1`);
    const answered = await hub.verify({ topic, challenge: 'a+b/c= d' });
    assert.deepEqual([answered.verified, answered.status, answered.body], [true, 200, 'a+b/c= d']);
    const [request] = callback.received;
    assert.match(request?.url ?? '', /^\/callback\?tenant=1&topic=pedido.entregado&challenge=/);
    assert.equal((await hub.verify({ topic, method: 'HEAD' })).verified, true);
    callback.respond = () => new Response('something else');
    const { body } = await call(`${hub.url}/_sim/verify`, 'POST', { topic });
    assert.equal(body.verified, false);
  });
});
