import assert from 'node:assert/strict';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type HubSimulator, startHubSimulator } from '../../scripts/hub-simulator/index.ts';
import type { Outgoing, SendResult } from '../../src/events/relay/index.ts';
import { createPublisher, type Publisher } from '../../src/hub/publisher.ts';
import { recordingLogger } from './support.ts';

const message = (id: number, payload: unknown = { id }): Outgoing => ({
  id, slot: 0, key: `k${id}`, topic: 'stock.actualizado', payload: JSON.stringify(payload), attempts: 0, expiresInMs: null,
});
const SENT: SendResult = { kind: 'sent' };

describe('the publisher', () => {
  let hub: HubSimulator;
  let publisher: Publisher;
  let lines: string[];
  const logins = () => lines.filter((line) => line.includes('[HUB LOGIN]')).length;

  before(async () => void (hub = await startHubSimulator({ port: 0, username: 'marketplace-service', password: 'pass' })));
  beforeEach(() => {
    hub.reset();
    const recording = recordingLogger();
    lines = recording.lines;
    publisher = createPublisher({ hubUrl: hub.url, username: 'marketplace-service', password: 'pass', log: recording.log });
  });
  afterEach(() => publisher.close());
  after(() => hub.close());

  const sendMany = (count: number) => Promise.all(Array.from({ length: count }, (_, n) => publisher.send(message(n))));

  it('logs in once for many, keeps the token, and sends topic and payload as they are', async () => {
    const payload = { texto: 'ñ "comillas" \u2028 😀', n: 1.5, nada: null };
    assert.deepEqual(await publisher.send(message(1, payload)), SENT);
    assert.deepEqual(hub.published().map(({ topic, payload: sent }) => [topic, sent]), [['stock.actualizado', payload]]);
    for (const result of await sendMany(50)) assert.deepEqual(result, SENT);
    assert.equal(logins(), 1);
    assert.ok(!lines.join().includes('pass'), 'the password was logged');
  });

  it('takes any 2xx as success', async () => {
    for (const status of [200, 201, 202, 204]) {
      hub.faults({ status });
      assert.deepEqual(await publisher.send(message(status)), SENT);
    }
  });

  it('logs in again after a 401, once for all that met it, and loses none', async () => {
    await sendMany(1);
    hub.faults({ forgetTokens: true });
    for (const result of await sendMany(100)) assert.deepEqual(result, SENT);
    assert.equal(logins(), 2);
    assert.equal(hub.published().length, 101);
  });

  it('calls the hub down when it refuses the new token as well, and tries a new login the next time', async () => {
    hub.faults({ status: 401 });
    const result = await publisher.send(message(1));
    assert.deepEqual([result.kind, 'cause' in result && result.cause.startsWith('401')], ['down', true]);
    assert.equal(logins(), 2);
    hub.faults({});
    assert.deepEqual(await publisher.send(message(1)), SENT);
    assert.equal(logins(), 3);
  });

  it('calls the hub down when the login fails, whatever its status, and does not keep the failure', async () => {
    for (const loginStatus of [400, 401, 403, 404, 429, 500, 503, 302, 0]) {
      hub.faults({ loginStatus });
      const result = await publisher.send(message(loginStatus));
      assert.equal(result.kind, 'down', String(loginStatus));
      assert.match((result as { cause: string }).cause, /^login: /);
    }
    hub.faults({});
    assert.deepEqual(await publisher.send(message(1)), SENT);
  });

  it('calls the hub down at the wrong password', async () => {
    const other = createPublisher({ hubUrl: hub.url, username: 'marketplace-service', password: 'wrong', log: recordingLogger().log });
    assert.equal((await other.send(message(1))).kind, 'down');
    await other.close();
  });

  it('gives a message up that can never be accepted', async () => {
    for (const status of [400, 413, 422]) {
      hub.faults({ status });
      const result = await publisher.send(message(status));
      assert.deepEqual([result.kind, (result as { cause: string }).cause.slice(0, 3)], ['dead', String(status)]);
    }
  });

  it('calls the hub down for every other refusal', async () => {
    for (const status of [301, 302, 307, 403, 404, 405, 408, 409, 410, 429, 500, 502, 503, 504]) {
      hub.faults({ status });
      const result = await publisher.send(message(status));
      assert.deepEqual([result.kind, (result as { cause: string }).cause.slice(0, 3)], ['down', String(status)]);
    }
  });

  it('calls the hub down when the connection breaks, before or after it took the message', async () => {
    await sendMany(1);
    for (const faults of [{ dropConnection: true }, { dropAfter: true }]) {
      hub.faults(faults);
      assert.equal((await publisher.send(message(1))).kind, 'down');
    }
  });

  it('passes Retry-After on in seconds, from a publish and from a login', async () => {
    hub.faults({ loginStatus: 503, retryAfterSeconds: 7 });
    assert.equal(((await publisher.send(message(1))) as { retryAfterMs?: number }).retryAfterMs, 7000);
    for (const status of [429, 503]) {
      hub.faults({ status, retryAfterSeconds: 3 });
      assert.equal(((await publisher.send(message(1))) as { retryAfterMs?: number }).retryAfterMs, 3000);
    }
  });
});

