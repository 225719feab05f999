import assert from 'node:assert/strict';
import { addMonths } from '../../../src/kernel/months.ts';
import { dayOf } from '../../../src/kernel/es-ar.ts';
import { addSeller, addUser, type SignedIn } from '../marketplace/rest-support.ts';
import { cancelled, completed, daysAgo, openCustomers, paid, sold, unproven, type Customers, type Shop } from './support.ts';

describe("the customers' REST interface", () => {
  let it_: Customers;
  let shop: Shop;
  let operator: SignedIn;

  before(async () => {
    it_ = await openCustomers();
    shop = await it_.openShop();
    operator = await addUser(it_, shop, { rol: 'operador', comercios_ids: [await addSeller(it_, shop)] });
  });
  after(() => it_.close());
  afterEach(async () => assert.deepEqual(await unproven(it_), []));

  const get = async (path: string) => (await it_.call(shop, 'get', path)).body;
  const notices = (name: string) =>
    it_.rows<{ customer_id: string; data: object }>('SELECT customer_id, data FROM notifications WHERE name = $1 ORDER BY notification_id', [name]);
  /** As if the clock had moved on; back where it was in the end, since the token knows the time as well. */
  const at = async (now: Date, work: () => Promise<void>) => {
    const before = it_.time.now;
    it_.time.now = now;
    await work().finally(() => (it_.time.now = before));
  };

  describe('profiles', () => {
    it('writes one down, changes it whole, and fills in who an event named first', async () => {
      const juana = { name: 'Juana', email: 'juana@ejemplo.com', phone: '11', device_token: 'tok' };
      assert.equal((await it_.call(operator, 'put', '/juana', juana)).status, 201);
      const changed = await it_.call(operator, 'put', '/juana', { name: 'Juana P.' });
      assert.deepEqual([changed.status, changed.body.name, changed.body.email, changed.body.device_token], [200, 'Juana P.', null, null]);
      await it_.tell(completed(shop, 'profile_1', 100, { customer: 'known' }));
      assert.equal((await it_.call(shop, 'put', '/known', juana)).status, 200);
      assert.deepEqual((await get('/known')).statistics.purchases, 1);
    });

    it('refuses what is none', async () => {
      assert.equal((await it_.call(shop, 'put', '/x', { email: 'no' })).status, 400);
      assert.equal((await it_.call(shop, 'get', '/nobody')).status, 404);
      for (const path of ['/segment', '/purchases', '/points/movements', '/points/expiry', '/credit/movements']) {
        assert.equal((await it_.call(shop, 'get', `/nobody${path}`)).status, 404, path);
      }
    });

    it('lists them by page, segment and tier', async () => {
      const own = await it_.openShop();
      await it_.call(own, 'put', '/a', {});
      for (const [id, amount] of [['b', 100], ['c', 100_000], ['d', 600_000]] as const) {
        for (const n of [1, 2]) await it_.tell(sold(own, `list_${id}_${n}`, amount / 2, { customer: id }));
      }
      const list = async (query: string) => (await it_.call(own, 'get', query)).body;
      const ids = async (query: string) => (await list(query)).customers.map((one: { customer_id: string }) => one.customer_id).join('');
      const first = await list('?limit=3');
      assert.deepEqual([first.customers.length, first.next], [3, 'c']);
      assert.equal(await ids(`?limit=3&after=${first.next}`), 'd');
      assert.deepEqual([await ids('?segment=new'), await ids('?segment=regular')], ['a', 'bcd']);
      assert.deepEqual([await ids('?tier=bronce'), await ids('?tier=plata'), await ids('?tier=oro'), await ids('?tier=platino')], ['ab', 'c', 'd', '']);
      assert.equal((await it_.call(own, 'get', '?tier=nada')).status, 400);
      assert.deepEqual(first.customers[0], {
        customer_id: 'a', name: null, email: null, segment: 'new', tier: 'bronce', purchases: 0, spent: 0, last_purchase_at: null,
      });
    });
  });

  describe('points', () => {
    it('are spent once by each reference, and not beyond what there is', async () => {
      await it_.tell(completed(shop, 'spend_1', 10_000, { customer: 's1' }));
      const spend = (points: number, reference: string) => it_.call(operator, 'post', '/s1/points/spend', { points, reference });
      const [first, again] = [await spend(70, 'r1'), await spend(70, 'r1')];
      assert.deepEqual([first.status, first.body.available, again.status, again.body.available], [201, 30, 200, 30]);
      const other = await spend(60, 'r1');
      assert.deepEqual([other.status, other.body.code], [409, 'referencia_usada']);
      const tooMany = await spend(31, 'r2');
      assert.deepEqual([tooMany.status, tooMany.body.code], [409, 'puntos_insuficientes']);
      assert.match(tooMany.body.message, /se piden 31 y hay 30 disponibles/);
      assert.equal((await spend(30, 'r2')).status, 201);
      assert.equal((await it_.call(shop, 'post', '/nobody/points/spend', { points: 1, reference: 'x' })).status, 404);
    });

    it('are spent once when all ask at once', async () => {
      await it_.tell(completed(shop, 'race', 1000, { customer: 's2' }));
      const answers = await Promise.all(
        Array.from({ length: 12 }, (_, n) => it_.call(shop, 'post', '/s2/points/spend', { points: 4, reference: `r${n % 6}` })),
      );
      assert.deepEqual(answers.filter(({ status }) => status === 201).length, 2);
      assert.equal((await get('/s2')).points.available, 2);
    });

    it('spent of a purchase that is cancelled are a debt, which the next purchase pays', async () => {
      await it_.tell(completed(shop, 'debt_1', 10_000, { customer: 's3' }));
      await it_.call(shop, 'post', '/s3/points/spend', { points: 80, reference: 'r' });
      await it_.tell(cancelled(shop, 'debt_1', { customer: 's3' }));
      assert.deepEqual([(await get('/s3')).points.available, (await get('/s3')).points.debt], [0, 80]);
      await it_.tell(sold(shop, 'debt_2', 10_000, { customer: 's3' }));
      assert.deepEqual([(await get('/s3')).points.available, (await get('/s3')).points.debt], [20, 0]);
      const { movements, next_before } = await get('/s3/points/movements?limit=2');
      assert.deepEqual(movements.map((one: Record<string, unknown>) => [one['kind'], one['points'], one['debt']]), [['debt_paid', -80, -80], ['earned', 100, 0]]);
      const older = await get(`/s3/points/movements?before=${next_before}`);
      assert.deepEqual(older.movements.map((one: Record<string, unknown>) => one['kind']), ['debt', 'reversed', 'spent', 'earned']);
    });

    it('are given and taken by hand by an admin, and leave the tier alone', async () => {
      await it_.call(shop, 'put', '/s4', {});
      const adjust = (user: SignedIn, points: number, reference: string) =>
        it_.call(user, 'post', '/s4/points/adjustments', { points, reference, reason: 'Reclamo' });
      assert.equal((await adjust(operator, 50, 'a')).status, 403);
      assert.deepEqual([(await adjust(shop, 5000, 'a')).status, (await adjust(shop, 5000, 'a')).status], [201, 200]);
      assert.equal((await adjust(shop, -5001, 'b')).status, 409);
      const { status, body } = await adjust(shop, -4000, 'b');
      assert.deepEqual([status, body.available, body.earned, body.tier.name], [201, 1000, 0, 'bronce']);
      assert.equal((await adjust(shop, 0, 'c')).status, 400);
    });

    it('expire when their time is up, which a calendar tells before and a nightly job writes down', async () => {
      const bought = daysAgo(300, it_.time.now);
      await it_.tell(completed(shop, 'old', 10_000, { customer: 's5', at: bought }));
      await it_.tell(completed(shop, 'young', 5000, { customer: 's5', at: daysAgo(1) }));
      const expiry = addMonths(bought, 12);
      const { days } = await get('/s5/points/expiry');
      assert.deepEqual(days[0], {
        expires_on: dayOf(expiry), points: 100,
        lots: [{ lot: 1, source: 'order', reference: 'old', points: 100, expires_at: expiry.toISOString() }],
      });
      assert.equal(days.length, 2);
      await it_.tell(completed(shop, 'ancient', 10_000, { customer: 's5', at: daysAgo(500) }));
      assert.equal((await get('/s5')).points.available, 150, 'what comes when its time is up has expired');
      await at(expiry, () => it_.runJob('expire-customer-points'));
      const { movements } = await get('/s5/points/movements?limit=1');
      assert.deepEqual([movements[0].kind, movements[0].points, movements[0].reference], ['expired', -100, 'old']);
      await at(expiry, () => it_.runJob('expire-customer-points'));
      assert.equal((await get('/s5')).points.available, 50);
    });

    it('that are about to expire are told once for each day', async () => {
      const bought = daysAgo(340, it_.time.now);
      const expiry = addMonths(bought, 12);
      for (const n of [1, 2]) await it_.tell(sold(shop, `warn_${n}`, 1000, { customer: 's6', at: bought }));
      await at(daysAgo(31, expiry), () => it_.runJob('warn-of-expiring-points'));
      assert.equal((await notices('points_about_to_expire')).filter((one) => one.customer_id === 's6').length, 0);
      for (const before of [29, 28]) await at(daysAgo(before, expiry), () => it_.runJob('warn-of-expiring-points'));
      const told = (await notices('points_about_to_expire')).filter((one) => one.customer_id === 's6');
      assert.deepEqual(told.map(({ data }) => data), [{ points: 20, expires_on: dayOf(expiry) }]);
    });
  });

  describe('credit', () => {
    it('is used up to the limit, released by payments, and what is paid too much is in favour', async () => {
      await it_.call(shop, 'put', '/k1', {});
      const use = (amount: number, reference: string) => it_.call(operator, 'post', '/k1/credit/use', { amount, reference });
      const none = await use(1, 'u0');
      assert.deepEqual([none.status, none.body.code], [409, 'credito_insuficiente']);
      assert.equal((await it_.call(operator, 'put', '/k1/credit/limit', { limit: 1000 })).status, 403);
      const limited = await it_.call(shop, 'put', '/k1/credit/limit', { limit: 1000, reason: 'Cliente de confianza' });
      assert.deepEqual([limited.status, limited.body], [200, { limit: 1000, own_limit: true, used: 0, favour: 0, available: 1000 }]);
      assert.deepEqual([(await use(600.5, 'u1')).status, (await use(600.5, 'u1')).status, (await use(1, 'u1')).body.code], [201, 200, 'referencia_usada']);
      const refused = await use(399.51, 'u2');
      assert.match(refused.body.message, /hay \$\s399,50 disponibles/);
      for (let n = 0; n < 2; n += 1) await it_.tell(paid(shop, 'pay_k1', 1000, { customer: 'k1' }));
      assert.deepEqual((await get('/k1')).credit, { limit: 1000, own_limit: true, used: 0, favour: 399.5, available: 1399.5 });
      assert.deepEqual((await use(400, 'u3')).body, { limit: 1000, own_limit: true, used: 0.5, favour: 0, available: 999.5 });
      const { movements } = await get('/k1/credit/movements');
      assert.deepEqual(movements.map((one: Record<string, unknown>) => [one['kind'], one['used'], one['favour'], one['reference']]), [
        ['used', 0.5, -399.5, 'u3'], ['paid', -600.5, 399.5, 'pay_k1'], ['used', 600.5, 0, 'u1'], ['limit', 0, 0, null],
      ]);
    });

    it('is given back by hand by an admin; a lower limit collects nothing', async () => {
      await it_.call(shop, 'put', '/k2', {});
      await it_.call(shop, 'put', '/k2/credit/limit', { limit: 500 });
      await it_.call(shop, 'post', '/k2/credit/use', { amount: 500, reference: 'u' });
      const lower = await it_.call(shop, 'put', '/k2/credit/limit', { limit: 100 });
      assert.deepEqual([lower.body.used, lower.body.available], [500, 0]);
      const body = { amount: 450, reference: 'dev', reason: 'Venta anulada' };
      assert.equal((await it_.call(operator, 'post', '/k2/credit/adjustments', body)).status, 403);
      assert.deepEqual((await it_.call(shop, 'post', '/k2/credit/adjustments', body)).body.available, 50);
      assert.equal((await it_.call(shop, 'post', '/k2/credit/adjustments', body)).status, 200);
      const back = await it_.call(shop, 'put', '/k2/credit/limit', { limit: null });
      assert.deepEqual([back.body.limit, back.body.own_limit, back.body.used], [0, false, 50]);
    });

    it('of a payment without a customer, or of one that nobody knew, is taken as it comes', async () => {
      assert.equal((await it_.tell(paid(shop, 'anon', 100, { customer: null }))).state, 'done');
      await it_.tell(paid(shop, 'first', 100, { customer: 'k3' }));
      assert.equal((await get('/k3')).credit.favour, 100);
      assert.equal((await it_.tell(paid(shop, 'first', 200, { customer: 'k3' }))).state, 'conflict');
    });
  });

  describe('settings', () => {
    it('are read by any user, changed by an admin, and do not rewrite what was', async () => {
      const own = await it_.openShop();
      await it_.tell(sold(own, 'before', 1000, { customer: 'z' }));
      const { updated_at, ...current } = (await it_.call(own, 'get', '/settings')).body;
      assert.equal(updated_at, null);
      assert.equal((await it_.call(operator, 'put', '/settings', current)).status, 403);
      const changed = {
        ...current, points: { earned: 2, per_amount: 50, valid_months: 1, warning_days: 0 },
        tiers: [{ name: 'Uno', min_points: 0 }, { name: 'Dos', min_points: 50 }], credit: { default_limit: 250.5 },
      };
      const { status, body } = await it_.call(own, 'put', '/settings', changed);
      assert.equal(status, 200);
      const { updated_at: now, ...kept } = body;
      assert.ok(now);
      assert.deepEqual(kept, changed);
      await it_.tell(sold(own, 'after', 1000, { customer: 'z' }));
      const { points, credit } = (await it_.call(own, 'get', '/z')).body;
      assert.deepEqual([points.available, points.tier.name, credit.available], [50, 'Dos', 250.5]);
      const { days } = (await it_.call(own, 'get', '/z/points/expiry')).body;
      assert.deepEqual(days.map((one: { points: number }) => one.points), [40, 10]);
    });

    it('are refused as a whole, with what is wrong', async () => {
      const { updated_at, ...current } = await get('/settings');
      assert.equal(updated_at, null);
      for (const wrong of [
        {}, { ...current, tiers: [] }, { ...current, tiers: [{ name: 'x', min_points: 5 }] },
        { ...current, points: { ...current.points, per_amount: 0 } },
        { ...current, segments: { ...current.segments, vip: { min_purchases: 0, min_spent: 0 } } },
      ]) {
        assert.equal((await it_.call(shop, 'put', '/settings', wrong)).status, 400);
      }
      assert.equal((await get('/settings')).updated_at, null);
    });
  });
});
