import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer, request, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import express from 'express';
import supertest from 'supertest';
import { createLogger } from '../../src/kernel/logger.ts';
import { errorHandler } from '../../src/kernel/rest/errors.ts';
import { createRoom, multipart, type Room } from '../../src/kernel/rest/uploads.ts';
import { until } from '../support/service.ts';

const KIB = 1024;

describe('forms with files', () => {
  let server: Server;
  /** What was taken and not given back. */
  let taken = 0;
  before(async () => {
    const counted: Room = (res) => {
      const mine = room(res);
      let sum = 0;
      res.once('close', () => (taken -= sum));
      return {
        take(bytes) {
          const fits = mine.take(bytes);
          if (fits) [sum, taken] = [sum + bytes, taken + bytes];
          return fits;
        },
      };
    };
    const room = createRoom(300 * KIB);
    const log = createLogger('error');
    const app = express();
    app.post('/', multipart({ field: 'file', maxFiles: 2, maxBytes: 200 * KIB }, counted), (req, res) => {
      res.json((req.files as Express.Multer.File[]).map(({ buffer }) => buffer.length));
    });
    app.use(errorHandler(log));
    server = createServer(app).listen(0, '127.0.0.1');
    await once(server, 'listening');
  });
  after(() => server.close());

  const send = (...sizes: number[]) =>
    sizes.reduce((form, size) => form.attach('file', Buffer.alloc(size * KIB), 'a'), supertest(server).post('/'));

  /** A form of one file that begins with so much and never ends. */
  const begin = (size: number) => {
    const unfinished = request({
      port: (server.address() as AddressInfo).port,
      method: 'POST',
      headers: { 'content-type': 'multipart/form-data; boundary=x', 'content-length': String(1000 * KIB) },
    });
    unfinished.on('error', () => undefined); // it is cut off below
    unfinished.write('--x\r\nContent-Disposition: form-data; name="file"; filename="a"\r\n\r\n');
    unfinished.write(Buffer.alloc(size * KIB));
    return unfinished;
  };

  it('hold no more than there is room for, all together: the next is told to come again, and then it fits', async () => {
    const slow = begin(180);
    await until('most of its file', () => taken > 170 * KIB);
    const { status, headers, body } = await send(100, 100);
    assert.deepEqual([status, body.code, headers['retry-after']], [503, 'busy', '5']);
    assert.deepEqual((await send(100).expect(200)).body, [100 * KIB]);
    slow.destroy();
    await until('room again', () => taken === 0);
    assert.deepEqual((await send(100, 100).expect(200)).body, [100 * KIB, 100 * KIB]);
    await until('room again', () => taken === 0);
  });

  it('give their room back however they end', async () => {
    for (let n = 0; n < 5; n += 1) {
      await send(150, 100).expect(200);
      await send(250).expect(413);
      await send(50, 50, 50).expect(400);
    }
    await until('room again', () => taken === 0);
    await send(150, 140).expect(200);
  });
});
