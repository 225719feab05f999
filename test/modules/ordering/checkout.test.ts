import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { until } from '../../support/service.ts';
import { openCheckout, type Checkout, type Store } from './checkout-support.ts';

const SECRET = 'whsec_of_the_checkout';

describe('the checkout, all in one process and without a broker', () => {
  let checkout: Checkout;
  let store: Store;
  const lines: string[] = [];
  before(async () => {
    checkout = await openCheckout({ heard: (level, line) => level === 'info' && lines.push(line) });
    store = await checkout.openStore();
    await checkout.stock(store, 'v1', 20, { productId: 'P1' });
    await checkout.stock(store, 'v2', 1, { productId: 'P2' });
  });
  after(() => checkout.service.close());

  it('goes from the request to the notice', async () => {
    const { status, location, body } = await checkout.ask({ user_id: 'U123', items: [{ product_id: 'P1', quantity: 2 }] });
    const id = String(body['order_id']);
    assert.deepEqual([status, body, location], [202, { message: 'Orden solicitada', order_id: id, status_url: `/checkout/${id}` }, `/checkout/${id}`]);
    const { state, reason, steps } = await checkout.ended(id);
    assert.deepEqual([state, reason, steps.map((step) => [step.name, step.state, step.at !== null])], [
      'pagada', null, [['usuario', 'hecho', true], ['inventario', 'hecho', true], ['pago', 'hecho', true]],
    ]);
    assert.deepEqual(await checkout.order(id), { state: 'confirmed', reason: null });
    await checkout.settled();
    assert.equal(await checkout.free(store, 'v1'), 18);
    const said = await checkout.said(id);
    assert.deepEqual([said[0], said.slice(1, 3).sort(), said.slice(3)], ['OrderRequested', ['InventoryUpdated', 'UserValidated'], ['OrderCreated', 'PaymentProcessed']]);
    const notices = await checkout.rows(`SELECT tenant_id, customer_id, name, data FROM notifications WHERE dedupe_key = $1 AND name = 'checkout_paid'`, [id]);
    assert.deepEqual(notices, [
      { tenant_id: store.tenantId, customer_id: 'U123', name: 'checkout_paid', data: { order_id: id, order_number: 'ORD-2026-000001' } },
    ]);
    const requested = `{"type":"OrderRequested","order_id":"${id}","user_id":"U123","items":[{"product_id":"P1","quantity":2}]}`;
    for (const line of [
      `👤 UserService recibió OrderRequested: ${requested}`, '✅ Usuario U123 validado, evento enviado',
      `📦 InventoryService recibió OrderRequested: ${requested}`, `✅ Inventario actualizado para orden ${id}`,
      `🟢 OrderCreated emitido para ${id}`, `✅ Pago procesado para orden ${id}`,
    ]) assert.ok(lines.includes(line), `${line} is not in\n${lines.join('\n')}`);
    await until('the notice', () => lines.includes(`📨 Notificación enviada: Tu orden ${id} fue pagada con éxito.`));
    const payments = await checkout.rows('SELECT gateway, gateway_payment_id, amount_cents, state FROM ordering_payments WHERE order_id = $1', [id]);
    assert.deepEqual(payments, [{ gateway: 'simulated', gateway_payment_id: id, amount_cents: 2100, state: 'succeeded' }]);
  });

  it('is rejected for a user nobody knows, and what was set aside is free again', async () => {
    const before = await checkout.free(store, 'v1');
    const id = await checkout.request('X9', [{ product_id: 'P1', quantity: 3 }]);
    const { state, reason, message } = await checkout.ended(id);
    assert.deepEqual([state, reason, message], ['rechazada', 'unknown_user', 'No conocemos al usuario.']);
    await checkout.settled();
    assert.equal(await checkout.free(store, 'v1'), before);
    const order = await checkout.order(id); // none, when the rejection came first
    assert.ok(order === undefined || (order.state === 'cancelled' && order.reason === 'checkout_unknown_user'), JSON.stringify(order));
    assert.ok(!(await checkout.said(id)).includes('OrderCreated'));
  });

  it('takes a customer whom a business knows, whatever the id begins with', async () => {
    await checkout.rows(`INSERT INTO customers (customer_id, tenant_id, created_at, updated_at) VALUES ('cli_7', $1, now(), now())`, [store.tenantId]);
    assert.equal((await checkout.ended(await checkout.request('cli_7', [{ product_id: 'P1', quantity: 1 }]))).state, 'pagada');
  });

  it('says what is missing', async () => {
    const id = await checkout.request('U1', [{ product_id: 'P1', quantity: 1 }, { product_id: 'P2', quantity: 1 }, { product_id: 'P2', quantity: 1 }]);
    const { state, reason, steps } = await checkout.ended(id);
    assert.deepEqual([state, reason, steps[1]?.state, steps[2]?.state], ['rechazada', 'insufficient_stock', 'rechazado', 'pendiente']);
    const [rejected] = await checkout.rows<{ payload: object }>(`SELECT payload FROM outbox WHERE topic = 'InventoryRejected' AND ordering_key = $1`, [`orden:${id}`]);
    assert.deepEqual(rejected?.payload, {
      type: 'InventoryRejected', order_id: id, reason: 'insufficient_stock', items: [{ product_id: 'P2', requested: 2, available: 1 }],
    });
    assert.equal(await checkout.order(id), undefined);
  });

  it('asks whose products they are, where several sell the same', async () => {
    const [one, two] = [await checkout.openStore(), await checkout.openStore()];
    for (const each of [one, two]) await checkout.stock(each, 'shared', 5);
    const lines = [{ product_id: 'shared', quantity: 1 }];
    assert.equal((await checkout.ended(await checkout.request('U1', lines))).reason, 'ambiguous_product');
    assert.equal((await checkout.ended(await checkout.request('U1', [{ product_id: 'nothing', quantity: 1 }]))).reason, 'unknown_product');
    const id = await checkout.request('U1', lines, two.organizationId);
    assert.equal((await checkout.ended(id)).state, 'pagada');
    assert.deepEqual([await checkout.free(one, 'shared'), await checkout.free(two, 'shared')], [5, 4]);
    const [asked] = await checkout.rows<{ payload: object }>(`SELECT payload FROM outbox WHERE topic = 'OrderRequested' AND ordering_key = $1`, [`orden:${id}`]);
    assert.deepEqual(asked?.payload, { type: 'OrderRequested', order_id: id, user_id: 'U1', items: lines });
  });

  it('gives the same answer to the same key, and refuses another request under it', async () => {
    const key = { 'idempotency-key': randomUUID() };
    const body = { user_id: 'U5', items: [{ product_id: 'P1', quantity: 1 }] };
    const answers = await Promise.all([1, 2, 3, 4].map(() => checkout.ask(body, key)));
    const [first] = answers;
    for (const answer of answers) assert.deepEqual(answer, first);
    const id = String(first?.body['order_id']);
    assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    await checkout.ended(id);
    assert.deepEqual(await checkout.ask(body, key), first);
    assert.equal((await checkout.said(id)).filter((type) => type === 'OrderRequested').length, 1);
    const other = await checkout.ask({ ...body, items: [{ product_id: 'P1', quantity: 2 }] }, key);
    assert.deepEqual([other.status, other.body['code']], [409, 'idempotency_key']);
    assert.equal((await checkout.ask(body, { 'idempotency-key': 'k'.repeat(201) })).status, 400);
  });

  it('refuses what is no request, and knows nothing of what nobody asked for', async () => {
    const line = { product_id: 'P1', quantity: 1 };
    for (const body of [
      {}, { user_id: 'U1', items: [] }, { user_id: ' ', items: [line] }, { user_id: 'U1', items: [{ ...line, quantity: 0 }] },
      { user_id: 'U1', items: [{ ...line, quantity: 1.5 }] }, { user_id: 'U1', items: [{ ...line, quantity: 1_000_001 }] },
      { user_id: 'U1', items: [{ ...line, quantity: 600_000 }, { ...line, quantity: 600_000 }] },
    ]) assert.equal((await checkout.ask(body)).status, 400, JSON.stringify(body));
    assert.equal((await fetch(`${checkout.service.url}/checkout/${randomUUID()}`)).status, 404);
  });

  it("leaves an order alone that came another way, whatever is said under its id", async () => {
    const { tenantId } = store;
    const id = `cart-${randomUUID()}`;
    await checkout.rows(
      `INSERT INTO ordering_orders (tenant_id, order_id, order_number, customer_id, state, currency, total_cents, placed_at, updated_at)
       VALUES ($1, $2, 'ORD-X', 'c', 'payment_pending', 'ARS', 1, now(), now())`, [tenantId, id],
    );
    await checkout.rows(
      `INSERT INTO ordering_reservations (tenant_id, order_id, state, expires_at, updated_at) VALUES ($1, $2, 'held', now() + interval '1 hour', now())`,
      [tenantId, id],
    );
    await checkout.tell({ type: 'OrderRequested', order_id: id, user_id: 'U1', items: [{ product_id: 'P1', quantity: 1 }] });
    assert.equal((await checkout.ended(id)).reason, 'order_id_taken');
    for (const type of ['UserValidated', 'InventoryUpdated', 'OrderCreated']) await checkout.tell({ type, order_id: id, user_id: 'U1' });
    await checkout.tell({ type: 'PaymentProcessed', order_id: id, status: 'success' });
    await checkout.settled();
    assert.deepEqual(await checkout.order(id), { state: 'payment_pending', reason: null });
  });

  it('waits for the inventory where nobody has said what there is', async () => {
    await checkout.rows(`INSERT INTO ordering_variants (tenant_id, variant_id, price_cents, updated_at) VALUES ($1, 'unheard', 100, now())`, [store.tenantId]);
    const id = await checkout.request('U1', [{ product_id: 'unheard', quantity: 2 }]);
    await until('it waits', async () => (await checkout.rows('SELECT FROM parked_events WHERE topic = $1 AND state = $2', ['OrderRequested', 'waiting'])).length === 1);
    assert.deepEqual((await checkout.order(id))?.state, 'pending');
    const reserved = {
      event: 'inventory.stock.reserved', version: '1.0', timestamp: new Date().toISOString(), organization_id: store.organizationId,
      data: {
        reservation_id: `res-${id}`, order_id: id, expires_at: new Date(Date.now() + 600_000).toISOString(),
        items: [{ variant_id: 'unheard', warehouse_id: 'wh_1', quantity: 2, stock_before: 5, stock_after: 3 }],
      },
    };
    await checkout.rows(
      `INSERT INTO outbox (destination, topic, ordering_key, payload) VALUES ('amqp:inventory_events', $1, $1, $2::json)`,
      [reserved.event, JSON.stringify(reserved)],
    );
    assert.equal((await checkout.ended(id)).state, 'pagada');
    assert.deepEqual(await checkout.order(id), { state: 'confirmed', reason: null });
  });
});

