import { randomUUID } from 'node:crypto';
import { readConfig } from '../../../src/config.ts';
import { brokerDelivery } from '../../../src/events/broker-delivery.ts';
import { createCommands } from '../../../src/events/commands.ts';
import { createDispatcher, type Dispatcher } from '../../../src/events/dispatcher.ts';
import type { EventState } from '../../../src/events/outcome.ts';
import { noProbe, type Probe } from '../../../src/events/probe.ts';
import { createRegistry } from '../../../src/events/registry.ts';
import type { Database, Sql } from '../../../src/kernel/database.ts';
import { createOfflineLocator } from '../../../src/kernel/geocoding/index.ts';
import { createLogger } from '../../../src/kernel/logger.ts';
import { createNotifications } from '../../../src/kernel/notifications.ts';
import { createLimits } from '../../../src/kernel/rest/limits.ts';
import { loadModules } from '../../../src/modules.ts';
import { createAccessTokens } from '../../../src/modules/marketplace/users/tokens.ts';
import type { ModuleDeps } from '../../../src/modules/module.ts';
import { SECRET, startTestService, until, UNLIMITED, type TestService } from '../../support/service.ts';
import { openShop } from '../../support/shop.ts';

export interface Tenant {
  tenantId: number;
  organizationId: string;
  token: string;
}

/** What became of a message: `events.outcome`, and the answer that is kept with it. */
export interface Told {
  outcome: EventState;
  code?: string;
  message?: string;
  /** For nobody here: the broker's dead letter. */
  undeliverable: boolean;
}

export interface Message {
  event: string;
  version: string;
  timestamp: string;
  organization_id: string;
  data: Record<string, unknown>;
}

