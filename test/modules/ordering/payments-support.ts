import { randomUUID } from 'node:crypto';
import Stripe from 'stripe';
import { startTestService, type TestService } from '../../support/service.ts';
import { startStripeStub, type StripeStub } from './payments-stripe-stub.ts';

export const SECRETS = ['whsec_new_one', 'whsec_old_one'] as const;
export const TOTAL_CENTS = 1_525_050;

export interface Tenant {
  tenantId: number;
  organizationId: string;
  auth: Record<string, string>;
}

/** A service that takes Stripe's events, the other side of it, and two tenants. */
export interface PaymentsBench extends TestService {
  stripe: StripeStub;
  tenant: Tenant;
  stranger: Tenant;
}

export const settingsFor = (stripe: StripeStub): Record<string, string> => ({
  STRIPE_WEBHOOK_SECRET: SECRETS.join(','),
  STRIPE_SECRET_KEY: 'sk_test_1',
  STRIPE_API_URL: stripe.url,
});

export async function openPaymentsBench(more: Record<string, string> = {}): Promise<PaymentsBench> {
  const stripe = await startStripeStub();
  const service = await startTestService({ settings: { ...settingsFor(stripe), ...more } });
  const [tenant, stranger] = [await register(service), await register(service)];
  const close = async () => {
    await service.close();
    await stripe.close();
  };
  return { ...service, stripe, tenant, stranger, close };
}

async function register({ url, database }: TestService): Promise<Tenant> {
  const response = await fetch(`${url}/api/auth/register-tenant`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      nombre: 'Tienda',
      razon_social: 'Tienda S.A.',
      cuenta_bancaria: '1234567890',
      email: `${randomUUID()}@ejemplo.com`,
      telefono: '1234567890',
      nombre_usuario: 'Ana',
      password: 'secreto1',
      calle: 'Av. Corrientes',
      numero: '1234',
      ciudad: 'Buenos Aires',
      provincia: 'CABA',
      codigo_postal: '1043',
    }),
  });
  const { tenant_id: tenantId, tokens } = (await response.json()) as {
    tenant_id: number;
    tokens: { accessToken: string };
  };
  const { organizationId } = await database.transaction('system', (trx) =>
    trx.one<{ organizationId: string }>(
      'SELECT organization_id AS "organizationId" FROM organizations WHERE tenant_id = $1',
      [tenantId],
    ),
  );
  return { tenantId, organizationId, auth: { authorization: `Bearer ${tokens.accessToken}` } };
}

export interface PlacedOrder {
  orderId: string;
  orderNumber: string;
  variantId: string;
  customerId: string;
}

const RESERVATIONS: Record<string, string> = {
  pending: 'requested',
  confirmed: 'confirmed',
  completed: 'confirmed',
  cancelled: 'released',
};

/**
 * An order of two pieces as the orders module leaves it once their stock is set aside; `pending`: the inventory is still
 * to answer.
 */
export async function placeOrder(
  { database }: TestService,
  { tenantId }: Tenant,
  { state = 'payment_pending', expiresInMs = 900_000, stock = 2, currency = 'ARS' } = {},
): Promise<PlacedOrder> {
  const [orderId, variantId, customerId] = [randomUUID(), `var_${randomUUID()}`, `cus_${randomUUID()}`];
  const orderNumber = `ORD-2025-${orderId.slice(0, 6)}`;
  const reason = state === 'cancelled' ? 'customer_request' : null;
  await database.transaction('system', async (trx) => {
    await trx.run(
      `INSERT INTO ordering_orders (order_id, tenant_id, order_number, customer_id, state, currency, total_cents, reason,
         placed_at, updated_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, now(), now())`,
      [orderId, tenantId, orderNumber, customerId, state, currency, TOTAL_CENTS, reason],
    );
    await trx.run(
      `INSERT INTO ordering_order_lines (order_id, position, tenant_id, variant_id, quantity, unit_price_cents)
       VALUES ($1, 1, $2, $3, 2, $4)`,
      [orderId, tenantId, variantId, TOTAL_CENTS / 2],
    );
    await trx.run(
      `INSERT INTO ordering_reservations (order_id, tenant_id, state, expires_at, updated_at)
       VALUES ($1, $2, $3, now() + $4 * interval '1 ms', now())`,
      [orderId, tenantId, RESERVATIONS[state] ?? 'held', expiresInMs],
    );
    await trx.run(
      `INSERT INTO ordering_reservation_items (order_id, variant_id, warehouse_id, tenant_id, quantity, counted)
       VALUES ($1, $2, $4, $3, 2, $5)`,
      [orderId, variantId, tenantId, state === 'pending' ? 'unassigned' : 'wh_1', state !== 'pending'],
    );
    if (state !== 'pending')
      await trx.run(
        `INSERT INTO ordering_availability
           (variant_id, warehouse_id, tenant_id, total, available, reserved, damaged, as_of)
       VALUES ($1, 'wh_1', $2, $3, $3, 0, 0, now())`,
        [variantId, tenantId, stock],
      );
  });
  return { orderId, orderNumber, variantId, customerId };
}

export interface StripeEvent {
  id: string;
  type: string;
  created: number;
  data: { object: Record<string, unknown> };
}

export const newIntent = (): string => `pi_${randomUUID().replaceAll('-', '')}`;