describe('a checkout that somebody leaves without an answer', () => {
  let checkout: Checkout;
  let store: Store;
  before(async () => {
    // No users part, nobody to play it.
    const modules = 'ordering,checkout.web,checkout.inventory,checkout.orders,checkout.payments,checkout.notifications';
    checkout = await openCheckout({ settings: { MODULES: modules, CHECKOUT_DEADLINE: '1s', RATE_LIMIT_CHECKOUT_PER_MINUTE: '2' } });
    store = await checkout.openStore();
    await checkout.stock(store, 'v1', 5);
  });
  after(() => checkout.service.close());

  it('is given up in time, with its stock', async () => {
    const id = await checkout.request('U1', [{ product_id: 'v1', quantity: 5 }]);
    await until('its stock is set aside', async () => (await checkout.free(store, 'v1')) === 0);
    const { state, reason, steps } = await checkout.ended(id);
    assert.deepEqual([state, reason, steps.map((step) => step.state)], ['rechazada', 'timeout', ['pendiente', 'deshecho', 'pendiente']]);
    assert.deepEqual(await checkout.order(id), { state: 'cancelled', reason: 'checkout_timeout' });
    assert.equal(await checkout.free(store, 'v1'), 5);
    // The answer that comes after all changes nothing.
    await checkout.tell({ type: 'UserValidated', order_id: id, user_id: 'U1' }, { type: 'PaymentProcessed', order_id: id, status: 'success' });
    await checkout.settled();
    assert.deepEqual([(await checkout.status(id)).state, await checkout.free(store, 'v1')], ['rechazada', 5]);
    assert.deepEqual((await checkout.said(id)).filter((type) => type === 'OrderRejected'), ['OrderRejected']);
  });

  it('is asked for no oftener than an address may', async () => {
    const asked = () => checkout.ask({ user_id: 'U1', items: [{ product_id: 'v1', quantity: 1 }] });
    assert.equal((await asked()).status, 202);
    assert.deepEqual([(await asked()).status, (await asked()).body['code']], [429, 'too_many_requests']);
  });
});

