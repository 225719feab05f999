import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { seeded } from '../../support/sender.ts';
import { startTestService, until, type TestService } from '../../support/service.ts';
import { checkoutOf, openCheckout, type Checkout, type Status, type Store, type Told } from './checkout-support.ts';

const SEED = Number(process.env.TEST_SEED ?? Date.now() % 2 ** 31);
const UNITS = 12;

/** Deals with randomness that a failing run can be repeated by. */
function dice(seed: number) {
  const next = seeded(seed);
  const below = (n: number) => Math.floor(next() * n);
  const shuffled = <T>(all: readonly T[]): T[] => {
    const rest = [...all];
    return all.map(() => rest.splice(below(rest.length), 1)[0] as T);
  };
  return { below, shuffled };
}

/** What every end must leave behind: stock is what there was less what is confirmed, each order ended once and whole. */
async function proveWhole(checkout: Checkout, store: Store, variants: readonly string[], ended: readonly Status[]): Promise<void> {
  await checkout.settled();
  for (const variant of variants) {
    const [sold] = await checkout.rows<{ n: number; others: number }>(
      `SELECT coalesce(sum(l.quantity) FILTER (WHERE o.state = 'confirmed'), 0)::int AS n,
              count(*) FILTER (WHERE o.state NOT IN ('confirmed', 'cancelled'))::int AS others
       FROM ordering_order_lines l JOIN ordering_orders o USING (order_id, tenant_id) WHERE variant_id = $1 AND o.tenant_id = $2`,
      [variant, store.tenantId],
    );
    assert.equal(sold?.others, 0, `${variant}: an order is neither confirmed nor cancelled (seed ${SEED})`);
    assert.equal(await checkout.free(store, variant), UNITS - (sold?.n ?? 0), `${variant} (seed ${SEED})`);
    assert.ok((sold?.n ?? 0) <= UNITS);
  }
  for (const { order_id, state, reason } of ended) {
    const order = await checkout.order(order_id);
    const said = await checkout.said(order_id);
    const count = (type: string) => said.filter((one) => one === type).length;
    const told = `${order_id} ${state} ${reason}: ${JSON.stringify(order)} ${said.join()} (seed ${SEED})`;
    if (state === 'pagada') assert.ok(order?.state === 'confirmed' && count('OrderCreated') === 1 && count('OrderRejected') === 0, told);
    else assert.ok((order === undefined || order.state === 'cancelled') && count('OrderRejected') === 1, told);
    assert.ok(count('OrderCreated') <= 1, told);
  }
}

describe('many checkouts of few units', () => {
  let first: TestService;
  let second: TestService;
  let checkout: Checkout;
  let store: Store;
  const variants = ['r1', 'r2'];
  before(async () => {
    first = await startTestService();
    second = await startTestService({ beside: first });
    checkout = checkoutOf(first);
    store = await checkout.openStore();
    for (const variant of variants) await checkout.stock(store, variant, UNITS);
  });
  after(async () => {
    await second.close();
    await first.close();
  });

  it('at two instances, each message repeated and out of order, some contradicted: none sold twice, all ended', async () => {
    const { below, shuffled } = dice(SEED);
    const asked = Array.from({ length: 30 }, (_, n) => ({
      user: below(6) === 0 ? 'X' : `U${n}`,
      lines: shuffled(variants).slice(below(2)).map((product_id) => ({ product_id, quantity: 1 + below(2) })),
    }));
    const ids = await Promise.all(asked.map(({ user, lines }, n) => checkoutOf(n % 2 ? first : second).request(user, lines)));
    // Others contradict: what comes first counts.
    const contradicted = ids.flatMap((order_id): Told[] => {
      const roll = below(12);
      if (roll === 0) return [{ type: 'UserRejected', order_id, user_id: 'U', reason: 'unknown_user' }];
      if (roll === 1) return [{ type: 'PaymentProcessed', order_id, status: 'failed' }];
      return roll === 2 ? [{ type: 'InventoryRejected', order_id, reason: 'insufficient_stock', items: [] }] : [];
    });
    await checkout.tell(...contradicted);
    const repeatAll = async () => {
      const sent = await checkout.rows<{ payload: Told }>(`SELECT payload FROM outbox WHERE destination = 'amqp:checkout_events' AND ordering_key LIKE 'orden:%'`);
      await checkout.tell(...shuffled(sent.map(({ payload }) => payload)));
    };
    await repeatAll();
    const ended = await Promise.all(ids.map((id) => checkout.ended(id)));
    await repeatAll();
    await proveWhole(checkout, store, variants, ended);
    const paid = ended.filter(({ state }) => state === 'pagada');
    const notices = await checkout.rows<{ dedupe_key: string }>(`SELECT dedupe_key FROM notifications WHERE name = 'checkout_paid'`);
    assert.deepEqual(notices.map(({ dedupe_key }) => dedupe_key).sort(), paid.map(({ order_id }) => order_id).sort());
  });
});

