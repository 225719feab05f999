import { randomUUID } from 'node:crypto';
import { createDispatcher } from '../../../src/events/dispatcher.ts';
import { brokerDelivery } from '../../../src/events/broker-delivery.ts';
import type { Verdict } from '../../../src/events/outcome.ts';
import { noProbe } from '../../../src/events/probe.ts';
import { createRegistry } from '../../../src/events/registry.ts';
import { organizationOf, type Organization } from '../../../src/kernel/organizations.ts';
import { availabilityModule } from '../../../src/modules/ordering/availability/index.ts';
import { orderedCatalogModule } from '../../../src/modules/ordering/catalog/index.ts';
import { purchaseOrdersModule } from '../../../src/modules/ordering/orders/index.ts';
import { createOrdersPort } from '../../../src/modules/ordering/orders/port.ts';
import { sweep } from '../../../src/modules/ordering/orders/sweeper.ts';
import { orderSubject } from '../../../src/modules/ordering/orders/topics.ts';
import type { Notice, OrderingDeps, OrdersPort, PaymentsPort } from '../../../src/modules/ordering/ports.ts';
import { registerTenant, type RestApp, type SignedIn } from '../marketplace/rest-support.ts';

export const MINUTE = 60_000;
export const TTL = 15 * MINUTE;

/** A buyer's line: what, how many, at which price in cents. */
export interface Line {
  variantId: string;
  quantity?: number;
  unitPriceCents?: number;
}

/** A tenant whose shelves, carts and orders the tests make. */
export interface Store extends SignedIn {
  organization: Organization;
}

export interface Ordering {
  orders: OrdersPort;
  payments: PaymentsPort;
  openStore(): Promise<Store>;
  /** The inventory's figure for a shelf, as of the service's time. */
  stock(store: Store, variantId: string, available: number, warehouseId?: string): Promise<void>;
  cart(store: Store, lines: readonly Line[]): Promise<string>;
  /** A payment that came in, as the payments module takes it. */
  pay(store: Store, orderId: string, paymentId?: string): Promise<'confirmed' | 'waiting' | 'refund'>;
  /** @param at when the inventory says it. */
  reserved(store: Store, orderId: string, fields: Record<string, unknown> & { reservation_id: string }, at?: Date): Promise<Verdict>;
  /** A message of the inventory as it is. */
  receive(store: Store, event: string, data: Record<string, unknown>, at?: Date): Promise<Verdict>;
  released(store: Store, orderId: string, reservationId: string, reason?: string): Promise<Verdict>;
  sweep(): Promise<number>;
  /** Payments that were given back, as often as it was asked for; also those that REST's own payments gave back. */
  givenBack(): Promise<Array<{ orderId: string; paymentId: string }>>;
  /** Who was told what. */
  notices(): Promise<Array<{ customerId: string; name: string; data: unknown }>>;
  /** Available less what is counted, of every shelf, for a new reservation now. */
  free(store: Store): Promise<Array<{ variantId: string; warehouseId: string; free: number }>>;
  close(): Promise<void>;
}

/**
 * The orders module beside a REST app, with payments that are rows only. What is recorded is recorded in the
 * transaction, so that what was rolled back did not happen here either.
 */
