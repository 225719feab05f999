import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { orderCreated } from '../../../src/modules/ordering/orders-api/topics.ts';
import { until } from '../../support/service.ts';
import type { OrdersApiEvent } from './orders-api-messages.ts';
import { SECRETS, tell as tellStripe } from './payments-support.ts';
import { openOrdering } from './support.ts';

const ADDRESS = { recipient_name: 'Ana Pérez', address_line1: 'Corrientes 1234', city: 'Buenos Aires', postal_code: '1043', country: 'Argentina' };
const FULL = {
  customer_email: 'ana@ejemplo.com', shipping_address: ADDRESS, billing_address: { ...ADDRESS, address_line2: 'PB' }, notes: 'Timbre 2',
  payment_method: { type: 'CreditCard', last_four_digits: '4242', card_brand: 'Visa' }, tax: 2.1, shipping: 5, discount: 1.6,
};
const FLOW = ['OrderCreatedEvent', 'InventoryReservedEvent', 'PaymentApprovedEvent', 'NotificationSentEvent'];

const open = async (settings: Record<string, string> = {}) => {
  const ordering = await openOrdering(settings);
  const { a } = ordering;
  let n = 0;
  const told = async (orderId: string) =>
    (await ordering.rows<{ payload: OrdersApiEvent }>(
      `SELECT payload FROM outbox WHERE destination = 'amqp:orders_api_events' AND payload->'data'->>'orderId' = $1 ORDER BY message_id`,
      [orderId],
    )).map(({ payload }) => payload);
  return {
    ...ordering,
    told,
    /** Two pieces at 10.00 of a variant of which there are five. @returns the cart. */
    async cart(customerId = 'cli_1') {
      const variantId = `var_rest_${++n}`;
      await ordering.rows(
        `INSERT INTO ordering_availability (variant_id, warehouse_id, tenant_id, total, available, reserved, damaged, as_of)
         VALUES ($1, 'wh_1', $2, 5, 5, 0, 0, now()) RETURNING 1`,
        [variantId, a.tenantId],
      );
      return { variantId, cartId: await ordering.putInCart(a, variantId, { quantity: 2, customerId, productId: 'prod_1' }) };
    },
    async place(body: Record<string, unknown>) {
      const { status, body: order } = await ordering.call(a, 'POST', '/api/v1/orders', body);
      return { status, order, orderId: String(order['order_id']) };
    },
    /** All is known of it but its payment. */
    waitsForMoney: (orderId: string) =>
      until(`${orderId} waits for its payment`, async () => {
        const waiting = await ordering.rows(
          `SELECT 1 FROM parked_events WHERE wait_key = $1 AND state = 'waiting' AND subscriber = 'orders-api.payments'`,
          [`cambio:orden:${orderId}`],
        );
        return waiting.length > 0;
      }),
    shown: async (orderId: string) => (await ordering.call(a, 'GET', `/api/v1/orders/${orderId}`)).body,
    toldOf: (orderId: string, type: string) =>
      until(`${type} of ${orderId}`, async () => (await told(orderId)).find(({ eventType }) => eventType === type)),
    reservedOf: (orderId: string) => ordering.rows('SELECT variant_id, quantity FROM ordering_reservation_items WHERE order_id = $1 AND counted', [orderId]),
  };
};

