import { randomUUID } from 'node:crypto';
import { brokerDelivery } from '../../../src/events/broker-delivery.ts';
import { createDispatcher } from '../../../src/events/dispatcher.ts';
import { createCommands } from '../../../src/events/commands.ts';
import type { Verdict } from '../../../src/events/outcome.ts';
import { noProbe } from '../../../src/events/probe.ts';
import { createRegistry } from '../../../src/events/registry.ts';
import type { Sql } from '../../../src/kernel/database.ts';
import { organizationOf } from '../../../src/kernel/organizations.ts';
import { loadModules } from '../../../src/modules.ts';
import type { Job } from '../../../src/modules/module.ts';
import { openRestApp, registerTenant, type RestApp, type SignedIn } from '../marketplace/rest-support.ts';

/** A tenant as the broker's messages name it. */
export interface Shop extends SignedIn {
  organizationId: string;
}

export interface Answered {
  status: number;
  // What came, whatever it is: the tests look into it.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  body: any;
}

export interface Customers extends RestApp {
  openShop(): Promise<Shop>;
  /** Delivers a message as the broker would, and waits for its end. */
  tell(message: Message): Promise<Verdict>;
  /** A REST call as this user. */
  call(user: Pick<SignedIn, 'token'>, method: 'get' | 'post' | 'put', path: string, body?: object): Promise<Answered>;
  /** Runs a job of the customers' modules as the scheduler would. */
  runJob(name: string): Promise<void>;
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
}

export interface Message {
  event: string;
  version: string;
  timestamp: string;
  organization_id: string;
  data: Record<string, unknown>;
}

/** The service's REST side and its consumers, on one clock that the test moves. */
export async function openCustomers(): Promise<Customers> {
  const app = await openRestApp();
  const { deps } = app;
  const registry = createRegistry();
  const core = { registry, log: deps.log, probe: noProbe, clock: deps.clock, parkTtlMs: 1000 };
  const dispatcher = createDispatcher(deps.database, core);
  const modules = loadModules({ ...deps, commands: createCommands(deps.database, core) });
  for (const one of modules.flatMap(({ subscriptions }) => subscriptions ?? [])) registry.add(one);
  registry.seal();
  const jobs = new Map<string, Job>(modules.flatMap((module) => module.jobs ?? []).map((job) => [job.name, job]));
  const system = <T>(work: (trx: Sql) => Promise<T>) => deps.database.transaction('system', work);
  return {
    ...app,
    async openShop() {
      const admin = await registerTenant(app);
      const { organizationId } = await system((trx) => organizationOf(trx, admin.tenantId));
      return { ...admin, organizationId };
    },
    tell: (message) =>
      dispatcher.receive(
        brokerDelivery({ source: 'amqp', subscriber: 'customers', routingKey: message.event, raw: JSON.stringify(message) }),
      ),
    async call({ token }, method, path, body) {
      const asked = app.agent[method](`/api/v1/customers${path}`).set('Authorization', `Bearer ${token}`);
      const { status, body: answer } = await (body === undefined ? asked : asked.send(body));
      return { status, body: answer as unknown };
    },
    async runJob(name) {
      const job = jobs.get(name);
      if (job === undefined) throw new Error(`no job ${name}`);
      await job.run();
    },
    rows: (sql, values = []) => system((trx) => trx.rows(sql, values)),
    async close() {
      await dispatcher.drain();
      await dispatcher.close();
      await app.close();
    },
  };
}

type Of = Pick<Shop, 'organizationId'>;

const messageOf = ({ organizationId }: Of, event: string, data: Record<string, unknown>, at: Date): Message => ({
  event, version: '1.0', timestamp: at.toISOString(), organization_id: organizationId, data,
});

export interface Told {
  customer?: string | null;
  at?: Date;
}

const DAY = 86_400_000;
/** Well within twelve months. */
export const daysAgo = (days: number, from = new Date()): Date => new Date(from.getTime() - days * DAY);

export const completed = (shop: Of, order: string, amount: number, { customer = 'cus_1', at = daysAgo(1) }: Told = {}): Message =>
  messageOf(shop, 'order.completed', { customer_id: customer, order_id: order, total_amount: amount }, at);

export const cancelled = (shop: Of, order: string, { customer = 'cus_1', at = daysAgo(1), auto }: Told & { auto?: boolean } = {}): Message =>
  messageOf(shop, 'order.cancelled', {
    customer_id: customer, order_id: order, total_amount: 1, reason: auto ? 'payment_timeout' : 'customer_request',
    ...(auto === undefined ? {} : { auto_cancelled: auto }),
  }, at);

export const sold = (shop: Of, transaction: string, amount: number, { customer = 'cus_1', at = daysAgo(1) }: Told = {}): Message =>
  messageOf(shop, 'pos.transaction.completed', { customer_id: customer, transaction_id: transaction, totals: { total_amount: amount } }, at);

export const paid = (shop: Of, reference: string, amount: number, { customer = 'cus_1', at = daysAgo(1) }: Told = {}): Message =>
  messageOf(shop, 'payment.received', { customer_id: customer, amount, payment_reference: reference }, at);

export const fresh = (prefix: string): string => `${prefix}_${randomUUID()}`;

/** What does not add up; nothing, when all of it does. */
export const unproven = (it_: Pick<Customers, 'rows'>): Promise<object[]> =>
  it_.rows(`
    WITH sums AS (
      SELECT tenant_id, customer_id, 'purchases' AS ledger, sum(purchases) AS one, sum(spent_cents) AS two FROM customers_purchase_movements GROUP BY 1, 2
      UNION ALL SELECT tenant_id, customer_id, 'points', sum(points), sum(debt) FROM customers_point_movements GROUP BY 1, 2
      UNION ALL SELECT tenant_id, customer_id, 'credit', sum(used_cents), sum(favour_cents) FROM customers_credit_movements GROUP BY 1, 2),
    balances AS (
      SELECT tenant_id, customer_id, 'purchases' AS ledger, purchases AS one, spent_cents AS two FROM customers_statistics
      UNION ALL SELECT tenant_id, customer_id, 'points', points, debt FROM customers_points
      UNION ALL SELECT tenant_id, customer_id, 'credit', used_cents, favour_cents FROM customers_credit
      UNION ALL SELECT tenant_id, customer_id, 'purchases', count(*), sum(amount_cents) FROM customers_purchases WHERE state = 'counted' GROUP BY 1, 2)
    SELECT * FROM sums FULL JOIN balances USING (tenant_id, customer_id, ledger)
    WHERE (coalesce(sums.one, 0), coalesce(sums.two, 0)) <> (coalesce(balances.one, 0), coalesce(balances.two, 0))
    UNION ALL
    SELECT tenant_id, customer_id, 'lots', p.points, sum(l.remaining), sum(l.remaining), NULL
    FROM customers_points p LEFT JOIN customers_point_lots l USING (tenant_id, customer_id) GROUP BY 1, 2, 4
    HAVING p.points <> coalesce(sum(l.remaining), 0)
    UNION ALL
    SELECT l.tenant_id, l.customer_id, 'lot', l.remaining, sum(m.points), l.lot, NULL
    FROM customers_point_lots l JOIN customers_point_movements m USING (tenant_id, customer_id, lot)
    GROUP BY l.tenant_id, l.customer_id, l.lot, l.remaining HAVING l.remaining <> sum(m.points)`);
