import { randomUUID } from 'node:crypto';
import { until, type TestService } from '../support/service.ts';

/** What a tenant's online shop has, one of each; another tenant's is to stay out of reach. */
export interface OnlineShop {
  variant: string;
  warehouse: string;
  customer: string;
  /** Open, with one item. */
  cart: string;
  waitlist: number;
  order: string;
  /** An order that the checkout made. */
  checkout: string;
  /** At the gateway. */
  payment: string;
  /** A notice that was not sent. */
  notification: number;
}

/** Rows of the customers' tables that only messages make. The settings are old, so that no job comes by for them. */
async function fillCustomer({ database }: Pick<TestService, 'database'>, tenantId: number, customer: string, settings: unknown): Promise<void> {
  await database.transaction('system', async (trx) => {
    await trx.run(`INSERT INTO customers_settings (tenant_id, settings, updated_at) VALUES ($1, $2, '2020-01-01')`, [tenantId, JSON.stringify(settings)]);
    await trx.run(
      `INSERT INTO customers_purchases (tenant_id, reference, source, customer_id, amount_cents, state, happened_at)
       VALUES ($1, $2, 'pos', $2, 100, 'counted', now())`,
      [tenantId, customer],
    );
    await trx.run(
      `INSERT INTO customers_purchase_movements (tenant_id, customer_id, sequence, kind, purchases, spent_cents, purchases_after,
         spent_cents_after, source, reference, happened_at, recorded_at) VALUES ($1, $2, 1, 'purchase', 1, 100, 1, 100, 'pos', $2, now(), now())`,
      [tenantId, customer],
    );
    await trx.run(
      `INSERT INTO customers_statistics (tenant_id, customer_id, sequence, purchases, spent_cents, segment, decided_on, decided_at)
       VALUES ($1, $2, 1, 1, 100, 'new', $3, now())`,
      [tenantId, customer, JSON.stringify({ from: new Date(), purchases: 1, spentCents: 100, thresholds: THRESHOLDS })],
    );
  });
}

const THRESHOLDS = Object.fromEntries(['regular', 'frequent', 'vip'].map((name) => [name, { purchases: 9, spentCents: 9 }]));

interface Good {
  (asked: { method: string; path: string; token: string; body?: unknown }, status?: number): Promise<Record<string, unknown>>;
}

/** Fills it over REST, but for what other services tell. Each text holds the mark. */
export async function fillOnlineShop(
  { database }: Pick<TestService, 'database'>, { tenantId, token, secret, good }: { tenantId: number; token: string; secret: string; good: Good },
): Promise<OnlineShop> {
  const [variant, warehouse, customer] = [`${secret}-var`, `${secret}-wh`, `${secret}-cus`];
  const notification = await database.transaction('system', async (trx) => {
    await trx.run(
      `INSERT INTO ordering_products (tenant_id, product_id, name, updated_at) VALUES ($1, $2, $2, now())`,
      [tenantId, `${secret}-prod`],
    );
    await trx.run(
      `INSERT INTO ordering_variants (tenant_id, variant_id, product_id, price_cents, updated_at) VALUES ($1, $2, $3, 10050, now())`,
      [tenantId, variant, `${secret}-prod`],
    );
    await trx.run(
      `INSERT INTO ordering_availability (tenant_id, variant_id, warehouse_id, total, available, reserved, damaged, as_of)
       VALUES ($1, $2, $3, 100, 100, 0, 0, now())`,
      [tenantId, variant, warehouse],
    );
    const { id } = await trx.one<{ id: number }>(
      `WITH told AS (
         INSERT INTO notifications (tenant_id, customer_id, name, data, dedupe_key, created_at)
         VALUES ($1, $2, 'cart_item_out_of_stock', '{}', 'x', now()) RETURNING notification_id)
       INSERT INTO notification_deliveries (tenant_id, notification_id, channel, state, recipient, cause)
       SELECT $1, notification_id, 'email', 'failed', $2 || '@ejemplo.com', $2 FROM told RETURNING notification_id AS id`,
      [tenantId, customer],
    );
    return id;
  });
  const post = (path: string, body: unknown) => good({ method: 'POST', path, token, body });
  const { updated_at: _never, ...settings } = await good({ method: 'GET', path: '/api/v1/customers/settings', token }, 200);
  const profile = { name: secret, email: `${secret}@ejemplo.com`, phone: secret, device_token: secret };
  await good({ method: 'PUT', path: `/api/v1/customers/${customer}`, token, body: profile });
  await fillCustomer({ database }, tenantId, customer, settings);
  await post(`/api/v1/customers/${customer}/points/adjustments`, { points: 100, reference: secret, reason: secret });
  await good({ method: 'PUT', path: `/api/v1/customers/${customer}/credit/limit`, token, body: { limit: 1000, reason: secret } }, 200);
  await post(`/api/v1/customers/${customer}/credit/use`, { amount: 10, reference: secret, note: secret });
  const filledCart = async () => {
    const { cart_id } = await post('/api/v1/carts', { customer_id: customer });
    await good({ method: 'POST', path: `/api/v1/carts/${String(cart_id)}/items`, token, body: { variant_id: variant, quantity: 1 } }, 200);
    return String(cart_id);
  };
  const cart = await filledCart();
  const waiting = await post('/api/v1/waitlist', { customer_id: customer, variant_id: variant });
  const order = await post('/api/v1/orders', { cart_id: await filledCart() });
  const payment = `pi_${secret}_${randomUUID()}`;
  await post(`/api/v1/orders/${String(order['order_id'])}/payments`, { gateway: 'stripe', gateway_payment_id: payment });
  const { order_id: checkout } = await good(
    { method: 'POST', path: '/checkout', token, body: { user_id: `U-${secret}`, items: [{ product_id: variant, quantity: 1 }] } }, 202,
  );
  await until('the checkout is paid', async () => {
    const asked = { method: 'GET', path: `/checkout/${String(checkout)}`, token };
    return (await good(asked, 200))['state'] === 'pagada';
  });
  return {
    variant, warehouse, customer, cart, payment, notification,
    checkout: String(checkout),
    waitlist: Number(waiting['waitlist_id']),
    order: String(order['order_id']),
  };
}

