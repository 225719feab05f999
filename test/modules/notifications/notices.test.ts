import assert from 'node:assert/strict';
import { notify } from '../../../src/modules/notifications/repository.ts';
import type { Notice } from '../../../src/modules/notifications/ports.ts';
import { openRestApp, registerTenant, type RestApp, type SignedIn } from '../marketplace/rest-support.ts';
import { putCustomer } from './support.ts';

describe('notices', () => {
  let app: RestApp;
  let admin: SignedIn;
  let other: SignedIn;
  before(async () => {
    app = await openRestApp();
    [admin, other] = [await registerTenant(app), await registerTenant(app)];
  });
  after(() => app.close());

  const notice = (fields: Partial<Notice> = {}): Notice => ({
    customerId: 'cus_1',
    name: 'back_in_stock',
    data: { variant_id: 'v1', warehouse_id: 'w1' },
    about: 'variante:v1',
    ...fields,
  });
  const tell = (notices: Notice[], who = admin) =>
    app.deps.commands.run('system', async (work) => notify(work, who.tenantId, notices));
  const list = async (query = '', who = admin) =>
    (await app.agent.get(`/api/v1/notifications?${query}`).set(who.auth).expect(200)).body;
  const aboutOf = async (query: string, who = admin) =>
    (await list(query, who)).notifications.map(({ about }: { about: string }) => about);

  it('keeps what a customer is to be told, for whoever asks', async () => {
    await tell([notice({ customerId: 'cus_kept', data: { order_number: 'ORD-2025-000001', reason: 'ñ\u0000"' } })]);
    const { notifications, next_before } = await list('customer_id=cus_kept');
    assert.deepEqual(notifications, [
      {
        notification_id: notifications[0].notification_id,
        customer_id: 'cus_kept',
        name: 'back_in_stock',
        data: { order_number: 'ORD-2025-000001', reason: 'ñ\u0000"' },
        about: 'variante:v1',
        state: 'undeliverable',
        created_at: app.time.now.toISOString(),
        deliveries: [
          { channel: 'email', state: 'undeliverable', recipient: null, attempts: 0, cause: 'no se conoce el correo del cliente', sent_at: null },
        ],
      },
    ]);
    assert.equal(next_before, null);
    await app.agent.get('/api/v1/notifications').expect(401);
  });

  it('tells a customer the same about the same thing once, within one work and ever after', async () => {
    const again = notice({ customerId: 'cus_once' });
    await tell([again, again, notice({ customerId: 'cus_once', about: 'variante:v2' })]);
    await tell([again, notice({ customerId: 'cus_once', name: 'price_increase' })]);
    assert.deepEqual((await aboutOf('customer_id=cus_once')).sort(), ['variante:v1', 'variante:v1', 'variante:v2']);
    assert.deepEqual(await aboutOf('customer_id=cus_once&name=price_increase'), ['variante:v1']);
  });

  it('takes the same notices in any order from several at once', async () => {
    const all = Array.from({ length: 200 }, (_, index) => `thing ${index}`);
    const notices = all.map((about) => notice({ customerId: 'cus_many', about }));
    await Promise.all([tell(notices), tell([...notices].reverse()), tell(notices.slice(50)), tell([])]);
    assert.equal((await aboutOf('customer_id=cus_many&limit=200')).length, 200);
  });

  it('is undone with the work', async () => {
    const failing = app.deps.commands.run('system', async (work) => {
      notify(work, admin.tenantId, [notice({ customerId: 'cus_undone' })]);
      work.write(() => work.trx.run('SELECT 1 / 0'));
    });
    await assert.rejects(failing, /division by zero/);
    assert.deepEqual(await aboutOf('customer_id=cus_undone'), []);
  });

  it("can be written by a tenant, and is that tenant's alone", async () => {
    await app.deps.commands.run({ tenantId: other.tenantId }, async (work) =>
      notify(work, other.tenantId, [notice({ customerId: 'cus_theirs' })]),
    );
    assert.deepEqual(await aboutOf('customer_id=cus_theirs', other), ['variante:v1']);
    assert.deepEqual(await aboutOf('customer_id=cus_theirs'), []);
  });

  it('lists newest first, page by page', async () => {
    for (const about of ['a', 'b', 'c']) await tell([notice({ customerId: 'cus_pages', about })]);
    const first = await list('customer_id=cus_pages&limit=2');
    assert.deepEqual(first.notifications.map(({ about }: { about: string }) => about), ['c', 'b']);
    const second = await list(`customer_id=cus_pages&limit=2&before=${first.next_before}`);
    assert.deepEqual(second.notifications.map(({ about }: { about: string }) => about), ['a']);
    assert.equal(second.next_before, null);
    for (const query of ['limit=0', 'limit=201', 'limit=x', 'before=0', 'before=1.5', 'customer_id=']) {
      await app.agent.get(`/api/v1/notifications?${query}`).set(admin.auth).expect(400);
    }
  });

  const idOf = async (query: string, who = admin) => Number((await list(query, who)).notifications[0].notification_id);
  const shown = async (id: number, who = admin) =>
    (await app.agent.get(`/api/v1/notifications/${id}`).set(who.auth).expect(200)).body;
  const retry = (id: number, who = admin) => app.agent.post(`/api/v1/notifications/${id}/retry`).set(who.auth);
  const messages = async (id: number) =>
    [...(await app.published('notification.email')), ...(await app.published('notification.push'))].filter(
      ({ payload }) => payload.notification_id === id,
    );

  it('shows one with its words, and its ways', async () => {
    const to = { email: 'ana@clientes.example', deviceToken: 'token-1' };
    await tell([notice({ customerId: 'cus_shown', name: 'price_increase', data: { variant_id: 'v<1>', old_price: 100, new_price: 120.5 }, to })]);
    const { state, deliveries, rendered } = await shown(await idOf('customer_id=cus_shown'));
    assert.equal(state, 'pending');
    assert.deepEqual(
      deliveries.map(({ channel, recipient }: { channel: string; recipient: string }) => [channel, recipient]),
      [['email', 'ana@clientes.example'], ['push', 'token-1']],
    );
    assert.equal(rendered.subject, 'Subió el precio de un producto de tu carrito · Mi Negocio');
    assert.match(rendered.text, /Subió de \$\s100,00 a \$\s120,50 el precio del producto «v<1>»/);
    assert.match(rendered.html, /«v&lt;1&gt;»/);
  });

  it('writes a message for each way there is, in the transaction of the notice, and none for a repeat', async () => {
    await putCustomer(app.deps.database, admin.tenantId, 'cus_ways', { email: 'w@clientes.example', deviceToken: 'token-2' });
    const one = notice({ customerId: 'cus_ways' });
    await tell([one, one]);
    await tell([one]);
    const id = await idOf('customer_id=cus_ways');
    assert.deepEqual(
      (await messages(id)).map(({ ordering_key, tenant_id, payload }) => ({ ordering_key, tenant_id, payload })),
      [0, 1].map(() => ({
        ordering_key: `cliente:${admin.tenantId}:cus_ways`,
        tenant_id: admin.tenantId,
        payload: { tenant_id: admin.tenantId, notification_id: id, customer_id: 'cus_ways' },
      })),
    );
  });

  it('is tried again once somebody says how to reach the customer', async () => {
    await tell([notice({ customerId: 'cus_late' })]);
    const id = await idOf('customer_id=cus_late');
    assert.deepEqual((await retry(id).expect(409)).body.code, 'sin_destinatario');
    await putCustomer(app.deps.database, admin.tenantId, 'cus_late', { email: 'late@clientes.example' });
    const { body } = await retry(id).expect(200);
    assert.deepEqual([body.state, body.deliveries[0].recipient, body.deliveries[0].cause], ['pending', 'late@clientes.example', null]);
    assert.equal((await messages(id)).length, 1);
    assert.deepEqual((await retry(id).expect(409)).body.code, 'nada_que_reintentar');
    assert.deepEqual(await aboutOf('customer_id=cus_late&state=undeliverable'), []);
    assert.deepEqual(await aboutOf('customer_id=cus_late&state=pending'), ['variante:v1']);
  });

  it('asks once when two ask for it at the same time', async () => {
    await tell([notice({ customerId: 'cus_both' })]);
    await putCustomer(app.deps.database, admin.tenantId, 'cus_both', { email: 'both@clientes.example' });
    const id = await idOf('customer_id=cus_both');
    const statuses = (await Promise.all([1, 2, 3].map(() => retry(id)))).map(({ status }) => status);
    assert.deepEqual(statuses.sort(), [200, 409, 409]);
    assert.equal((await messages(id)).length, 1);
  });

  it("is nobody else's", async () => {
    await tell([notice({ customerId: 'cus_mine' })]);
    const id = await idOf('customer_id=cus_mine');
    await app.agent.get(`/api/v1/notifications/${id}`).set(other.auth).expect(404);
    await retry(id, other).expect(404);
    await app.agent.get('/api/v1/notifications/999999999').set(admin.auth).expect(404);
  });
});
