import { strict as assert } from 'node:assert';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startHubSimulator, type HubSimulator } from '../../scripts/hub-simulator/index.ts';
import { openDatabase, type Database } from '../../src/kernel/database.ts';
import { startEmbeddedPostgres, type EmbeddedPostgres } from '../../src/kernel/embedded-postgres/index.ts';
import { readPidFile } from '../../src/kernel/embedded-postgres/postmaster.ts';
import { migrate } from '../../src/kernel/migrate.ts';
import { outboxDrained, proveNothingLostOrDoubled } from '../support/invariants.ts';
import { freePort, spawnService, type ServiceProcess } from '../support/process.ts';
import { loadOf, seeded, sendUntilTaken, type Answered } from '../support/sender.ts';
import { until } from '../support/service.ts';
import { openShop, type Shop } from '../support/shop.ts';

const SEED = Number(process.env.TEST_SEED ?? 20240115);
const KILLS = process.env.TEST_LONG ? 10 : 2;
const ORDERS = KILLS * 150;

describe(`kill -9 of Postgres at ${KILLS} random moments under load (TEST_SEED=${SEED})`, () => {
  let dataDir: string;
  let postgres: EmbeddedPostgres;
  let database: Database;
  let hub: HubSimulator;
  let shop: Shop;
  let service: ServiceProcess;

  before(async () => {
    dataDir = await mkdtemp(path.join(tmpdir(), 'marketplace-killed-'));
    await chmod(dataDir, 0o755); // started by root, the server runs as nobody and has to enter
    // Without fsync: the machine goes on, so what was committed lies in its memory.
    postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
    await migrate(postgres.url);
    database = openDatabase(postgres.url, { max: 3, onError: () => undefined });
    hub = await startHubSimulator({ port: 0 });
    shop = await openShop(database, { productos: 4, stock: ORDERS / 5, preparacion: 'automatica' });
    service = spawnService({ databaseUrl: postgres.url, hubUrl: hub.url, port: await freePort() });
    hub.setCallbackUrl(service.callbackUrl);
    await service.start();
  });
  after(async () => {
    await service?.kill9();
    await hub?.close();
    await database?.close();
    await postgres?.stop();
    await rm(dataDir, { recursive: true, force: true });
  });

  const postmaster = async (): Promise<number> => {
    const [cluster] = (await readdir(dataDir)).filter((entry) => /^postgres-\d+$/.test(entry));
    const file = await readPidFile(path.join(dataDir, cluster ?? ''));
    if (file === undefined) throw new Error('no server runs');
    return file.pid;
  };

  const killPostgres = async () => {
    const pid = await postmaster();
    process.kill(pid, 'SIGKILL');
    await until('Postgres is back', async () => (await postmaster().catch(() => pid)) !== pid && (await answers()), 30_000);
  };
  const answers = () => database.pool.query('SELECT 1').then(() => true, () => false);

  it('loses nothing and doubles nothing, and the service lives on (improvement 27)', async function () {
    this.timeout(KILLS * 40_000 + 30_000);
    const random = seeded(SEED);
    const events = loadOf(shop, ORDERS, 'killed', random);
    const told: Answered[] = [];
    const sending = sendUntilTaken(hub, events, { onAnswer: (answered) => told.push(answered) });
    sending.catch(() => undefined); // reported below
    const moments = Array.from({ length: KILLS }, (_, n) => Math.floor(((n + random()) * events.length) / KILLS));
    for (const moment of moments) {
      await until(`${moment} events were answered`, () => told.length >= moment, 30_000);
      await killPostgres();
      if (!service.alive) assert.fail(`the service died: ${(await service.died).stderr}`);
    }
    await sending;
    await outboxDrained(database);
    assert.ok(told.some(({ result }) => result.status === 500), 'some were told that it failed');
    await proveNothingLostOrDoubled({ database, hub, shop, answers: told });
  });
});