describe('an order placed over REST, announced as the Orders API does', () => {
  let it_: Awaited<ReturnType<typeof open>>;
  before(async () => (it_ = await open()));
  after(() => it_.close());

  it('goes all the way by itself, as one reservation and one payment', async () => {
    const { cartId, variantId } = await it_.cart();
    await it_.rows(`INSERT INTO ordering_products (tenant_id, product_id, name, updated_at) VALUES ($1, 'prod_1', 'Yerba', now()) RETURNING 1`, [it_.a.tenantId]);
    const { status, order, orderId } = await it_.place({ cart_id: cartId, ...FULL });
    assert.deepEqual([status, order['order_created_event'], order['order_created_event_lacks'], order['total_amount']], [201, 'published', [], 25.5]);
    const sent = await it_.toldOf(orderId, 'NotificationSentEvent');
    await until('it is confirmed', async () => (await it_.shown(orderId))['state'] === 'confirmed');
    const events = await it_.told(orderId);
    assert.deepEqual(events.map(({ eventType }) => eventType).sort(), [...FLOW].sort());
    const of = (type: string) => events.find(({ eventType }) => eventType === type) as OrdersApiEvent;
    const [created, reserved, approved] = FLOW.map(of) as [OrdersApiEvent, OrdersApiEvent, OrdersApiEvent];
    assert.deepEqual(orderCreated.schema.safeParse(created).error, undefined);
    assert.deepEqual([created.causationId, created.source], [null, 'marketplace-service']);
    assert.deepEqual(events.map(({ correlationId }) => correlationId), Array<string>(4).fill(created.correlationId));
    assert.deepEqual([reserved.causationId, approved.causationId, sent.causationId], [created.eventId, reserved.eventId, created.eventId]);
    assert.deepEqual(sent.data, { orderId, channel: 'email', recipient: 'ana@ejemplo.com', template: 'order_confirmation' });
    const { items, shippingAddress, paymentMethod, ...data } = created.data as Record<string, unknown>;
    assert.deepEqual(items, [{
      orderItemId: ((items as Array<{ orderItemId: string }>)[0] as { orderItemId: string }).orderItemId,
      productId: 'prod_1', productName: 'Yerba', sku: variantId, quantity: 2, unitPrice: 10, totalPrice: 20,
    }]);
    assert.equal((shippingAddress as Record<string, unknown>)['recipientName'], 'Ana Pérez');
    assert.deepEqual(paymentMethod, { type: 'CreditCard', lastFourDigits: '4242', cardBrand: 'Visa' });
    assert.deepEqual([data['subtotal'], data['tax'], data['shipping'], data['discount'], data['totalAmount']], [20, 2.1, 5, 1.6, 25.5]);
    assert.deepEqual(await it_.reservedOf(orderId), [{ variant_id: variantId, quantity: 2 }]);
    const payments = (await it_.shown(orderId))['payments'] as Array<Record<string, unknown>>;
    assert.deepEqual(payments.map(({ gateway, state, amount }) => [gateway, state, amount]), [['simulated', 'succeeded', 25.5]]);
    assert.deepEqual((order['details'] as Record<string, Record<string, unknown>>)['shipping_address'], {
      ...ADDRESS, address_line2: null, state: null, phone_number: null,
    });
  });

  it('tells the telephone too, where one is known, and calls the customer by the same UUID', async () => {
    const customerId = `cli_${randomUUID()}`;
    await it_.rows(
      `INSERT INTO customers (tenant_id, customer_id, email, device_token, created_at, updated_at) VALUES ($1, $2, 'perfil@ejemplo.com', 'tok_1', now(), now()) RETURNING 1`,
      [it_.a.tenantId, customerId],
    );
    const ids: unknown[] = [];
    for (let n = 0; n < 2; n += 1) {
      const { cartId } = await it_.cart(customerId);
      const { orderId } = await it_.place({ cart_id: cartId, shipping_address: ADDRESS });
      const channels = await until('both were told', async () => {
        const sent = (await it_.told(orderId)).filter(({ eventType }) => eventType === 'NotificationSentEvent');
        return sent.length === 2 ? sent : undefined;
      });
      assert.deepEqual(channels.map(({ data }) => [data['channel'], data['recipient']]).sort(), [['email', 'perfil@ejemplo.com'], ['push', customerId]]);
      ids.push((await it_.toldOf(orderId, 'OrderCreatedEvent')).data['customerId']);
    }
    assert.equal(ids[0], ids[1]);
    const own = randomUUID();
    const { cartId } = await it_.cart(own);
    const { orderId } = await it_.place({ cart_id: cartId, ...FULL });
    assert.equal((await it_.toldOf(orderId, 'OrderCreatedEvent')).data['customerId'], own);
  });

  it('is placed without being announced when only a cart is given, and says what it lacks', async () => {
    const { cartId } = await it_.cart();
    const { status, order, orderId } = await it_.place({ cart_id: cartId });
    assert.deepEqual(
      [status, order['state'], order['order_created_event'], order['order_created_event_lacks']],
      [201, 'payment_pending', 'not_published', ['shipping_address', 'customer_email']],
    );
    assert.deepEqual(await it_.told(orderId), []);
  });

  it('answers a repeat with the first order, whatever else it says', async () => {
    const { cartId } = await it_.cart();
    const placed = await Promise.all([FULL, { ...FULL, tax: 9 }, {}].map((body) => it_.place({ cart_id: cartId, ...body })));
    assert.deepEqual(placed.map(({ status }) => status).sort(), [200, 200, 201]);
    const ids = new Set(placed.map(({ orderId }) => orderId));
    assert.equal(ids.size, 1);
    const [id] = ids;
    assert.ok((await it_.told(id as string)).filter(({ eventType }) => eventType === 'OrderCreatedEvent').length <= 1);
  });

  it('costs its lines with tax and shipping less the discount, and never nothing', async () => {
    const { cartId } = await it_.cart();
    const refused = await it_.place({ cart_id: cartId, discount: 20 });
    assert.deepEqual([refused.status, refused.order['code']], [409, 'sin_importe']);
    for (const body of [{ tax: 0.001 }, { shipping: -1 }, { payment_method: { type: 'Barter' } }, { payment_method: { type: 'Cash', last_four_digits: '1' } }, { shipping_address: {} }, { customer_email: 'x' }]) {
      assert.equal((await it_.place({ cart_id: cartId, ...body })).status, 400, JSON.stringify(body));
    }
    const { order } = await it_.place({ cart_id: cartId, discount: 19.99, shipping: 0.5, tax: null });
    assert.equal(order['total_amount'], 0.51);
  });

  it('waits for money where nobody said how it is paid, and is rejected when it is cancelled', async () => {
    const { cartId } = await it_.cart();
    const { orderId } = await it_.place({ cart_id: cartId, ...FULL, payment_method: null });
    const reserved = await it_.toldOf(orderId, 'InventoryReservedEvent');
    await it_.waitsForMoney(orderId);
    assert.equal((await it_.call(it_.a, 'POST', `/api/v1/orders/${orderId}/cancel`, {})).status, 200);
    const rejected = await it_.toldOf(orderId, 'PaymentRejectedEvent');
    assert.deepEqual([rejected.data['reason'], rejected.correlationId, rejected.data['amount']], ['customer_request', reserved.correlationId, 25.5]);
  });
});

