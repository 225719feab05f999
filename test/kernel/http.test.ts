import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout } from 'node:timers/promises';
import express, { type RequestHandler } from 'express';
import { endStalled } from '../../src/kernel/http.ts';
import { until } from '../support/service.ts';

const STALLED_MS = 150;
/** Patient enough for a busy machine, and shorter than a slow reader takes in all. */
const PATIENT_MS = 1500;
const REST_EVERY = 8 * 1024 * 1024;

describe('endStalled', () => {
  let server: Server;
  before(async () => {
    const app = express();
    const large: RequestHandler = (_req, res) => void res.send(Buffer.alloc(64 * 1024 * 1024));
    app.get('/large', endStalled(STALLED_MS), large);
    app.get('/patient', endStalled(PATIENT_MS), large);
    app.get('/late', endStalled(STALLED_MS), (_req, res) => void setTimeout(3 * STALLED_MS).then(() => res.send('at last')));
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  const port = () => (server.address() as AddressInfo).port;
  const connections = () =>
    new Promise<number>((resolve, reject) => server.getConnections((error, n) => (error ? reject(error) : resolve(n))));

  it('cuts off a reader that reads nothing of its answer', async () => {
    const reader = connect(port(), '127.0.0.1').pause();
    reader.on('error', () => undefined); // it is cut off
    reader.write('GET /large HTTP/1.1\r\nHost: x\r\n\r\n');
    await until('the connection', async () => (await connections()) === 1);
    await until('its end', async () => (await connections()) === 0);
    reader.destroy();
  });

  it('waits for an answer that takes longer to begin', async () => {
    const answer = await fetch(`http://127.0.0.1:${port()}/late`);
    assert.equal(await answer.text(), 'at last');
  });

  it('leaves a reader alone that reads on, however slowly', async () => {
    const answer = await fetch(`http://127.0.0.1:${port()}/patient`);
    let [size, rested] = [0, 0];
    for await (const piece of answer.body as unknown as AsyncIterable<Uint8Array>) {
      size += piece.length;
      if (size < (rested + 1) * REST_EVERY) continue;
      rested += 1;
      await setTimeout(PATIENT_MS / 5);
    }
    assert.ok(rested > 5);
    assert.equal(size, 64 * 1024 * 1024);
  });
});
