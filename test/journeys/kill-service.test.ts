import { strict as assert } from 'node:assert';
import { startHubSimulator, type HubSimulator } from '../../scripts/hub-simulator/index.ts';
import { openDatabase, type Database } from '../../src/kernel/database.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { expireLeases, outboxDrained, proveNothingLostOrDoubled } from '../support/invariants.ts';
import { freePort, spawnService, type ServiceProcess } from '../support/process.ts';
import { loadOf, seeded, sendUntilTaken, type Answered } from '../support/sender.ts';
import { until } from '../support/service.ts';
import { openShop, type Shop } from '../support/shop.ts';

const SEED = Number(process.env.TEST_SEED ?? 20240115);
const KILLS = process.env.TEST_LONG ? 20 : 2;
const ORDERS = KILLS * 150;

describe(`kill -9 of the service at ${KILLS} random moments under load (TEST_SEED=${SEED})`, () => {
  let cloned: TestDatabase;
  let database: Database;
  let hub: HubSimulator;
  let shop: Shop;
  let running: ServiceProcess | undefined;
  let standby: ServiceProcess | undefined;
  let port: number;

  const load = () => spawnService({ databaseUrl: cloned.url, hubUrl: hub.url, port });

  before(async () => {
    cloned = await cloneDatabase();
    database = openDatabase(cloned.url, { max: 3, onError: () => undefined });
    hub = await startHubSimulator({ port: 0 });
    port = await freePort();
    shop = await openShop(database, { productos: 4, stock: ORDERS / 5, preparacion: 'automatica' });
    [running, standby] = [load(), load()];
    hub.setCallbackUrl(running.callbackUrl);
    await running.start();
  });
  after(async () => {
    await Promise.all([running?.kill9(), standby?.kill9()]);
    await hub.close();
    await database.close();
    await cloned.drop();
  });

  const killAndRestart = async () => {
    await running?.kill9();
    if (!process.env.TEST_LONG) await expireLeases(database);
    [running, standby] = [standby, load()];
    await running?.start();
  };

  it('loses nothing and doubles nothing', async function () {
    this.timeout(KILLS * 20_000 + 30_000);
    const random = seeded(SEED);
    const events = loadOf(shop, ORDERS, 'killed', random);
    const answers: Answered[] = [];
    const sending = sendUntilTaken(hub, events, { onAnswer: (answered) => answers.push(answered) });
    const moments = Array.from({ length: KILLS }, (_, n) => Math.floor(((n + random()) * events.length) / KILLS));
    for (const moment of moments) {
      await until(`${moment} events were answered`, () => answers.length >= moment, 30_000);
      await killAndRestart();
    }
    await sending;
    await outboxDrained(database);
    assert.equal(answers.filter(({ result }) => result.status === 0).length > 0, true, 'somebody was under way when it died');
    await proveNothingLostOrDoubled({ database, hub, shop, answers });
  });
});