export interface Ordering {
  service: TestService;
  /** Two tenants that know nothing of one another. */
  a: Tenant;
  b: Tenant;
  /** Delivers a message as the broker would, and waits for its end. */
  tell(message: Message): Promise<Told>;
  /** The same for another routing key than the event's own. */
  tell(routingKey: string, message: object): Promise<Told>;
  /** The same to another consumer than `ordering`. */
  deliver(subscriber: string, routingKey: string, message: unknown): Promise<Told>;
  /** A REST call as a user of the tenant. */
  call(tenant: Tenant, method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Looks into the database as the system role. */
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  /** What the outbox holds for a topic of a tenant, oldest first. */
  published(tenant: Tenant, topic: string): Promise<Array<Record<string, unknown>>>;
  /** What the tenant's customers were told, oldest first. */
  notices(tenant: Tenant, name?: string): Promise<Notified[]>;
  /** An active cart of a customer with one of the variant, written straight into the database. @returns its cart_id. */
  putInCart(tenant: Tenant, variantId: string, options?: CartOptions): Promise<string>;
  /** Does something in a transaction that commits only when what is told meanwhile waits for it. */
  whileHeld<T>(hold: (trx: Sql) => Promise<unknown>, meanwhile: () => Promise<T>): Promise<T>;
  close(): Promise<void>;
}

export interface Notified {
  customer: string;
  name: string;
  data: Record<string, unknown>;
}

export interface CartOptions {
  customerId?: string;
  priceCents?: number;
  quantity?: number;
  productId?: string;
  /** One that is there already. */
  cartId?: string;
}

/**
 * The whole service with a REST listener, and beside it, on the same database, the same modules with a dispatcher of
 * the test's own: so a test hands a message over and is told what became of it.
 */
export async function openOrdering(settings: Record<string, string> = {}, probe: Probe = noProbe): Promise<Ordering> {
  const service = await startTestService({ settings });
  const { database } = service;
  const { dispatcher, close } = receiveBeside(database, settings, probe);
  const [a, b] = [await openTenant(database), await openTenant(database)];
  const system = <T>(work: (trx: Sql) => Promise<T>) => database.transaction('system', work);
  const rows = <Row extends object>(sql: string, values: readonly unknown[] = []) => system((trx) => trx.rows<Row>(sql, values));
  const deliver: Ordering['deliver'] = async (subscriber, routingKey, message) => {
    const { state: outcome, answer, undeliverable = false } = await dispatcher.receive(
      brokerDelivery({ source: 'local', subscriber, routingKey, raw: JSON.stringify(message) }),
    );
    return { outcome, undeliverable, ...(answer && { code: answer.code, message: answer.message }) };
  };
  return {
    service, a, b, rows, deliver,
    tell(first: string | Message, second?: object) {
      const [routingKey, message] = typeof first === 'string' ? [first, second] : [first.event, first];
      return deliver('ordering', routingKey, message);
    },
    async call({ token }, method, path, body) {
      const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
      const response = await fetch(service.url + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
      return { status: response.status, body: (await response.json()) as Record<string, unknown> };
    },
    published: async ({ tenantId }, topic) =>
      (await rows<{ payload: Record<string, unknown> }>(
        'SELECT payload FROM outbox WHERE topic = $1 AND tenant_id = $2 ORDER BY message_id', [topic, tenantId],
      )).map(({ payload }) => payload),
    notices: ({ tenantId }, name) =>
      rows<Notified>(
        `SELECT customer_id AS customer, name, data FROM notifications
         WHERE tenant_id = $1 AND ($2::text IS NULL OR name = $2) ORDER BY notification_id`,
        [tenantId, name ?? null],
      ),
    putInCart: (tenant, variantId, options) => system((trx) => putInCart(trx, tenant, variantId, options)),
    async whileHeld(hold, meanwhile) {
      const { waiting } = await system(async (trx) => {
        await hold(trx);
        const waiting = meanwhile(); // not awaited here: it waits for this COMMIT
        await until('somebody waits', async () => (await rows(WAITING)).length > 0);
        return { waiting };
      });
      return waiting;
    },
    async close() {
      await close();
      await service.close();
    },
  };
}

const WAITING = `SELECT 1 FROM pg_locks JOIN pg_stat_activity USING (pid) WHERE NOT granted AND datname = current_database()`;

function receiveBeside(
  database: Database, settings: Record<string, string>, probe: Probe,
): { dispatcher: Dispatcher; close: () => Promise<void> } {
  const log = createLogger('error');
  log.silent = process.env.TEST_LOG === undefined;
  const clock = () => new Date();
  const registry = createRegistry();
  const config = readConfig({ JWT_SECRET: SECRET, ...UNLIMITED, ...settings });
  const core = { registry, log, probe, clock, parkTtlMs: config.PARK_TTL };
  const dispatcher = createDispatcher(database, core);
  const deps: ModuleDeps = {
    config, database, clock, log,
    commands: createCommands(database, core),
    receive: dispatcher.receive,
    notifications: createNotifications(database, log),
    replies: { expect: () => Promise.reject(new Error('no hub here')), forget: () => undefined, close: () => undefined },
    geocoder: createOfflineLocator(),
    limits: createLimits(config, { database, clock, log }),
    hubOutage: async () => undefined,
  };
  for (const subscription of loadModules(deps).flatMap((module) => module.subscriptions ?? [])) registry.add(subscription);
  registry.seal();
  return {
    dispatcher,
    async close() {
      await dispatcher.drain();
      await dispatcher.close();
    },
  };
}

async function openTenant(database: Database): Promise<Tenant> {
  const { tenantId } = await openShop(database);
  const { organizationId, userId } = await database.transaction('system', (trx) =>
    trx.one<{ organizationId: string; userId: number }>(
      `INSERT INTO users (tenant_id, nombre, email, password_hash, rol) VALUES ($1, 'Ana', $2, 'none', 'admin')
       RETURNING usuario_id AS "userId", (SELECT organization_id FROM tenants WHERE tenant_id = $1) AS "organizationId"`,
      [tenantId, `ana${tenantId}@ejemplo.com`],
    ),
  );
  const token = await createAccessTokens({ JWT_SECRET: SECRET }, () => new Date()).sign({ usuario_id: userId, tenant_id: tenantId });
  return { tenantId, organizationId, token };
}

/** @returns the cart's id. */
export async function putInCart(
  trx: Sql, { tenantId }: Tenant, variantId: string,
  { customerId = 'cli_1', priceCents = 1000, quantity = 1, productId, cartId = randomUUID() }: CartOptions = {},
): Promise<string> {
  await trx.run(
    `INSERT INTO ordering_carts (cart_id, tenant_id, customer_id, currency, created_at, updated_at)
     VALUES ($1, $2, $3, 'ARS', now(), now()) ON CONFLICT DO NOTHING`,
    [cartId, tenantId, customerId],
  );
  await trx.run(
    `INSERT INTO ordering_cart_items (cart_id, variant_id, tenant_id, product_id, quantity, unit_price_cents, added_at)
     VALUES ($1, $2, $3, $4, $5, $6, now())`,
    [cartId, variantId, tenantId, productId ?? null, quantity, priceCents],
  );
  return cartId;
}