export async function openOrdering({ deps, time, ...app }: RestApp): Promise<Ordering> {
  const { database, commands } = deps;
  await asOwner(deps.database.pool, RECORDS);
  const system = <T>(work: Parameters<typeof database.transaction<T>>[1]) => database.transaction('system', work);
  const ordering: OrderingDeps = { ...deps, users: { note: '', caller: () => Promise.reject(new Error('no REST')) }, notify, cache };
  const orders = createOrdersPort(ordering, payments);
  const registry = createRegistry();
  const modules = [purchaseOrdersModule(ordering, payments, async () => ['shipping_address']), availabilityModule(ordering), orderedCatalogModule(ordering, orders)];
  for (const one of modules.flatMap(({ subscriptions }) => subscriptions ?? [])) registry.add(one);
  registry.seal();
  const dispatcher = createDispatcher(database, { registry, log: deps.log, probe: noProbe, clock: deps.clock, parkTtlMs: 1000 });
  const receive = (store: Store, event: string, data: Record<string, unknown>, at = time.now) =>
    dispatcher.receive(
      brokerDelivery({
        source: 'amqp',
        subscriber: 'ordering',
        routingKey: event,
        raw: JSON.stringify({
          event, version: '1.0', timestamp: at.toISOString(), organization_id: store.organization.organizationId, data,
        }),
      }),
    );

  return {
    orders,
    payments,
    async openStore() {
      const admin = await registerTenant({ ...app, deps, time });
      return { ...admin, organization: await system((trx) => organizationOf(trx, admin.tenantId)) };
    },
    stock: (store, variantId, available, warehouseId = 'wh_1') =>
      system(async (trx) => {
        await trx.run(
          `INSERT INTO ordering_availability (variant_id, warehouse_id, tenant_id, total, available, reserved, damaged, as_of)
           VALUES ($1, $2, $3, $4, $4, 0, 0, $5)
           ON CONFLICT (variant_id, warehouse_id, tenant_id) DO UPDATE SET available = $4, as_of = $5`,
          [variantId, warehouseId, store.tenantId, available, time.now],
        );
      }),
    cart: (store, lines) =>
      system(async (trx) => {
        const cartId = randomUUID();
        await trx.run(
          `INSERT INTO ordering_carts (cart_id, tenant_id, customer_id, currency, created_at, updated_at)
           VALUES ($1, $2, 'cus_1', 'ARS', $3, $3)`,
          [cartId, store.tenantId, time.now],
        );
        for (const { variantId, quantity = 1, unitPriceCents = 1050 } of lines) {
          await trx.run(
            `INSERT INTO ordering_cart_items (cart_id, variant_id, tenant_id, product_id, quantity, unit_price_cents, added_at)
             VALUES ($1, $2, $3, 'prod_1', $4, $5, $6)`,
            [cartId, variantId, store.tenantId, quantity, unitPriceCents, time.now],
          );
        }
        return cartId;
      }),
    pay: ({ organization }, orderId, paymentId = randomUUID()) =>
      commands.run(
        'system',
        async (work) => {
          const { tenantId } = organization;
          await work.trx.run(
            `INSERT INTO ordering_payments (payment_id, tenant_id, order_id, gateway, gateway_payment_id, amount_cents, currency,
               state, paid_at, created_at, updated_at) VALUES ($1, $2, $3, 'stripe', $4, 1, 'ARS', 'succeeded', $5, $5, $5)
             ON CONFLICT DO NOTHING`,
            [paymentId, tenantId, orderId, `pi_${paymentId}`, work.now],
          );
          const answer = await orders.paid(work, organization, orderId, paymentId);
          if (answer === 'refund') await giveBackOf(work.trx, `payment_id = $1`, paymentId, work.now);
          return answer;
        },
        { subject: orderSubject(orderId) },
      ),
    reserved: (store, orderId, fields, at) =>
      receive(
        store,
        'inventory.stock.reserved',
        { order_id: orderId, expires_at: new Date(time.now.getTime() + TTL).toISOString(), ...fields },
        at,
      ),
    receive,
    released: (store, orderId, reservationId, reason = 'timeout') =>
      receive(store, 'inventory.stock.released', {
        reservation_id: reservationId, order_id: orderId, reason, items_released: 1, total_quantity_released: 1,
      }),
    sweep: () => sweep({ ...ordering, payments }),
    givenBack: () =>
      system((trx) =>
        trx.rows(
          `SELECT order_id AS "orderId", payment_id::text AS "paymentId" FROM test_given_back
           UNION ALL SELECT payload->>'order_id', payload->>'payment_id' FROM outbox WHERE topic = 'stripe.refund.create'`,
        ),
      ),
    notices: () => system((trx) => trx.rows(`SELECT customer_id AS "customerId", name, data FROM test_notices ORDER BY id`)),
    free: (store) =>
      system((trx) =>
        trx.rows(
          `SELECT a.variant_id AS "variantId", a.warehouse_id AS "warehouseId", (a.available - coalesce((
             SELECT sum(i.quantity) FROM ordering_reservation_items i JOIN ordering_reservations r USING (order_id, tenant_id)
             WHERE i.counted AND i.variant_id = a.variant_id AND i.warehouse_id = a.warehouse_id AND i.tenant_id = a.tenant_id
               AND (r.state = 'confirmed' OR (r.state IN ('requested', 'held') AND r.expires_at > $2))), 0))::int AS free
           FROM ordering_availability a WHERE a.tenant_id = $1 ORDER BY 1, 2`,
          [store.tenantId, time.now],
        ),
      ),
    async close() {
      await dispatcher.drain();
      await dispatcher.close();
    },
  };
}

const RECORDS = `
  CREATE TABLE IF NOT EXISTS test_given_back (id bigserial, order_id text, payment_id uuid);
  CREATE TABLE IF NOT EXISTS test_notices (id bigserial, customer_id text, name text, data json);
  GRANT ALL ON test_given_back, test_notices TO marketplace_system, marketplace_tenant;
  GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO marketplace_system, marketplace_tenant;`;

const asOwner = async (pool: { query(sql: string): Promise<unknown> }, sql: string) => void (await pool.query(sql));

const payments: PaymentsPort = {
  async takenFor({ trx }, tenantId, orderId) {
    const found = await trx.maybe<{ id: string }>(
      `SELECT payment_id AS id FROM ordering_payments
       WHERE order_id = $1 AND tenant_id = $2 AND state = 'succeeded' AND refund_asked_at IS NULL ORDER BY paid_at, payment_id LIMIT 1`,
      [orderId, tenantId],
    );
    return found?.id;
  },
  giveBack: ({ trx, now }, _tenantId, orderId) => giveBackOf(trx, 'order_id = $1', orderId, now),
};

type Trx = Parameters<PaymentsPort['takenFor']>[0]['trx'];

const giveBackOf = async (trx: Trx, which: 'order_id = $1' | 'payment_id = $1', id: string, now: Date): Promise<void> => {
  await trx.run(
    `WITH asked AS (
       UPDATE ordering_payments SET refund_asked_at = $2
       WHERE ${which} AND state = 'succeeded' AND refund_asked_at IS NULL RETURNING order_id, payment_id)
     INSERT INTO test_given_back (order_id, payment_id) SELECT order_id, payment_id FROM asked`,
    [id, now],
  );
};

const notify: OrderingDeps['notify'] = (work, _tenantId, notices: readonly Notice[]) => {
  for (const { customerId, name, data } of notices) {
    work.write(() => work.trx.run('INSERT INTO test_notices (customer_id, name, data) VALUES ($1, $2, $3)', [customerId, name, JSON.stringify(data)]));
  }
};

const cache: OrderingDeps['cache'] = { through: (_tenantId, _key, load) => load(), forget: () => undefined };