describe('a checkout that is paid over Stripe', () => {
  let checkout: Checkout;
  let store: Store;
  before(async () => {
    const settings = { STRIPE_SECRET_KEY: 'sk_test_x', STRIPE_API_URL: 'http://127.0.0.1:9', STRIPE_WEBHOOK_SECRET: SECRET, CHECKOUT_DEADLINE: '5s' };
    checkout = await openCheckout({ settings });
    store = await checkout.openStore();
    await checkout.stock(store, 'v1', 10);
  });
  after(() => checkout.service.close());

  const created = async () => {
    const id = await checkout.request('U1', [{ product_id: 'v1', quantity: 1 }]);
    await until('it waits for its payment', async () => (await checkout.rows(`SELECT FROM parked_events WHERE topic = 'OrderCreated' AND payload->>'order_id' = $1`, [id])).length > 0);
    assert.equal((await checkout.status(id)).state, 'creada');
    return id;
  };
  const pay = async (id: string) => {
    const intent = {
      id: `pi_${id}`, object: 'payment_intent', amount: 1050, amount_received: 1050, currency: 'ars',
      metadata: { order_id: id, organization_id: store.organizationId },
    };
    const payload = JSON.stringify({ id: `evt_${id}`, object: 'event', type: 'payment_intent.succeeded', created: 1, data: { object: intent } });
    const header = new Stripe('sk_test').webhooks.generateTestHeaderString({ payload, secret: SECRET });
    const url = `${checkout.service.url}/api/v1/webhooks/stripe`;
    assert.equal((await fetch(url, { method: 'POST', headers: { 'stripe-signature': header }, body: payload })).status, 200);
  };

  it('waits for the money, and pretends nothing', async () => {
    const id = await created();
    assert.equal((await checkout.order(id))?.state, 'payment_pending');
    await pay(id);
    assert.equal((await checkout.ended(id)).state, 'pagada');
    await checkout.settled();
    assert.deepEqual(await checkout.rows('SELECT gateway FROM ordering_payments WHERE order_id = $1', [id]), [{ gateway: 'stripe' }]);
  });

  it('is given up when it is not paid, and what is paid after that goes back', async () => {
    const id = await created();
    assert.equal((await checkout.ended(id)).reason, 'timeout');
    assert.deepEqual(await checkout.order(id), { state: 'cancelled', reason: 'checkout_timeout' });
    await pay(id);
    await until('the refund is asked', async () => (await checkout.rows(`SELECT FROM outbox WHERE topic = 'stripe.refund.create' AND payload->>'order_id' = $1`, [id])).length === 1);
    assert.deepEqual(await checkout.order(id), { state: 'cancelled', reason: 'checkout_timeout' });
    assert.equal(await checkout.free(store, 'v1'), 9);
  });
});
