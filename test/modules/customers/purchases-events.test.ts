import assert from 'node:assert/strict';
import { addMonths } from '../../../src/kernel/months.ts';
import { cancelled, completed, daysAgo, openCustomers, sold, unproven, type Customers, type Shop } from './support.ts';

describe('what customers buy', () => {
  let it_: Customers;
  let shop: Shop;
  let other: Shop;

  before(async () => {
    it_ = await openCustomers();
    [shop, other] = [await it_.openShop(), await it_.openShop()];
  });
  after(() => it_.close());
  afterEach(async () => assert.deepEqual(await unproven(it_), []));

  const state = async (message: Parameters<Customers['tell']>[0]) => (await it_.tell(message)).state;
  const customer = async (id: string, of = shop) => (await it_.call(of, 'get', `/${id}`)).body;
  const figures = async (id: string) => {
    const { statistics, points, segment } = await customer(id);
    return { purchases: statistics.purchases, spent: statistics.spent, available: points.available, debt: points.debt, segment: segment.segment };
  };
  const NOTHING = { purchases: 0, spent: 0, available: 0, debt: 0, segment: 'new' };

  it('counts an order and a sale at the till: statistics, points, segment, and a row for whoever was unknown', async () => {
    const first = daysAgo(20);
    const last = daysAgo(3);
    assert.equal(await state(completed(shop, 'o1', 15250.5, { customer: 'c1', at: last })), 'done');
    assert.equal(await state(sold(shop, 'p1', 4200, { customer: 'c1', at: first })), 'done');
    const { statistics, points, segment, ...profile } = await customer('c1');
    assert.deepEqual(statistics, {
      purchases: 2, spent: 19450.5, average: 9725.25, first_purchase_at: first.toISOString(), last_purchase_at: last.toISOString(),
    });
    assert.deepEqual(points, {
      available: 194, debt: 0, earned: 194, tier: { name: 'bronce', min_points: 0, next: { name: 'plata', missing_points: 806 } },
    });
    assert.equal(segment.segment, 'regular');
    assert.match(segment.why, /^Es regular: en doce meses hizo 2 compras por \$\s19\.450,50; para ser frecuente hacen falta 6 compras y \$\s50\.000,00\.$/);
    assert.deepEqual([profile.name, profile.email], [null, null]);
  });

  it('takes a repeat for what it is, and keeps the first of two contents', async () => {
    const message = completed(shop, 'o2', 1000, { customer: 'c2' });
    assert.deepEqual([await state(message), await state(message)], ['done', 'repeat']);
    assert.equal(await state({ ...message, data: { ...message.data, total_amount: undefined, totals: { total_amount: 1000 }, items: [1] } }), 'repeat');
    assert.equal(await state(completed(shop, 'o2', 2000, { customer: 'c2' })), 'conflict');
    assert.equal((await figures('c2')).spent, 1000);
  });

  it('takes back exactly what an order gave, once, from the customer it gave it to', async () => {
    await it_.tell(completed(shop, 'o3', 1000, { customer: 'c3', at: daysAgo(9) }));
    await it_.tell(completed(shop, 'o4', 500, { customer: 'c3', at: daysAgo(2) }));
    for (const at of [daysAgo(1), daysAgo(0.5)]) await it_.tell(cancelled(shop, 'o4', { customer: 'somebody_else', at }));
    assert.deepEqual(await figures('c3'), { purchases: 1, spent: 1000, available: 10, debt: 0, segment: 'new' });
    const { statistics } = await customer('c3');
    assert.equal(statistics.last_purchase_at, statistics.first_purchase_at);
    assert.equal((await it_.call(shop, 'get', '/somebody_else')).status, 404);
    const { body } = await it_.call(shop, 'get', '/c3/purchases');
    assert.deepEqual(body.movements.map((one: Record<string, unknown>) => [one['kind'], one['reference'], one['amount'], one['spent_after']]), [
      ['reversal', 'o4', -500, 1000], ['purchase', 'o4', 500, 1500], ['purchase', 'o3', 1000, 1000],
    ]);
  });

  it('gives nothing for an order whose cancellation came first, and changes nothing for one that never came', async () => {
    assert.equal(await state(cancelled(shop, 'o5', { customer: 'c5' })), 'done');
    assert.equal((await it_.call(shop, 'get', '/c5')).status, 404);
    const told = await it_.tell(completed(shop, 'o5', 1000, { customer: 'c5', at: daysAgo(0.1) }));
    assert.deepEqual([told.state, told.answer?.code], ['warned', 'pedido_cancelado']);
    assert.equal((await it_.call(shop, 'get', '/c5')).status, 404);
  });

  it('counts an order that the order service cancelled by itself and had back, in whatever order that is told', async () => {
    const [timeout, delivered, refunded] = [
      cancelled(shop, 'o6', { customer: 'c6', at: daysAgo(4), auto: true }),
      completed(shop, 'o6', 1000, { customer: 'c6', at: daysAgo(3) }),
      cancelled(shop, 'o6', { customer: 'c6', at: daysAgo(2), auto: true }),
    ];
    await it_.tell(timeout);
    await it_.tell(delivered);
    assert.equal((await figures('c6')).spent, 1000);
    await it_.tell(refunded);
    assert.deepEqual(await figures('c6'), NOTHING);

    await it_.tell(completed(shop, 'o7', 1000, { customer: 'c7', at: daysAgo(3) }));
    const late = await it_.tell(cancelled(shop, 'o7', { customer: 'c7', at: daysAgo(4), auto: true }));
    assert.deepEqual([late.state, late.answer?.code, (await figures('c7')).spent], ['warned', 'atrasado', 1000]);
  });

  it('leaves anonymous sales out, and refuses what is for nobody here', async () => {
    for (const customerId of [null, '', undefined]) {
      const message = sold(shop, `anon_${String(customerId)}`, 100);
      assert.equal(await state({ ...message, data: { ...message.data, customer_id: customerId } }), 'done');
    }
    const stranger = await it_.tell(completed({ organizationId: 'org_nobody' }, 'o8', 100));
    assert.deepEqual([stranger.state, stranger.undeliverable, stranger.answer?.code], ['refused', true, 'organizacion_desconocida']);
    const inside = completed(shop, 'o8', 100, { customer: 'c8' });
    const mixed = await it_.tell({ ...inside, data: { ...inside.data, organization_id: other.organizationId } });
    assert.deepEqual([mixed.undeliverable, mixed.answer?.code], [true, 'organizacion_distinta']);
    assert.equal((await it_.call(shop, 'get', '/c8')).status, 404);
    assert.equal(await state({ ...inside, data: { ...inside.data, total_amount: undefined } }), 'invalid');
    assert.equal(await state({ ...inside, data: { ...inside.data, total_amount: 1.005 } }), 'invalid');
    assert.equal(await state({ ...inside, data: { ...inside.data, organization_id: shop.organizationId } }), 'done');
  });

  it('keeps the same names of two tenants apart', async () => {
    await it_.tell(completed(shop, 'same', 100, { customer: 'both' }));
    await it_.tell(completed(other, 'same', 700, { customer: 'both' }));
    await it_.tell(cancelled(other, 'same', { customer: 'both' }));
    assert.equal((await figures('both')).spent, 100);
    assert.equal((await customer('both', other)).statistics.spent, 0);
  });

  it('decides the segment on twelve months: at each change, and at night when they have moved on', async () => {
    const old = addMonths(it_.time.now, -12);
    for (const [n, at] of [daysAgo(-1, old), daysAgo(-2, old), daysAgo(-3, old), daysAgo(400)].entries()) {
      await it_.tell(sold(shop, `seg_${n}`, 30_000, { customer: 'c9', at }));
    }
    const decided = (await it_.call(shop, 'get', '/c9/segment')).body;
    assert.deepEqual([decided.segment, decided.purchases, decided.spent], ['regular', 3, 90_000]);
    assert.deepEqual(decided.thresholds.map((one: { reached: boolean }) => one.reached), [true, false, false]);
    const now = it_.time.now;
    it_.time.now = daysAgo(-2.5, now);
    await it_.runJob('review-customer-segments').finally(() => (it_.time.now = now));
    const again = (await it_.call(shop, 'get', '/c9/segment')).body;
    assert.deepEqual([again.segment, again.purchases, again.spent], ['new', 1, 30_000]);
    assert.match(again.why, /1 compra por/);
  });

  it('is vip by both thresholds, and decided again when the tenant has others', async () => {
    for (let n = 0; n < 12; n += 1) await it_.tell(sold(other, `vip_${n}`, 25_000, { customer: 'c10', at: daysAgo(n + 1) }));
    const { segment, points } = await customer('c10', other);
    assert.deepEqual([segment.segment, points.tier.name], ['vip', 'plata']);
    const { body: settings } = await it_.call(other, 'get', '/settings');
    const { updated_at, ...current } = settings;
    assert.equal(updated_at, null);
    const stricter = { ...current, segments: { ...current.segments, vip: { min_purchases: 12, min_spent: 300_000.01 } } };
    assert.equal((await it_.call(other, 'put', '/settings', stricter)).status, 200);
    await it_.runJob('apply-customer-thresholds');
    const again = (await it_.call(other, 'get', '/c10/segment')).body;
    assert.deepEqual([again.segment, again.thresholds.at(-1)], [
      'frequent', { segment: 'vip', min_purchases: 12, min_spent: 300_000.01, reached: false },
    ]);
  });

  it('has one effect of the same events at once, over and over', async () => {
    const messages = Array.from({ length: 8 }, (_, n) => completed(shop, `storm_${n}`, 100, { customer: 'c11' }));
    const cancellations = messages.slice(0, 4).map(({ data }) => cancelled(shop, String(data['order_id']), { customer: 'c11' }));
    const all = [...messages, ...cancellations, ...messages, ...cancellations, ...messages];
    const states = await Promise.all(all.sort(() => Math.random() - 0.5).map((message) => state(message)));
    assert.deepEqual([...new Set(states)].sort().filter((one) => !['done', 'repeat', 'warned'].includes(one)), []);
    assert.deepEqual(await figures('c11'), { purchases: 4, spent: 400, available: 4, debt: 0, segment: 'regular' });
  });
});