describe('users and payments that others play', () => {
  let checkout: Checkout;
  let store: Store;
  before(async () => {
    const modules = 'ordering,checkout.web,checkout.inventory,checkout.orders,checkout.notifications';
    checkout = await openCheckout({ settings: { MODULES: modules, CHECKOUT_DEADLINE: '3s' } });
    store = await checkout.openStore();
    await checkout.stock(store, 'o1', UNITS);
  });
  after(() => checkout.service.close());

  it('may say everything at once, before it was asked for, repeated, and contradict themselves', async () => {
    const { below, shuffled } = dice(SEED + 1);
    const orders = Array.from({ length: 30 }, () => {
      const order_id = randomUUID();
      const all: Told[] = [
        { type: 'OrderRequested', order_id, user_id: 'U1', items: [{ product_id: 'o1', quantity: 1 }] },
        below(4) === 0 ? { type: 'UserRejected', order_id, user_id: 'U1', reason: 'payment_timeout' } : { type: 'UserValidated', order_id, user_id: 'U1' },
        { type: 'PaymentProcessed', order_id, status: below(4) === 0 ? 'failed' : 'success' },
      ];
      const silent = below(6) === 0 ? all.slice(0, 2) : all; // nobody pays
      return { order_id, told: silent.flatMap((one) => Array.from({ length: 1 + below(3) }, () => one)) };
    });
    await checkout.tell(...shuffled(orders.flatMap(({ told }) => told)));
    const ended = await Promise.all(orders.map(({ order_id }) => checkout.ended(order_id)));
    await proveWhole(checkout, store, ['o1'], ended);
    const gateways = await checkout.rows<{ gateway: string }>('SELECT DISTINCT gateway FROM ordering_payments');
    assert.deepEqual(gateways, [{ gateway: 'checkout' }]);
    assert.ok(ended.some(({ state }) => state === 'pagada') && ended.some(({ state }) => state === 'rechazada'));
  });
});

describe('an order service that others play', () => {
  let checkout: Checkout;
  let store: Store;
  before(async () => {
    checkout = await openCheckout({ settings: { MODULES: 'ordering,checkout.inventory' } });
    store = await checkout.openStore();
    await checkout.stock(store, 'e1', UNITS);
  });
  after(() => checkout.service.close());

  it('gets every unit back by its OrderRejected, which may come before OrderRequested', async () => {
    const { shuffled } = dice(SEED + 2);
    const ids = Array.from({ length: 30 }, () => randomUUID());
    const told = ids.flatMap((order_id): Told[] => [
      { type: 'OrderRequested', order_id, user_id: 'U1', items: [{ product_id: 'e1', quantity: 2 }] },
      { type: 'OrderRejected', order_id, reason: 'payment_timeout' },
    ]);
    await checkout.tell(...shuffled([...told, ...told]));
    await until('all is heard', async () => {
      const [row] = await checkout.rows<{ n: number }>(`SELECT count(*) AS n FROM inbox WHERE subscriber = 'checkout.inventory_service'`);
      return row?.n === told.length;
    });
    await checkout.settled();
    assert.equal(await checkout.free(store, 'e1'), UNITS);
    const states = await checkout.rows<{ state: string }>('SELECT DISTINCT state FROM ordering_orders');
    assert.ok(states.every(({ state }) => state === 'cancelled'), JSON.stringify(states));
  });
});
