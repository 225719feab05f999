import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { dayOf } from '../../../src/kernel/es-ar.ts';
import { openRestApp, type RestApp } from '../marketplace/rest-support.ts';
import { MINUTE, openOrdering, TTL, type Line, type Ordering, type Store } from './orders-support.ts';

describe('orders over REST', () => {
  let app: RestApp;
  let ordering: Ordering;
  let store: Store;
  before(async () => {
    app = await openRestApp();
    ordering = await openOrdering(app);
  });
  beforeEach(async () => void (store = await ordering.openStore()));
  after(async () => {
    await ordering.close();
    await app.close();
  });

  const post = (path: string, body: object = {}, who: Store = store) => app.agent.post(path).set(who.auth).send(body);
  const get = (path: string, who: Store = store) => app.agent.get(path).set(who.auth);
  const placed = async (lines: readonly Line[]): Promise<{ order_id: string; order_number: string; state: string }> => {
    const res = await post('/api/v1/orders', { cart_id: await ordering.cart(store, lines) }).expect(201);
    return res.body as { order_id: string; order_number: string; state: string };
  };
  const free = async () => Object.fromEntries((await ordering.free(store)).map((s) => [`${s.variantId}@${s.warehouseId}`, s.free]));
  const published = async (topic: string, orderId: string) =>
    (await app.published(topic))
      .map(({ payload }) => payload as { timestamp: string; organization_id: string; data: Record<string, unknown> })
      .filter(({ data }) => data.order_id === orderId);

  it('makes an order of a cart: stock set aside, order.placed told, the cart closed', async () => {
    await ordering.stock(store, 'var_a', 5);
    const cartId = await ordering.cart(store, [{ variantId: 'var_a', quantity: 2, unitPriceCents: 76225 }]);
    const { body } = await post('/api/v1/orders', { cart_id: cartId }).expect(201);
    const now = app.time.now.toISOString();
    assert.deepEqual(body, {
      order_id: body.order_id,
      order_number: `ORD-${dayOf(app.time.now).slice(0, 4)}-000001`,
      customer_id: 'cus_1',
      state: 'payment_pending',
      reason: null,
      auto_cancelled: null,
      currency: 'ARS',
      total_amount: 1524.5,
      placed_at: now,
      updated_at: now,
      items: [{ variant_id: 'var_a', product_id: 'prod_1', warehouse_id: 'wh_1', quantity: 2, unit_price: 762.25 }],
      reservation: { reservation_id: null, state: 'held', expires_at: new Date(app.time.now.getTime() + TTL).toISOString() },
      payments: [],
      steps: [{ state: 'payment_pending', reason: null, at: now }],
      details: {
        customer_email: null, customer_phone: null, shipping_address: null, billing_address: null, payment_method: null, notes: null,
        tax: 0, shipping: 0, discount: 0,
      },
      order_created_event: 'not_published',
      order_created_event_lacks: ['shipping_address', 'customer_email'],
    });
    const [event] = await published('order.placed', body.order_id as string);
    assert.equal(event?.organization_id, store.organization.organizationId);
    assert.deepEqual(event?.data, {
      order_id: body.order_id,
      order_number: body.order_number,
      customer_id: 'cus_1',
      total_amount: 1524.5,
      currency: 'ARS',
      items: [{ variant_id: 'var_a', warehouse_id: 'wh_1', quantity: 2, unit_price: 762.25 }],
    });
    assert.deepEqual(await free(), { 'var_a@wh_1': 3 });
  });

  it('answers a cart that was ordered with its order, as it is now, and orders nothing again', async () => {
    await ordering.stock(store, 'var_a', 5);
    const cart_id = await ordering.cart(store, [{ variantId: 'var_a' }]);
    const { body: first } = await post('/api/v1/orders', { cart_id }).expect(201);
    await ordering.stock(store, 'var_a', 0); // what is asked again is not looked for again
    assert.deepEqual((await post('/api/v1/orders', { cart_id }).expect(200)).body, first);
    const { body: cancelled } = await post(`/api/v1/orders/${first.order_id}/cancel`).expect(200);
    assert.deepEqual((await post('/api/v1/orders', { cart_id }).expect(200)).body, cancelled);
    assert.equal((await published('order.placed', first.order_id as string)).length, 1);
    await post('/api/v1/orders', { cart_id }, await ordering.openStore()).expect(404);
  });

  it('takes a line whole from the first shelf that has it, else from several', async () => {
    await ordering.stock(store, 'var_a', 2, 'wh_1');
    await ordering.stock(store, 'var_a', 3, 'wh_2');
    await placed([{ variantId: 'var_a', quantity: 3 }]);
    assert.deepEqual(await free(), { 'var_a@wh_1': 2, 'var_a@wh_2': 0 });
    await ordering.stock(store, 'var_b', 2, 'wh_1');
    await ordering.stock(store, 'var_b', 3, 'wh_2');
    const { order_id } = await placed([{ variantId: 'var_b', quantity: 4 }]);
    const { body } = await get(`/api/v1/orders/${order_id}`).expect(200);
    const items = body.items as Array<{ warehouse_id: string; quantity: number }>;
    assert.deepEqual(items.map((item) => [item.warehouse_id, item.quantity]), [['wh_1', 2], ['wh_2', 2]]);
  });

  it('refuses what the shelves do not cover, names it, and changes nothing', async () => {
    await ordering.stock(store, 'var_a', 5);
    await ordering.stock(store, 'var_b', 1);
    const cartId = await ordering.cart(store, [{ variantId: 'var_a' }, { variantId: 'var_b', quantity: 2 }]);
    const { body } = await post('/api/v1/orders', { cart_id: cartId }).expect(409);
    assert.equal(body.code, 'sin_stock');
    assert.match(body.message as string, /var_b \(pediste 2, quedan 1\)/);
    assert.deepEqual(await free(), { 'var_a@wh_1': 5, 'var_b@wh_1': 1 });
    await ordering.stock(store, 'var_b', 2);
    await post('/api/v1/orders', { cart_id: cartId }).expect(201);
  });

  it('leaves an order pending when nothing is known of a line', async () => {
    await ordering.stock(store, 'var_a', 5);
    const { order_id, state } = await placed([{ variantId: 'var_a' }, { variantId: 'var_new' }]);
    assert.equal(state, 'pending');
    const { body } = await get(`/api/v1/orders/${order_id}`).expect(200);
    assert.equal(body.reservation.state, 'requested');
    const items = body.items as Array<{ variant_id: string; warehouse_id: string }>;
    assert.deepEqual(items.map((i) => [i.variant_id, i.warehouse_id]), [['var_a', 'wh_1'], ['var_new', 'unassigned']]);
  });

  it('refuses empty carts, deleted variants and carts that are not there', async () => {
    const empty = await post('/api/v1/orders', { cart_id: await ordering.cart(store, []) }).expect(409);
    assert.equal(empty.body.code, 'carrito_vacio');
    const cartId = await ordering.cart(store, [{ variantId: 'var_gone' }]);
    await app.deps.database.transaction('system', (trx) =>
      trx.run(`INSERT INTO ordering_variants (variant_id, tenant_id, updated_at, deleted_at) VALUES ('var_gone', $1, now(), now())`, [
        store.tenantId,
      ]),
    );
    const gone = await post('/api/v1/orders', { cart_id: cartId }).expect(409);
    assert.equal(gone.body.code, 'producto_discontinuado');
    await post('/api/v1/orders', { cart_id: randomUUID() }).expect(404);
    await post('/api/v1/orders', { cart_id: 'cart' }).expect(400);
    const other = await ordering.openStore();
    await post('/api/v1/orders', { cart_id: cartId }, other).expect(404);
  });

  it('shows another tenant nothing: 404, and an empty list', async () => {
    await ordering.stock(store, 'var_a', 5);
    const { order_id } = await placed([{ variantId: 'var_a' }]);
    const other = await ordering.openStore();
    await get(`/api/v1/orders/${order_id}`, other).expect(404);
    await post(`/api/v1/orders/${order_id}/cancel`, {}, other).expect(404);
    await post(`/api/v1/orders/${order_id}/complete`, {}, other).expect(404);
    const { body } = await get('/api/v1/orders', other).expect(200);
    assert.deepEqual(body, { orders: [], next: null });
  });

  it('cancels an unpaid order: the stock is free again, order.cancelled is told once', async () => {
    await ordering.stock(store, 'var_a', 1);
    const { order_id } = await placed([{ variantId: 'var_a' }]);
    const { body } = await post(`/api/v1/orders/${order_id}/cancel`, { reason: 'me arrepentí' }).expect(200);
    assert.deepEqual([body.state, body.reason, body.auto_cancelled], ['cancelled', 'me arrepentí', false]);
    assert.equal(body.reservation.state, 'released');
    assert.deepEqual(await free(), { 'var_a@wh_1': 1 });
    await post(`/api/v1/orders/${order_id}/cancel`).expect(409);
    const events = await published('order.cancelled', order_id);
    assert.equal(events.length, 1);
    assert.deepEqual([events[0]?.data.reason, events[0]?.data.auto_cancelled], ['me arrepentí', false]);
    assert.deepEqual(await published('reservation.release', order_id), []); // the inventory gave it no name yet
  });

  it('keeps its own words for a time-out: nobody cancels by them', async () => {
    await ordering.stock(store, 'var_a', 1);
    const { order_id } = await placed([{ variantId: 'var_a' }]);
    await post(`/api/v1/orders/${order_id}/cancel`, { reason: 'payment_timeout' }).expect(400);
  });

  it('asks the inventory to give back what it reserved for a cancelled order', async () => {
    await ordering.stock(store, 'var_a', 1);
    const { order_id } = await placed([{ variantId: 'var_a' }]);
    await ordering.reserved(store, order_id, {
      reservation_id: `res_${order_id}`,
      items: [{ variant_id: 'var_a', warehouse_id: 'wh_1', quantity: 1, stock_before: 1, stock_after: 0 }],
    });
    await post(`/api/v1/orders/${order_id}/cancel`).expect(200);
    const [asked] = await published('reservation.release', order_id);
    assert.deepEqual(asked?.data, { reservation_id: `res_${order_id}`, order_id, reason: 'customer_request' });
  });

  it('completes a confirmed order, and only that', async () => {
    await ordering.stock(store, 'var_a', 1);
    const { order_id } = await placed([{ variantId: 'var_a' }]);
    await post(`/api/v1/orders/${order_id}/complete`).expect(409);
    assert.equal(await ordering.pay(store, order_id), 'confirmed');
    const { body } = await post(`/api/v1/orders/${order_id}/complete`).expect(200);
    assert.equal(body.state, 'completed');
    const steps = body.steps as Array<{ state: string }>;
    assert.deepEqual(steps.map(({ state }) => state), ['payment_pending', 'confirmed', 'completed']);
    await post(`/api/v1/orders/${order_id}/complete`).expect(409);
    await post(`/api/v1/orders/${order_id}/cancel`).expect(409);
    assert.equal((await published('order.completed', order_id)).length, 1);
  });

  it('shows an unpaid order as cancelled from the moment its time is up, though nobody wrote it down', async () => {
    await ordering.stock(store, 'var_a', 1);
    const known = await placed([{ variantId: 'var_a' }]);
    const unknown = await placed([{ variantId: 'var_new' }]);
    const before = app.time.now;
    app.time.now = new Date(before.getTime() + TTL - 1);
    assert.equal((await get(`/api/v1/orders/${known.order_id}`)).body.state, 'payment_pending');
    app.time.now = new Date(before.getTime() + TTL);
    try {
      const { body } = await get(`/api/v1/orders/${known.order_id}`).expect(200);
      assert.deepEqual([body.state, body.reason, body.auto_cancelled], ['cancelled', 'payment_timeout', true]);
      assert.equal((await get(`/api/v1/orders/${unknown.order_id}`)).body.reason, 'reservation_timeout');
      await post(`/api/v1/orders/${known.order_id}/cancel`).expect(409);
      const listed = await get('/api/v1/orders?state=cancelled').expect(200);
      assert.equal(listed.body.orders.length, 2);
      assert.deepEqual((await get('/api/v1/orders?state=payment_pending')).body.orders, []);
      assert.deepEqual(await published('order.cancelled', known.order_id), []);
      await placed([{ variantId: 'var_a' }]); // what it held is free again
    } finally {
      app.time.now = before;
    }
  });

  it('lists by state and customer, page by page, the newest first', async () => {
    await ordering.stock(store, 'var_a', 10);
    const ids: string[] = [];
    for (let n = 0; n < 5; n += 1) {
      ids.unshift((await placed([{ variantId: 'var_a' }])).order_id);
      app.time.now = new Date(app.time.now.getTime() + (n % 2)); // some of the same moment
    }
    const seen: string[] = [];
    for (let before: string | null = ''; before !== null; ) {
      const { body } = await get(`/api/v1/orders?limit=2${before && `&before=${before}`}`).expect(200);
      seen.push(...(body.orders as Array<{ order_id: string }>).map((o) => o.order_id));
      before = body.next as string | null;
    }
    assert.deepEqual([...seen].sort(), [...ids].sort());
    assert.equal(seen.length, 5);
    assert.equal((await get('/api/v1/orders?customer_id=cus_2')).body.orders.length, 0);
    assert.equal((await get('/api/v1/orders?customer_id=cus_1')).body.orders.length, 5);
    await get('/api/v1/orders?limit=0').expect(400);
    await get('/api/v1/orders?state=lost').expect(400);
    const { body: unknown } = await get('/api/v1/orders?before=lost').expect(400);
    assert.match(unknown.message as string, /before/);
    await get(`/api/v1/orders?before=${ids[0]}`, await ordering.openStore()).expect(400);
  });

  it('lists by state page by page, whatever states the orders were written down with', async () => {
    await ordering.stock(store, 'var_a', 10);
    const started = app.time.now;
    const pass = (ms: number) => void (app.time.now = new Date(app.time.now.getTime() + ms));
    const expected: Record<string, string[]> = {};
    const add = (state: string, orderId: string) => (expected[state] = [orderId, ...(expected[state] ?? [])]);
    try {
      for (let n = 0; n < 3; n += 1) {
        add('cancelled', (await placed([{ variantId: 'var_a' }])).order_id); // its time will be up
        pass(1);
        add('cancelled', (await placed([{ variantId: 'var_new' }])).order_id); // so will this one's
        pass(1);
        const { order_id } = await placed([{ variantId: 'var_a' }]);
        await post(`/api/v1/orders/${order_id}/cancel`).expect(200);
        add('cancelled', order_id);
        pass(1);
      }
      pass(TTL);
      for (let n = 0; n < 3; n += 1) {
        add('payment_pending', (await placed([{ variantId: 'var_a' }])).order_id);
        pass(1);
        add('pending', (await placed([{ variantId: 'var_new' }])).order_id);
        pass(1);
        const { order_id } = await placed([{ variantId: 'var_a' }]);
        assert.equal(await ordering.pay(store, order_id), 'confirmed');
        add('confirmed', order_id);
        pass(1);
      }
      for (const [state, ids] of Object.entries(expected)) {
        const seen: string[] = [];
        for (let before: string | null = ''; before !== null; ) {
          const { body } = await get(`/api/v1/orders?state=${state}&limit=2${before && `&before=${before}`}`).expect(200);
          const orders = body.orders as Array<{ order_id: string; state: string }>;
          assert.deepEqual([...new Set(orders.map((order) => order.state))], [state]);
          seen.push(...orders.map(({ order_id }) => order_id));
          before = body.next as string | null;
        }
        assert.deepEqual(seen, ids);
      }
    } finally {
      app.time.now = started;
    }
  });

  it('gives the money back when a confirmed order is cancelled', async () => {
    await ordering.stock(store, 'var_a', 1);
    const { order_id } = await placed([{ variantId: 'var_a' }]);
    await ordering.pay(store, order_id);
    app.time.now = new Date(app.time.now.getTime() + MINUTE);
    const { body } = await post(`/api/v1/orders/${order_id}/cancel`).expect(200);
    assert.equal(body.state, 'cancelled');
    assert.equal(body.payments.length, 1);
    assert.deepEqual(await free(), { 'var_a@wh_1': 1 });
  });
});