describe('an announced order where Stripe takes the money', () => {
  let it_: Awaited<ReturnType<typeof open>>;
  before(async () => (it_ = await open({ STRIPE_SECRET_KEY: 'sk_test_1', STRIPE_WEBHOOK_SECRET: SECRETS.join(), STRIPE_API_URL: 'http://127.0.0.1:1' })));
  after(() => it_.close());

  it('is paid when Stripe says so and not before, once', async () => {
    const { cartId } = await it_.cart();
    const { orderId } = await it_.place({ cart_id: cartId, ...FULL });
    await it_.waitsForMoney(orderId);
    assert.equal((await it_.told(orderId)).some(({ eventType }) => eventType === 'PaymentApprovedEvent'), false);
    const intent = {
      id: `pi_${orderId}`, object: 'payment_intent', amount: 2550, amount_received: 2550, currency: 'ars',
      metadata: { order_id: orderId, organization_id: it_.a.organizationId },
    };
    assert.equal((await tellStripe(it_.service, { id: `evt_${orderId}`, object: 'event', type: 'payment_intent.succeeded', created: 1, data: { object: intent } })).status, 200);
    const approved = await it_.toldOf(orderId, 'PaymentApprovedEvent');
    const payments = (await it_.shown(orderId))['payments'] as Array<Record<string, unknown>>;
    assert.deepEqual(payments.map(({ payment_id, gateway }) => [payment_id, gateway]), [[approved.data['paymentId'], 'stripe']]);
    await until('our orders heard of it', async () => (await it_.rows(`SELECT 1 FROM inbox WHERE key = $1 AND topic = 'PaymentApprovedEvent' AND subscriber = 'orders-api.orders'`, [orderId])).length > 0);
    const after = await it_.shown(orderId);
    assert.deepEqual([after['state'], (after['payments'] as unknown[]).length], ['confirmed', 1]);
  });

  it('is given up when nobody pays in time, and its stock is free again', async () => {
    const { cartId } = await it_.cart();
    const { orderId } = await it_.place({ cart_id: cartId, ...FULL });
    await it_.waitsForMoney(orderId);
    await it_.rows(`UPDATE sagas SET deadline = now() WHERE saga = 'order-payment' AND saga_id = $1 RETURNING 1`, [orderId]);
    const rejected = await it_.toldOf(orderId, 'PaymentRejectedEvent');
    assert.equal(rejected.data['reason'], 'timeout');
    const state = await until('it is cancelled', async () => {
      const order = await it_.shown(orderId);
      return order['state'] === 'cancelled' ? order : undefined;
    });
    assert.deepEqual([state['reason'], await it_.reservedOf(orderId)], ['payment_rejected', []]);
  });
});
