import assert from 'node:assert/strict';
import { startHubSimulator, type HubSimulator } from '../../../scripts/hub-simulator/index.ts';
import { openDatabase, type Database } from '../../../src/kernel/database.ts';
import { cloneDatabase, type TestDatabase } from '../../support/database.ts';
import { expireLeases, outboxDrained } from '../../support/invariants.ts';
import { freePort, spawnService } from '../../support/process.ts';
import { openShop } from '../../support/shop.ts';
import { startMailServer, type MailServer } from './mail-server.ts';
import { createTeller, deliveriesOf } from './support.ts';

describe('a service killed between the mail server taking a mail and writing that down', () => {
  let cloned: TestDatabase;
  let database: Database;
  let hub: HubSimulator;
  let mail: MailServer;
  before(async () => {
    cloned = await cloneDatabase();
    database = openDatabase(cloned.url, { max: 3, onError: () => undefined });
    [hub, mail] = [await startHubSimulator({ port: 0 }), await startMailServer()];
  });
  after(async () => {
    await mail.close();
    await hub.close();
    await database.close();
    await cloned.drop();
  });

  it('sends it once more, under the same Message-ID, and the next ones once', async () => {
    const { tenantId } = await openShop(database);
    const settings = { SMTP_URL: mail.url, ROLES: 'relay' };
    const spawn = async () => spawnService({ databaseUrl: cloned.url, hubUrl: hub.url, port: await freePort(), settings });
    const [running, standby] = [await spawn(), await spawn()];
    await running.start();
    mail.beforeAnswer(() => running.kill9()); // it has the mail, and the service does not know
    const notices = ['one', 'two', 'three'].map((about) => ({
      customerId: 'cus_1', name: 'order_confirmed', data: { order_number: about }, about, to: { email: 'ana@clientes.example' },
    }));
    await createTeller(database)(tenantId, notices);
    assert.equal((await running.died).signal, 'SIGKILL');
    assert.equal(mail.mails.length, 1);

    mail.beforeAnswer(() => undefined);
    await expireLeases(database);
    await standby.start();
    await outboxDrained(database);
    await standby.stop();
    const ids = mail.mails.map(({ headers }) => headers.get('message-id'));
    assert.deepEqual([ids.length, new Set(ids).size, ids[0] === ids[1]], [4, 3, true]);
    assert.deepEqual((await deliveriesOf(database, tenantId, 'cus_1')).map(({ state }) => state), ['sent', 'sent', 'sent']);
  });
});
