import { strict as assert } from 'node:assert';
import { startHubSimulator, type HubSimulator } from '../../scripts/hub-simulator/index.ts';
import { CRASH_POINTS, type CrashPoint } from '../../src/events/probe.ts';
import { openDatabase, type Database } from '../../src/kernel/database.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { expireLeases, outboxDrained, proveNothingLostOrDoubled } from '../support/invariants.ts';
import { freePort, spawnService, type ServiceProcess } from '../support/process.ts';
import { isTaken, loadOf, seeded, sendAll, sendUntilTaken, type Answered } from '../support/sender.ts';
import { openShop } from '../support/shop.ts';

/** Late enough that something is under way, early enough that it surely comes by. */
const PASS: Partial<Record<CrashPoint, number>> = { 'relay.before-send': 9, 'relay.sent': 9, 'relay.settled': 2 };
const ORDERS = 40;

describe('a crash at every point between two steps loses nothing and doubles nothing', () => {
  let cloned: TestDatabase;
  let database: Database;
  let hub: HubSimulator;
  let port: number;
  /** The one that works, and the one that stands ready to take its place. */
  let [running, standby]: ServiceProcess[] = [];
  const answers: Answered[] = [];

  const load = () =>
    spawnService({ databaseUrl: cloned.url, hubUrl: hub.url, port, settings: { ROLES: 'web,relay,jobs' } });

  before(async () => {
    cloned = await cloneDatabase();
    database = openDatabase(cloned.url, { max: 3, onError: () => undefined });
    hub = await startHubSimulator({ port: 0 });
    port = await freePort();
    [running, standby] = [load(), load()];
    hub.setCallbackUrl(running.callbackUrl);
    await running.start();
  });
  after(async () => {
    await Promise.all([running?.kill9(), standby?.kill9()]);
    await hub?.close();
    await database?.close();
    await cloned?.drop();
  });

  it(`the points: ${CRASH_POINTS.join(', ')}`, () => assert.ok(CRASH_POINTS.length > 0));

  for (const [index, point] of CRASH_POINTS.entries()) {
    const pass = PASS[point] ?? 3;
    it(`${point}, at pass ${pass}`, async () => {
      const shop = await openShop(database, { productos: 3, stock: 60, preparacion: 'automatica' });
      await running?.crashAt(point, pass);
      const told = await sendAll(hub, loadOf(shop, ORDERS, `crash-${index}`, seeded(index + 1)), { connections: 8 });
      assert.equal((await running?.died)?.signal, 'SIGKILL', 'it died where it was told to');

      await expireLeases(database);
      await standby?.start();
      [running, standby] = [standby, load()];
      const missed = told.filter((answered) => !isTaken(answered)).map(({ event }) => event);
      answers.push(...told, ...(await sendUntilTaken(hub, missed)));
      await outboxDrained(database);
      await proveNothingLostOrDoubled({ database, hub, shop, answers });
    });
  }
});