/** A hub that answers the login, and a publish as it is told. */
async function startStub(publish: (req: IncomingMessage, res: ServerResponse) => void): Promise<{ server: Server; url: string }> {
  const server = createServer((req, res) => {
    req.resume().on('end', () => {
      if (req.url === '/base/auth/login') res.end('{"access_token":"t"}');
      else publish(req, res);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/base/` };
}

describe('the publisher, at hubs of other kinds', () => {
  const sendTo = async (answer: (req: IncomingMessage, res: ServerResponse) => void, timeoutMs = 2000): Promise<SendResult> => {
    const { server, url } = await startStub(answer);
    const publisher = createPublisher({ hubUrl: url, username: 'u', log: recordingLogger().log, timeoutMs });
    try {
      return await publisher.send(message(1));
    } finally {
      await publisher.close();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    }
  };

  it("keeps the path of the hub's address", async () => {
    let seen: unknown;
    const result = await sendTo((req, res) => {
      seen = [req.method, req.url, req.headers.authorization, req.headers['content-type']];
      res.writeHead(204).end();
    });
    assert.deepEqual([result, seen], [SENT, ['POST', '/base/hub/publish', 'Bearer t', 'application/json']]);
  });

  it('reads a Retry-After that is a date', async () => {
    const later = new Date(Date.now() + 60_000).toUTCString();
    const result = await sendTo((_req, res) => res.writeHead(503, { 'retry-after': later }).end());
    const { retryAfterMs = 0 } = result as { retryAfterMs?: number };
    assert.ok(retryAfterMs > 55_000 && retryAfterMs <= 60_000, String(retryAfterMs));
  });

  it('calls a hub down that does not answer in time, or stops in the middle of its answer', async () => {
    const begun = Date.now();
    assert.equal((await sendTo(() => undefined, 300)).kind, 'down');
    assert.equal((await sendTo((_req, res) => void res.writeHead(500, { 'content-length': '10' }).write('x'), 300)).kind, 'down');
    assert.ok(Date.now() - begun < 5000);
  });

  it('calls a hub down that gives no token', async () => {
    const server = createServer((req, res) => void req.resume().on('end', () => res.end('{"token":"t"}')));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const publisher = createPublisher({
      hubUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, username: 'u', log: recordingLogger().log,
    });
    const result = await publisher.send(message(1));
    assert.deepEqual([result.kind, /access_token/.test((result as { cause: string }).cause)], ['down', true]);
    await publisher.close();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  it('calls a hub down that nothing listens for', async () => {
    const publisher = createPublisher({ hubUrl: 'http://127.0.0.1:9', username: 'u', log: recordingLogger().log });
    assert.equal((await publisher.send(message(1))).kind, 'down');
    await publisher.close();
  });

  it('does not hang on a long error, and shows the beginning of it', async () => {
    const result = await sendTo((_req, res) => void res.writeHead(500).end('x'.repeat(2_000_000)));
    assert.ok((result as { cause: string }).cause.length < 400);
  });
});
