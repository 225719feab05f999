import assert from 'node:assert/strict';
import type { Outgoing, Transport } from '../../../src/events/relay/index.ts';
import type { Work } from '../../../src/events/work.ts';
import { notificationsModule } from '../../../src/modules/notifications/index.ts';
import type { OnSent, SentNotice } from '../../../src/modules/notifications/ports.ts';
import { openRestApp, registerTenant, type RestApp } from '../marketplace/rest-support.ts';
import { createTeller, deliveriesOf } from './support.ts';

describe('whoever wants to know what was sent', () => {
  let app: RestApp;
  let tenantId: number;
  before(async () => {
    app = await openRestApp();
    ({ tenantId } = await registerTenant(app));
  });
  after(() => app.close());

  const transportsWith = (...onSent: OnSent[]): readonly Transport[] => {
    const users = { note: '', caller: () => Promise.reject(new Error('no REST')) };
    return notificationsModule({ ...app.deps, users }, { onSent }).transports ?? [];
  };
  const send = async (transports: readonly Transport[], customerId: string) => {
    const messages = await app.deps.database.transaction('system', (trx) =>
      trx.rows<Outgoing & { destination: string }>(
        `SELECT message_id AS id, slot, ordering_key AS key, topic, payload::text AS payload, attempts, destination
         FROM outbox WHERE payload->>'customer_id' = $1 ORDER BY message_id`,
        [customerId],
      ),
    );
    const results = [];
    for (const message of messages) {
      results.push(await transports.find(({ destination }) => destination === message.destination)?.send(message));
    }
    return results;
  };
  const tellBoth = (customerId: string) =>
    createTeller(app.deps.database)(tenantId, [
      { customerId, name: 'order_confirmation', data: { order_id: 'o1' }, about: 'o1', to: { email: 'ana@clientes.example', deviceToken: 'tok' } },
    ]);

  it('is told once a notice and channel, also of what is kept for want of a server', async () => {
    const told: SentNotice[] = [];
    const transports = transportsWith((_work: Work, sent) => void told.push(sent));
    await tellBoth('cus_hook');
    assert.deepEqual(await send(transports, 'cus_hook'), [{ kind: 'sent' }, { kind: 'sent' }]);
    assert.deepEqual(await send(transports, 'cus_hook'), [{ kind: 'sent' }, { kind: 'sent' }], 'what the relay repeats after a crash');
    const common = { tenantId, customerId: 'cus_hook', name: 'order_confirmation', data: { order_id: 'o1' }, about: 'o1' };
    assert.deepEqual(told, [
      { ...common, channel: 'email', recipient: 'ana@clientes.example' },
      { ...common, channel: 'push', recipient: 'tok' },
    ]);
    assert.deepEqual((await deliveriesOf(app.deps.database, tenantId, 'cus_hook')).map(({ state }) => state), ['kept', 'kept']);
  });

  it('is part of the transaction: what cannot be told was not sent', async () => {
    let broken = true;
    const transports = transportsWith((work) => {
      if (broken) throw new Error('no');
      work.write(() => work.trx.run(`UPDATE customers SET name = 'told' WHERE customer_id = 'cus_trx'`));
    });
    await tellBoth('cus_trx');
    await assert.rejects(send(transports, 'cus_trx'), /no/);
    assert.deepEqual((await deliveriesOf(app.deps.database, tenantId, 'cus_trx')).map(({ state }) => state), ['pending', 'pending']);
    broken = false;
    await send(transports, 'cus_trx');
    assert.deepEqual((await deliveriesOf(app.deps.database, tenantId, 'cus_trx')).map(({ state }) => state), ['kept', 'kept']);
  });

  it('keeps what was kept, also once there is a server', async () => {
    await tellBoth('cus_kept');
    await send(transportsWith(), 'cus_kept');
    const later = await openRestApp({ SMTP_URL: 'smtp://127.0.0.1:1' }, { beside: app });
    const users = { note: '', caller: () => Promise.reject(new Error('no REST')) };
    const { transports = [], close } = notificationsModule({ ...later.deps, users });
    assert.deepEqual(await send(transports, 'cus_kept'), [{ kind: 'sent' }, { kind: 'sent' }], 'nobody connects to port 1');
    await close?.();
    await later.close();
  });
});
