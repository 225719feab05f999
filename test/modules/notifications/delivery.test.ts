import assert from 'node:assert/strict';
import type { Notice } from '../../../src/modules/notifications/ports.ts';
import { startTestService, until, type TestService } from '../../support/service.ts';
import { openShop } from '../../support/shop.ts';
import { startMailServer, type MailServer } from './mail-server.ts';
import { createTeller, deliveriesOf, openSignedIn, putCustomer } from './support.ts';

const notice = (customerId: string, about: string, more: Partial<Notice> = {}): Notice => ({
  customerId,
  name: 'order_confirmed',
  data: { order_number: about, total: 1250.5 },
  about,
  ...more,
});

describe('notices, sent over a real SMTP server', () => {
  let service: TestService;
  let beside: TestService;
  let mail: MailServer;
  let tenantId: number;
  let tell: (tenantId: number, notices: readonly Notice[]) => Promise<void>;
  let settings: Record<string, string>;
  before(async () => {
    mail = await startMailServer();
    settings = { SMTP_URL: mail.url, SMTP_FROM: 'avisos@tienda.example' };
    service = await startTestService({ settings });
    beside = await startTestService({ settings, beside: service });
    ({ tenantId } = await openShop(service.database));
    tell = createTeller(service.database);
  });
  after(async () => {
    await beside.close();
    await service.close();
    await mail.close();
  });

  const reachable = async (customerId: string, deviceToken?: string) => {
    await putCustomer(service.database, tenantId, customerId, { email: `${customerId}@clientes.example`, deviceToken });
    return `${customerId}@clientes.example`;
  };
  const mailsTo = (address: string) => mail.mails.filter(({ to }) => to.includes(address));
  const statesOf = async (customerId: string) =>
    (await deliveriesOf(service.database, tenantId, customerId)).map(({ state }) => state);
  const settled = (customerId: string) =>
    until(`${customerId} is told`, async () => {
      const states = await statesOf(customerId);
      return states.length > 0 && !states.includes('pending');
    });

  it('arrives once, in words and as HTML, in the name of the business', async () => {
    const address = await reachable('cus_words');
    const once = notice('cus_words', 'ORD-2026-000001', { data: { order_number: 'ORD-2026-<b>1', total: 1250.5 } });
    await tell(tenantId, [once, once]);
    await tell(tenantId, [once]);
    await settled('cus_words');
    await tell(tenantId, [once]);
    await tell(tenantId, [notice('cus_words', 'last')]);
    await until('the last one', () => mailsTo(address).length > 1);
    const [first, ...others] = mailsTo(address);
    assert.equal(others.length, 1);
    assert.ok(first);
    const { nombre } = await service.database.transaction('system', (trx) =>
      trx.one<{ nombre: string }>('SELECT nombre FROM tenants WHERE tenant_id = $1', [tenantId]),
    );
    assert.equal(first.from, 'avisos@tienda.example');
    assert.equal(first.headers.get('from')?.replaceAll('"', ''), `${nombre} <avisos@tienda.example>`);
    assert.equal(first.headers.get('to'), address);
    assert.equal(first.headers.get('subject'), `Confirmamos tu pedido ORD-2026-<b>1 · ${nombre}`);
    assert.match(first.headers.get('message-id') ?? '', /^<[0-9a-f]{40}@tienda\.example>$/);
    assert.match(first.text, /Recibimos el pago y confirmamos tu pedido ORD-2026-<b>1 por \$\s1\.250,50\./);
    assert.match(first.html, /tu pedido ORD-2026-&lt;b&gt;1 por/);
  });

  it('keeps the order of each customer, and sends once from two instances', async () => {
    const customers = ['cus_a', 'cus_b', 'cus_c', 'cus_d'];
    const addresses = await Promise.all(customers.map((customer) => reachable(customer)));
    const abouts = Array.from({ length: 12 }, (_, n) => `ORD-${n}`);
    for (const about of abouts) await tell(tenantId, customers.map((customer) => notice(customer, about)));
    for (const customer of customers) await settled(customer);
    for (const address of addresses) {
      const subjects = mailsTo(address).map(({ headers }) => /ORD-\d+/.exec(headers.get('subject') ?? '')?.[0]);
      assert.deepEqual(subjects, abouts, address);
    }
  });

  it('goes on behind a recipient that the server refuses for good, and says why', async () => {
    const [bad, good] = [await reachable('cus_refused'), await reachable('cus_fine')];
    mail.answer(bad, 550);
    await tell(tenantId, [notice('cus_refused', 'r1'), notice('cus_refused', 'r2'), notice('cus_fine', 'f1')]);
    await settled('cus_fine');
    await settled('cus_refused');
    assert.equal(mailsTo(good).length, 1);
    const rows = await deliveriesOf(service.database, tenantId, 'cus_refused');
    assert.deepEqual(rows.map(({ state, attempts }) => [state, attempts]), [['failed', 1], ['failed', 1]]);
    assert.match(rows[0]?.cause ?? '', /550 .*cus_refused@clientes\.example/);
    const dead = await until('the dead letters', async () => {
      const found = await service.database.transaction('system', (trx) =>
        trx.rows<{ error: string }>(`SELECT last_error AS error FROM outbox WHERE destination = 'email' AND state = 'dead'`),
      );
      return found.length === 2 ? found : undefined;
    });
    for (const { error } of dead) {
      assert.match(error, /c\*\*\*@clientes\.example/);
      assert.doesNotMatch(error, /cus_refused/, 'the operator is not shown addresses');
    }
  });

  it('is tried again on request, and its dead letter is settled', async () => {
    const shop = await openSignedIn(service);
    const address = 'vuelve@clientes.example';
    const dead = async () =>
      service.database.transaction('system', (trx) =>
        trx.rows<{ error: string }>(`SELECT last_error AS error FROM outbox WHERE tenant_id = $1 AND state = 'dead'`, [shop.tenantId]),
      );
    mail.answer(address, 550);
    await tell(shop.tenantId, [notice('cus_back', 'x', { to: { email: address } })]);
    await until('it is refused', async () => (await dead()).length > 0);
    const { notifications } = await shop.ask('GET', '/api/v1/notifications?state=failed');
    const { notification_id } = (notifications as Array<{ notification_id: number }>)[0] as { notification_id: number };
    mail.answer(address, undefined);
    const again = await shop.ask('POST', `/api/v1/notifications/${notification_id}/retry`);
    assert.equal(again.state, 'pending');
    await until('it arrives', () => mailsTo(address).length === 1);
    const shown = await until('it is written down', async () => {
      const now = await shop.ask('GET', `/api/v1/notifications/${notification_id}`);
      return now.state === 'sent' ? now : undefined;
    });
    const [delivery] = shown.deliveries as Array<{ recipient: string; sent_at: string; cause: unknown; attempts: number }>;
    assert.deepEqual([delivery?.recipient, delivery?.cause, delivery?.attempts], [address, null, 1]);
    assert.ok(delivery?.sent_at);
    assert.match((await dead())[0]?.error ?? '', /^superseded by message \d+$/);
    assert.equal((await shop.ask('POST', `/api/v1/notifications/${notification_id}/retry`)).status, 409);
  });

  it('tries a recipient that is put off again, with its next ones behind it, and holds up nobody else', async () => {
    const [full, other] = [await reachable('cus_full'), await reachable('cus_other')];
    mail.answer(full, 452);
    await tell(tenantId, [notice('cus_full', 'first'), notice('cus_full', 'second')]);
    await until('it was put off', async () => (await deliveriesOf(service.database, tenantId, 'cus_full'))[0]?.cause);
    for (let n = 0; n < 5; n += 1) await tell(tenantId, [notice('cus_other', `o${n}`)]);
    await settled('cus_other');
    assert.equal(mailsTo(other).length, 5);
    assert.equal(mailsTo(full).length, 0);
    mail.answer(full, undefined);
    await settled('cus_full');
    assert.deepEqual(mailsTo(full).map(({ text }) => /first|second/.exec(text)?.[0]), ['first', 'second']);
    assert.deepEqual(await statesOf('cus_full'), ['sent', 'sent']);
  });

  it('is not sent to two where an address names two, nor writes headers', async () => {
    const evil = 'uno@clientes.example, dos@clientes.example';
    await tell(tenantId, [
      notice('cus_two', 't1', { to: { email: evil } }),
      notice('cus_two', 't2', { to: { email: 'x@y.example\r\nBcc: z@clientes.example' } }),
    ]);
    await settled('cus_two');
    assert.deepEqual(await statesOf('cus_two'), ['failed', 'failed']);
    assert.ok(!mail.mails.some(({ to }) => to.some((address) => /uno|dos|z@|x@/.test(address))));
  });

  it('goes to the address that the notice itself names, and to the telephone where there is one', async () => {
    const own = await reachable('cus_own', 'token-of-the-app');
    await tell(tenantId, [notice('cus_own', 'x', { to: { email: 'otro@clientes.example' } }), notice('cus_own', 'y')]);
    await settled('cus_own');
    assert.deepEqual(
      (await deliveriesOf(service.database, tenantId, 'cus_own')).map(({ about, channel, state, recipient }) => [about, channel, state, recipient]),
      [
        ['x', 'email', 'sent', 'otro@clientes.example'],
        ['x', 'push', 'kept', 'token-of-the-app'],
        ['y', 'email', 'sent', own],
        ['y', 'push', 'kept', 'token-of-the-app'],
      ],
    );
  });

  it('loses nothing while the server is away, and sends in order once it is back', async () => {
    const address = await reachable('cus_away');
    const { port } = mail;
    await mail.close();
    for (const about of ['1', '2', '3']) await tell(tenantId, [notice('cus_away', about)]);
    await until('it was tried in vain', async () => {
      const tried = await service.database.transaction('system', (trx) =>
        trx.rows(`SELECT FROM outbox WHERE destination = 'email' AND state = 'pending' AND last_error LIKE '%ECONNREFUSED%'`),
      );
      return tried.length > 0;
    });
    assert.deepEqual(await statesOf('cus_away'), ['pending', 'pending', 'pending']);
    mail = await startMailServer(port);
    await settled('cus_away');
    assert.deepEqual(mailsTo(address).map(({ headers }) => /pedido (\d)/.exec(headers.get('subject') ?? '')?.[1]), ['1', '2', '3']);
  });

  it('sends nothing any more of a tenant that is gone', async () => {
    const gone = await openShop(service.database);
    await service.database.transaction('system', (trx) =>
      trx.run('UPDATE tenants SET eliminado_en = now() WHERE tenant_id = $1', [gone.tenantId]),
    );
    await tell(gone.tenantId, [notice('cus_gone', 'x', { to: { email: 'gone@clientes.example' } })]);
    const [row] = await until('it is settled', async () => {
      const rows = await deliveriesOf(service.database, gone.tenantId, 'cus_gone');
      return rows[0]?.state === 'pending' ? undefined : rows;
    });
    assert.deepEqual([row?.state, row?.cause], ['undeliverable', 'el negocio ya no existe']);
    assert.equal(mailsTo('gone@clientes.example').length, 0);
  });
});