interface Attempt {
  at?: Record<string, string | number>;
  query?: string;
  body?: unknown;
  expect?: number[];
}

/** How B reaches for A's, at every operation of the order service. */
export function onlineAttempts(a: OnlineShop, own: (attempt?: Omit<Attempt, 'expect'>) => Attempt): Record<string, Attempt[]> {
  const item = { cart_id: a.cart, variant_id: a.variant };
  const order = { order_id: a.order };
  return {
    'POST /api/v1/carts': [own({ body: { customer_id: 'bcus', tenant_id: 1, cart_id: a.cart } })],
    'GET /api/v1/carts/{cart_id}': [{ at: { cart_id: a.cart } }],
    'POST /api/v1/carts/{cart_id}/items': [{ at: { cart_id: a.cart }, body: { variant_id: 'x', quantity: 1, unit_price: 1 } }],
    'PATCH /api/v1/carts/{cart_id}/items/{variant_id}': [{ at: item, body: { quantity: 7 } }],
    'DELETE /api/v1/carts/{cart_id}/items/{variant_id}': [{ at: item }],
    'POST /api/v1/waitlist': [own({ body: { customer_id: 'bcus', variant_id: 'x' } })],
    'GET /api/v1/waitlist': [own(), own({ query: `customer_id=${a.customer.replace(/\w/g, 'b')}` })],
    'DELETE /api/v1/waitlist/{waitlist_id}': [{ at: { waitlist_id: a.waitlist } }],
    'GET /api/v1/availability/{variant_id}': [{ at: { variant_id: a.variant } }],
    'GET /api/v1/notifications': [own()],
    'GET /api/v1/notifications/{notification_id}': [{ at: { notification_id: a.notification } }],
    'POST /api/v1/notifications/{notification_id}/retry': [{ at: { notification_id: a.notification } }],
    ...customerAttempts(a, own),
    'POST /api/v1/orders': [{ body: { cart_id: a.cart } }],
    'GET /api/v1/orders': [own()],
    'GET /api/v1/orders/{order_id}': [{ at: order }],
    'POST /api/v1/orders/{order_id}/cancel': [{ at: order, body: {} }],
    'POST /api/v1/orders/{order_id}/complete': [{ at: order }],
    'GET /api/v1/orders/{order_id}/payments': [{ at: order }],
    'POST /api/v1/orders/{order_id}/payments': [{ at: order, body: { gateway: 'stripe', gateway_payment_id: 'pi_b' } }],
    'POST /checkout': [own({ body: { user_id: 'Ub', items: [{ product_id: 'x', quantity: 1 }] } })],
    // Whoever has an order's id may ask how it goes; that says nothing of anybody.
    'GET /checkout/{order_id}': [{ at: { order_id: a.checkout }, expect: [200] }, { at: { order_id: a.order } }],
    // Whoever calls it without Stripe's signature is refused before anything is looked at.
    'POST /api/v1/webhooks/stripe': [{ body: { type: 'payment_intent.succeeded', data: { object: { id: a.payment } } }, expect: [400, 404] }],
  };
}

/** What B asks of a customer that only A has. One that B makes by the same name is B's own. */
function customerAttempts({ customer }: OnlineShop, own: (attempt?: Omit<Attempt, 'expect'>) => Attempt): Record<string, Attempt[]> {
  const [at, mine] = [{ customer_id: customer }, { customer_id: 'bcus' }];
  const one = '/api/v1/customers/{customer_id}';
  return {
    'GET /api/v1/customers': [own(), own({ query: 'segment=new' })],
    'GET /api/v1/customers/settings': [own()],
    'PUT /api/v1/customers/settings': [own({ body: { tenant_id: 1 } })],
    [`GET ${one}`]: [{ at }],
    [`PUT ${one}`]: [own({ at: mine, body: { name: 'x', tenant_id: 1 } })],
    ...Object.fromEntries(
      ['segment', 'purchases', 'points/movements', 'points/expiry', 'credit/movements'].map((part) => [`GET ${one}/${part}`, [{ at }]]),
    ),
    [`POST ${one}/points/spend`]: [{ at, body: { points: 1, reference: 'b' } }],
    [`POST ${one}/points/adjustments`]: [{ at, body: { points: 1, reference: 'b', reason: 'b' } }],
    [`POST ${one}/credit/use`]: [{ at, body: { amount: 1, reference: 'b' } }],
    [`POST ${one}/credit/adjustments`]: [{ at, body: { amount: 1, reference: 'b', reason: 'b' } }],
    [`PUT ${one}/credit/limit`]: [{ at, body: { limit: 1 } }],
  };
}
