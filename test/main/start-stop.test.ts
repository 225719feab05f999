import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { Pool } from 'undici';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/service.ts';
import { cleanUp, connectTo, newDataDir, postmasterOf, startMain, type Main } from './support.ts';

const json = { 'content-type': 'application/json' };
const FREE = { PORT: '0', HUB_SIMULATOR_PORT: '0' };

const registration = (email: string) => ({
  nombre: 'Mi Negocio', razon_social: 'Mi Negocio S.A.', cuenta_bancaria: '1', email, telefono: '1', nombre_usuario: 'Ana', password: 'secreto1',
  calle: 'x', numero: '1', ciudad: 'x', provincia: 'x', codigo_postal: '1',
});
const post = (url: string, body: unknown, headers: Record<string, string> = {}) =>
  fetch(url, { method: 'POST', headers: { ...json, ...headers }, body: JSON.stringify(body) });
const refusedOrder = (pedidoId: string) => ({
  pedidoId, comercio_id: 999, cliente_nombre: 'x', direccion_entrega: 'x', productos: [{ producto_id: 1, cantidad: 1, precio_unitario: 1 }],
});

describe('the service as a process, with nothing set', function () {
  this.timeout(90_000);
  let dataDir: string;
  let main: Main;
  const start = () => startMain({ ...FREE, DATA_DIR: dataDir });
  before(async () => void (dataDir = await newDataDir()));
  after(cleanUp);

  it('starts a database, a hub and itself, says where each is, and is ready', async () => {
    main = start();
    const address = await main.address();
    const ready = await fetch(`${address}/readyz`);
    assert.deepEqual([ready.status, ((await ready.json()) as { status: string }).status], [200, 'ready']);
    assert.equal((await fetch(`${address}/healthz`)).status, 200);
    for (const said of [/database +127\.0\.0\.1:\d+\/marketplace \(embedded, data in /, /hub +http:\/\/127\.0\.0\.1:\d+ \(the simulator/, /callback http:\/\/\S+\/callback/, /health http:\/\/\S+\/readyz/]) {
      assert.match(main.output(), said);
    }
    assert.doesNotMatch(main.output(), /:[^/\s:@]+@/, 'a password was printed');
  });

  it('lets a second start wait for the data folder, and say so; it takes over when the first ends', async () => {
    const second = start();
    await until('the second saying whom it waits for', () => second.output().includes(`waiting for process ${main.child.pid}`), 30_000);
    assert.equal((await fetch(`${await main.address()}/readyz`)).status, 200);
    main.signal('SIGTERM');
    assert.equal(await main.ended, 0);
    assert.equal((await fetch(`${await second.address()}/readyz`)).status, 200);
    main = second;
  });

  it('answers every request that has begun when it is told to end, takes no new one, and ends its database', async () => {
    const address = await main.address();
    const gate = await connectTo(main, dataDir);
    await gate.query('BEGIN; LOCK TABLE sellers, tenants IN ACCESS EXCLUSIVE MODE');
    const events = Array.from({ length: 40 }, (_, n) => post(`${address}/callback`, refusedOrder(`DRAIN-${n}`), { 'x-topic': 'pedido.creado' }));
    const registrations = Array.from({ length: 5 }, (_, n) => post(`${address}/api/auth/register-tenant`, registration(`drain${n}@ejemplo.com`)));
    const blocked = 'SELECT count(*)::int AS n FROM pg_locks WHERE NOT granted';
    await until('the requests at the gate', async () => ((await gate.query<{ n: number }>(blocked)).rows[0]?.n ?? 0) >= 6);
    const begun = Date.now();
    main.signal('SIGTERM');
    await until('the listener taking nothing new', () => fetch(`${address}/healthz`).then(() => false, () => true));
    await gate.query('COMMIT');
    await gate.end();
    const answers = await Promise.all([...events, ...registrations]);
    assert.deepEqual([...new Set(answers.slice(0, 40).map(({ status }) => status))], [200]);
    assert.deepEqual([...new Set(answers.slice(40).map(({ status }) => status))], [201]);
    assert.equal(await main.ended, 0, main.output());
    assert.ok(Date.now() - begun < 10_000, `it took ${Date.now() - begun} ms`);
    assert.equal(await postmasterOf(dataDir), undefined);
  });

  it('cuts no request of clients that keep their connections and never pause', async () => {
    main = start();
    const pool = new Pool(await main.address(), { connections: 20 });
    const failures: string[] = [];
    let answered = 0;
    const send = async (pedidoId: string) => {
      const headers = { ...json, 'x-topic': 'pedido.creado' };
      const { statusCode, body } = await pool.request({ path: '/callback', method: 'POST', headers, body: JSON.stringify(refusedOrder(pedidoId)) });
      await body.dump();
      assert.equal(statusCode, 200);
      answered += 1;
    };
    const client = async (id: number) => {
      for (let n = 0; failures.length === 0; n += 1) {
        const failure = await send(`LOAD-${id}-${n}`).then(() => undefined, String);
        if (failure?.includes('ECONNREFUSED')) return; // it was never begun
        if (failure !== undefined) failures.push(failure);
      }
    };
    const clients = Array.from({ length: 20 }, (_, id) => client(id));
    await until('some load', () => answered > 200);
    main.signal('SIGTERM');
    await Promise.all(clients);
    await pool.destroy();
    assert.deepEqual(failures, []);
    assert.equal(await main.ended, 0);
  });

  it('keeps its data over a kill -9, and its users signed in', async () => {
    main = start();
    const address = await main.address();
    const registered = await post(`${address}/api/auth/register-tenant`, registration('kept@ejemplo.com'));
    const { accessToken } = (await registered.json()) as { accessToken: string };
    assert.equal((await post(`${address}/callback`, refusedOrder('KEPT'), { 'x-topic': 'pedido.creado' })).status, 200);
    main.signal('SIGKILL');
    assert.equal(await main.ended, 'SIGKILL');

    main = start();
    const again = await main.address();
    const profile = await fetch(`${again}/api/auth/profile`, { headers: { authorization: `Bearer ${accessToken}` } });
    assert.equal(profile.status, 200);
    const repeat = await post(`${again}/callback`, refusedOrder('KEPT'), { 'x-topic': 'pedido.creado' });
    assert.equal(repeat.headers.get('idempotent-replay'), 'true');
  });

  it('ends in time though the hub hangs, and loses no message by it', async () => {
    const address = await main.address();
    const [, hub] = /\[START\] hub +(\S+)/.exec(main.output()) ?? [];
    await post(`${hub}/_sim/faults`, { delayMs: 60_000 });
    assert.equal((await post(`${address}/api/auth/register-tenant`, registration('hung@ejemplo.com'))).status, 201);
    const begun = Date.now();
    main.signal('SIGTERM');
    assert.equal(await main.ended, 0, main.output());
    assert.ok(Date.now() - begun < 10_000, `it took ${Date.now() - begun} ms`);
    assert.equal(await postmasterOf(dataDir), undefined);
    main = start();
    await main.address();
    const [, next] = /\[START\] hub +(\S+)/.exec(main.output()) ?? [];
    await until('the message after all', async () => {
      const { events } = (await (await fetch(`${next}/_sim/events?topic=tenant.creado`)).json()) as { events: Array<{ payload: { email: string } }> };
      return events.some(({ payload }) => payload.email === 'hung@ejemplo.com');
    });
  });

  it('leaves no database behind when it is told to end while it starts', async () => {
    main.signal('SIGTERM');
    await main.ended;
    const early = start();
    await until('the database starting', async () => (await postmasterOf(dataDir)) !== undefined || early.child.exitCode !== null, 30_000);
    early.signal('SIGTERM');
    assert.equal(typeof (await early.ended), 'number', early.output());
    await until('the end of its database', async () => (await postmasterOf(dataDir)) === undefined, 5000);
  });
});

describe('the service as a process, when it cannot start', function () {
  this.timeout(60_000);
  let database: TestDatabase;
  before(async () => void (database = await cloneDatabase()));
  after(async () => {
    await cleanUp();
    await database.drop();
  });

  it('names every setting that production lacks, and exits with 1', async () => {
    const main = startMain({ NODE_ENV: 'production' });
    assert.equal(await main.ended, 1);
    for (const name of ['DATABASE_URL', 'HUB_URL', 'HUB_PASSWORD', 'JWT_SECRET', 'CALLBACK_URL']) assert.ok(main.output().includes(`- ${name}: `), name);
    assert.doesNotMatch(main.output(), /\n\s+at /, 'a stack was shown for what is no defect');
  });

  it('says which port is taken and what to do, and exits with 1', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const taken = String((other.address() as AddressInfo).port);
    try {
      const dataDir = await newDataDir();
      for (const [name, env] of [['PORT', { PORT: taken, HUB_SIMULATOR_PORT: '0' }], ['HUB_SIMULATOR_PORT', { PORT: '0', HUB_SIMULATOR_PORT: taken }]] as const) {
        const main = startMain({ ...env, DATA_DIR: dataDir, DATABASE_URL: database.url });
        assert.equal(await main.ended, 1, main.output());
        assert.ok(main.output().includes(taken) && main.output().includes(name), main.output());
        assert.doesNotMatch(main.output(), /\n\s+at /);
      }
    } finally {
      await new Promise((resolve) => other.close(resolve));
    }
  });

  it('says that the database cannot be reached, and exits with 1', async () => {
    const main = startMain({ ...FREE, DATABASE_URL: 'postgres://u:geheim@127.0.0.1:9/x', DATA_DIR: await newDataDir() });
    assert.equal(await main.ended, 1);
    assert.match(main.output(), /ECONNREFUSED|127\.0\.0\.1:9/);
    assert.ok(!main.output().includes('geheim'));
  });
});
