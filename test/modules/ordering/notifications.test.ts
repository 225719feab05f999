import assert from 'node:assert/strict';
import { notify } from '../../../src/modules/notifications/repository.ts';
import type { Notice } from '../../../src/modules/ordering/ports.ts';
import { openRestApp, registerTenant, type RestApp, type SignedIn } from '../marketplace/rest-support.ts';

describe('notifications', () => {
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
        state: 'pending',
        created_at: app.time.now.toISOString(),
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
});
