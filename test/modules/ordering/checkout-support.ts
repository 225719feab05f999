import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { appendToOutbox } from '../../../src/events/outbox.ts';
import { startTestService, until, type TestService, type TestServiceOptions } from '../../support/service.ts';
import { openShop } from '../../support/shop.ts';

export interface Line {
  product_id: string;
  quantity: number;
}

export interface Status {
  order_id: string;
  state: string;
  reason: string | null;
  message: string | null;
  steps: Array<{ name: string; state: string; at: string | null }>;
}

/** A tenant as its messages name it. */
export interface Store {
  tenantId: number;
  organizationId: string;
}

export interface Checkout {
  service: TestService;
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  openStore(): Promise<Store>;
  /** The inventory's figure for a variant of a product, and its price in cents. */
  stock(store: Store, variantId: string, available: number, options?: { productId?: string; priceCents?: number }): Promise<void>;
  ask(body: unknown, headers?: Record<string, string>): Promise<{ status: number; location: string | null; body: Record<string, unknown> }>;
  /** Asks and expects to be told that it was taken. @returns the order's id. */
  request(userId: string, items: readonly Line[], organizationId?: string): Promise<string>;
  status(orderId: string): Promise<Status>;
  /** When it is paid or rejected. */
  ended(orderId: string): Promise<Status>;
  /** The order behind it; undefined where there is none. */
  order(orderId: string): Promise<{ state: string; reason: string | null } | undefined>;
  /** What is left of a variant for others. */
  free(store: Store, variantId: string): Promise<number>;
  /** Messages as other services send them, each apart from the others: no order is kept among them. */
  tell(...messages: readonly Told[]): Promise<void>;
  /** What the service itself said of an order, in order, by type. */
  said(orderId: string): Promise<string[]>;
  /** Everything that was published is taken in, and nothing waits for another try. */
  settled(): Promise<void>;
}

export interface Told {
  type: string;
  order_id: string;
  [more: string]: unknown;
}

/** The whole service, and what a test of the checkout asks it and its database. */
export async function openCheckout(options: TestServiceOptions = {}): Promise<Checkout> {
  return checkoutOf(await startTestService(options));
}

export function checkoutOf(service: TestService): Checkout {
  const rows = <Row extends object>(sql: string, values: readonly unknown[] = []) =>
    service.database.transaction('system', (trx) => trx.rows<Row>(sql, values));
  const ask: Checkout['ask'] = async (body, headers = {}) => {
    const response = await fetch(`${service.url}/checkout`, {
      method: 'POST', headers: { 'content-type': 'application/json', ...headers }, body: JSON.stringify(body),
    });
    return { status: response.status, location: response.headers.get('location'), body: (await response.json()) as Record<string, unknown> };
  };
  const known = async (orderId: string) => {
    const response = await fetch(`${service.url}/checkout/${encodeURIComponent(orderId)}`);
    return response.ok ? ((await response.json()) as Status) : undefined;
  };
  return {
    service, rows, ask,
    async openStore() {
      const { tenantId } = await openShop(service.database);
      const [tenant] = await rows<{ organizationId: string }>('SELECT organization_id AS "organizationId" FROM tenants WHERE tenant_id = $1', [tenantId]);
      return { tenantId, organizationId: (tenant as { organizationId: string }).organizationId };
    },
    async stock({ tenantId }, variantId, available, { productId = `p-${variantId}`, priceCents = 1050 } = {}) {
      await rows(`INSERT INTO ordering_products (tenant_id, product_id, updated_at) VALUES ($1, $2, now()) ON CONFLICT DO NOTHING`, [tenantId, productId]);
      await rows(
        `INSERT INTO ordering_variants (tenant_id, variant_id, product_id, price_cents, updated_at) VALUES ($1, $2, $3, $4, now()) ON CONFLICT DO NOTHING`,
        [tenantId, variantId, productId, priceCents],
      );
      await rows(
        `INSERT INTO ordering_availability (tenant_id, variant_id, warehouse_id, total, available, reserved, damaged, as_of)
         VALUES ($1, $2, 'wh_1', $3, $3, 0, 0, now())`,
        [tenantId, variantId, available],
      );
    },
    tell: (...messages) =>
      service.database.transaction('system', (trx) =>
        appendToOutbox(trx, messages.map((message) => ({
          topic: message.type, destination: 'amqp:checkout_events' as const, orderingKey: `told:${randomUUID()}`, payload: JSON.stringify(message),
        }))),
      ),
    said: async (orderId) =>
      (await rows<{ topic: string }>(
        `SELECT topic FROM outbox WHERE destination = 'amqp:checkout_events' AND ordering_key = $1 ORDER BY message_id`, [`orden:${orderId}`],
      )).map(({ topic }) => topic),
    async request(user_id, items, organization_id) {
      const { status: answered, body } = await ask({ user_id, items, ...(organization_id && { organization_id }) });
      assert.equal(answered, 202, JSON.stringify(body));
      return String(body['order_id']);
    },
    async status(orderId) {
      const found = await known(orderId);
      assert.ok(found, `${orderId} is not known`);
      return found;
    },
    ended: (orderId) =>
      until(`${orderId} ended`, async () => {
        const found = await known(orderId);
        return found && ['pagada', 'rechazada'].includes(found.state) ? found : undefined;
      }),
    order: async (orderId) => (await rows<{ state: string; reason: string | null }>('SELECT state, reason FROM ordering_orders WHERE order_id = $1', [orderId]))[0],
    async free({ tenantId }, variantId) {
      const [row] = await rows<{ free: number }>(
        `SELECT (a.available - coalesce((
           SELECT sum(i.quantity) FROM ordering_reservation_items i JOIN ordering_reservations r USING (order_id, tenant_id)
           WHERE i.counted AND i.variant_id = a.variant_id AND i.tenant_id = a.tenant_id
             AND (r.state = 'confirmed' OR (r.state IN ('requested', 'held') AND r.expires_at > now()))), 0))::int AS free
         FROM ordering_availability a WHERE a.tenant_id = $1 AND a.variant_id = $2`,
        [tenantId, variantId],
      );
      return (row as { free: number }).free;
    },
    settled: async () =>
      void (await until('all is taken in', async () => {
        const [row] = await rows<{ n: number }>(
          `SELECT (SELECT count(*) FROM outbox WHERE state = 'pending' AND destination LIKE 'amqp:checkout%')
                + (SELECT count(*) FROM events WHERE outcome = 'failed') AS n`,
        );
        return row?.n === 0;
      })),
  };
}