const event = (type: string, object: Record<string, unknown>): StripeEvent & Record<string, unknown> => ({
  id: `evt_${randomUUID().replaceAll('-', '')}`,
  object: 'event',
  api_version: '2025-09-30.clover',
  created: Math.floor(Date.now() / 1000),
  livemode: false,
  pending_webhooks: 1,
  type,
  data: { object },
});

export const naming = (order: PlacedOrder, tenant: Tenant) => ({
  metadata: { order_id: order.orderId, organization_id: tenant.organizationId },
});

export const succeeded = (intent: string, more: Record<string, unknown> = {}) => {
  const amount = { amount: TOTAL_CENTS, amount_received: TOTAL_CENTS, currency: 'ars' };
  return event('payment_intent.succeeded', { id: intent, object: 'payment_intent', ...amount, metadata: {}, ...more });
};

export const failed = (intent: string, more: Record<string, unknown> = {}) => {
  const last_payment_error = { code: 'card_declined', message: 'Your card was declined.', type: 'card_error' };
  const amount = { amount: TOTAL_CENTS, amount_received: 0, currency: 'ars' };
  return event('payment_intent.payment_failed', { id: intent, ...amount, last_payment_error, metadata: {}, ...more });
};

export const refunded = (intent: string, cents: number, more: Record<string, unknown> = {}) =>
  event('charge.refunded', {
    id: `ch_${intent}`,
    object: 'charge',
    payment_intent: intent,
    amount: TOTAL_CENTS,
    amount_captured: TOTAL_CENTS,
    amount_refunded: cents,
    refunded: cents === TOTAL_CENTS,
    currency: 'ars',
    metadata: {},
    ...more,
  });

export interface Signing {
  secret?: string;
  /** Seconds before now. */
  age?: number;
  /** In place of the right one; null for none. */
  header?: string | null;
  /** What is sent in place of what was signed. */
  sent?: string;
}

/** What Stripe would send as `stripe-signature`. */
export function signature(payload: string, { secret = SECRETS[0], age = 0 }: Signing = {}): string {
  const timestamp = Math.floor(Date.now() / 1000) - age;
  return Stripe.webhooks.generateTestHeaderString({ payload, secret, timestamp });
}

export async function tell(
  { url }: { url: string },
  body: object | string,
  signing: Signing = {},
): Promise<{ status: number; body: unknown }> {
  const payload = typeof body === 'string' ? body : JSON.stringify(body);
  const { header = signature(payload, signing), sent = payload } = signing;
  const response = await fetch(`${url}/api/v1/webhooks/stripe`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json; charset=utf-8',
      ...(header !== null && { 'stripe-signature': header }),
    },
    body: sent,
  });
  const text = await response.text();
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as unknown) };
}

export interface KeptPayment {
  state: string;
  refunded_cents: number;
  amount_cents: number;
  currency: string;
  failure: string | null;
  refund_asked_at: Date | null;
  paid_at: Date | null;
}

/** What is in the database of an order, its payments and the events about them. */
export const looking = ({ database }: TestService) => ({
  order: (order: PlacedOrder) =>
    database.transaction('system', (trx) =>
      trx.one<{ state: string; reason: string | null }>(
        'SELECT state, reason FROM ordering_orders WHERE order_id = $1',
        [order.orderId],
      ),
    ),
  payment: (intent: string) =>
    database.transaction('system', (trx) =>
      trx.maybe<KeptPayment>('SELECT * FROM ordering_payments WHERE gateway_payment_id = $1', [intent]),
    ),
  /** The outcome of each delivery of an event, and the code that its answer was given. */
  outcomes: async (id: string) =>
    (
      await database.transaction('system', (trx) =>
        trx.rows<{ outcome: string; code: string | null }>(
          `SELECT outcome, answer->>'code' AS code FROM events
           WHERE source = 'stripe' AND body::json->>'id' = $1 ORDER BY event_id`,
          [id],
        ),
      )
    ).map(({ outcome, code }) => [outcome, code] as const),
  published: (topic: string, order: PlacedOrder) =>
    database.transaction('system', (trx) =>
      trx.rows<{ payload: Record<string, unknown>; state: string }>(
        'SELECT payload, state FROM outbox WHERE topic = $1 AND payload::text LIKE $2 ORDER BY message_id',
        [topic, `%${order.orderId}%`],
      ),
    ),
  notices: (customerId: string) =>
    database.transaction('system', (trx) =>
      trx.rows<{ name: string; data: Record<string, unknown> }>(
        'SELECT name, data FROM notifications WHERE customer_id = $1 ORDER BY notification_id',
        [customerId],
      ),
    ),
});

export async function askRest(
  { url }: { url: string },
  tenant: Tenant,
  method: string,
  path: string,
  body?: object,
): Promise<{ status: number; body: Record<string, unknown>; headers: Headers }> {
  const response = await fetch(`${url}${path}`, {
    method,
    headers: { ...tenant.auth, ...(body && { 'content-type': 'application/json' }) },
    body: body && JSON.stringify(body),
  });
  return {
    status: response.status,
    body: (await response.json()) as Record<string, unknown>,
    headers: response.headers,
  };
}

export const registerAt = (it: { url: string }, tenant: Tenant, { orderId }: PlacedOrder, intent?: string) =>
  askRest(it, tenant, 'POST', `/api/v1/orders/${orderId}/payments`, {
    gateway: 'stripe',
    ...(intent !== undefined && { gateway_payment_id: intent }),
  });
