import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { placeOrder } from '../../../src/modules/ordering/orders/placing.ts';
import { AppError } from '../../../src/kernel/errors.ts';
import { inParallel, seeded } from '../../support/sender.ts';
import { openRestApp, type RestApp } from '../marketplace/rest-support.ts';
import { createInventory } from './orders-inventory.ts';
import { openOrdering, TTL, type Ordering, type Store } from './orders-support.ts';

const AT_ONCE = 20;
const ROUNDS = Number(process.env['ORDER_ROUNDS'] ?? 1000);
const SEED = Number(process.env['ORDER_SEED'] ?? Date.now() % 1_000_000);

const NO_DETAILS = { taxCents: 0, shippingCents: 0, discountCents: 0 };

describe('orders in races', () => {
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

  const post = (path: string, body: object = {}) => app.agent.post(path).set(store.auth).send(body);
  const order = async (cartId: string) => (await post('/api/v1/orders', { cart_id: cartId })).status;
  const many = <T>(make: (index: number) => Promise<T>): Promise<T[]> => Promise.all(Array.from({ length: AT_ONCE }, (_, n) => make(n)));
  const counted = (statuses: readonly number[]) => ({ ok: statuses.filter((s) => s < 300).length, refused: statuses.filter((s) => s === 409).length });
  const placed = async (variantId: string): Promise<string> => {
    const res = await post('/api/v1/orders', { cart_id: await ordering.cart(store, [{ variantId }]) }).expect(201);
    return res.body.order_id as string;
  };
  /** What was told of an order, in its order. */
  const told = async (orderId: string): Promise<string[]> => {
    const rows = await app.deps.database.transaction('system', (trx) =>
      trx.rows<{ topic: string }>(
        `SELECT topic FROM outbox WHERE ordering_key = $1 AND topic LIKE 'order.%' ORDER BY message_id`,
        [`orden:${orderId}`],
      ),
    );
    return rows.map(({ topic }) => topic);
  };

  it('sells the last unit once, of twenty who want it', async () => {
    await ordering.stock(store, 'var_a', 1);
    const carts = await many(() => ordering.cart(store, [{ variantId: 'var_a' }]));
    const statuses = await Promise.all(carts.map(order));
    assert.deepEqual(counted(statuses), { ok: 1, refused: AT_ONCE - 1 });
    assert.deepEqual(await ordering.free(store), [{ variantId: 'var_a', warehouseId: 'wh_1', free: 0 }]);
  });

  it('sells over several variants in whatever order carts name them', async () => {
    await ordering.stock(store, 'var_a', 10);
    await ordering.stock(store, 'var_b', 10);
    const names = [{ variantId: 'var_a' }, { variantId: 'var_b' }];
    const carts = await many((n) => ordering.cart(store, n % 2 ? names : [...names].reverse()));
    assert.deepEqual(counted(await Promise.all(carts.map(order))), { ok: 10, refused: 10 });
    assert.deepEqual((await ordering.free(store)).map(({ free }) => free), [0, 0]);
  });

  it('makes one order of one cart, however often it is asked for', async () => {
    await ordering.stock(store, 'var_a', 100);
    const cartId = await ordering.cart(store, [{ variantId: 'var_a' }]);
    const unknown = await ordering.cart(store, [{ variantId: 'var_new' }]); // nothing to lock but the cart
    for (const cart_id of [cartId, unknown]) {
      const answers = await many(() => post('/api/v1/orders', { cart_id }));
      const statuses = answers.map(({ status }) => status).sort();
      assert.deepEqual(statuses, [...Array<number>(AT_ONCE - 1).fill(200), 201]);
      const ids = [...new Set(answers.map(({ body }) => body.order_id as string))];
      assert.equal(ids.length, 1);
      assert.deepEqual(await told(ids[0] as string), ['order.placed']);
    }
    assert.deepEqual((await ordering.free(store)).map(({ free }) => free), [99]);
  });

  it('gives every order a number of its own, without a gap', async () => {
    await ordering.stock(store, 'var_a', 100);
    const carts = await many(() => ordering.cart(store, [{ variantId: 'var_a' }]));
    const answers = await Promise.all(carts.map((cart_id) => post('/api/v1/orders', { cart_id }).expect(201)));
    const numbers = answers.map(({ body }) => Number(String(body.order_number).slice(-6))).sort((a, b) => a - b);
    assert.deepEqual(numbers, Array.from({ length: AT_ONCE }, (_, n) => n + 1));
  });

  it('orders against a stock that empties meanwhile: each is an order or a 409, and none comes after', async () => {
    await ordering.stock(store, 'var_a', AT_ONCE);
    const carts = await many(() => ordering.cart(store, [{ variantId: 'var_a' }]));
    const figures = (n: number) => ({ total: n, available: n, reserved: 0, damaged: 0 });
    const emptied = ordering.receive(
      store,
      'inventory.stock.updated',
      {
        stock_id: 's', variant_id: 'var_a', warehouse_id: 'wh_1', quantities: figures(0), previous_quantities: figures(AT_ONCE),
        change_type: 'out', movement_id: randomUUID(),
      },
      new Date(app.time.now.getTime() + 1),
    );
    const [statuses, verdict] = await Promise.all([Promise.all(carts.map(order)), emptied]);
    assert.equal(verdict.state, 'done');
    const { ok, refused } = counted(statuses);
    assert.equal(ok + refused, AT_ONCE);
    assert.equal(await order(await ordering.cart(store, [{ variantId: 'var_a' }])), 409);
  });

  it('cancels or completes, never both', async () => {
    await ordering.stock(store, 'var_a', 10);
    for (let n = 0; n < 5; n += 1) {
      const orderId = await placed('var_a');
      await ordering.pay(store, orderId);
      const moves = ['cancel', 'complete', 'cancel', 'complete'].map((move) => post(`/api/v1/orders/${orderId}/${move}`));
      const statuses = (await Promise.all(moves)).map(({ status }) => status);
      assert.deepEqual([...statuses].sort(), [200, 409, 409, 409]);
      assert.equal((await told(orderId)).length, 3);
    }
  });

  it('cancels once: two sweepers, the inventory and a person at the same time', async () => {
    await ordering.stock(store, 'var_a', 10);
    app.time.now = new Date(app.time.now.getTime() + TTL);
    await ordering.sweep(); // what other tests left
    const ids = await Promise.all(Array.from({ length: 10 }, () => placed('var_a')));
    const noticed = (await ordering.notices()).length;
    app.time.now = new Date(app.time.now.getTime() + TTL);
    await Promise.all([
      ordering.sweep(),
      ordering.sweep(),
      ...ids.map((id) => ordering.released(store, id, `res_${id}`)),
      ...ids.map((id) => post(`/api/v1/orders/${id}/cancel`)),
    ]);
    for (const id of ids) assert.deepEqual(await told(id), ['order.placed', 'order.cancelled']);
    assert.equal((await ordering.notices()).length - noticed, 10);
    assert.deepEqual((await ordering.free(store)).map(({ free }) => free), [10]);
  });

  for (const what of ['variant', 'product'] as const) it(`is cancelled whole with its ${what}, or was not made`, async () => {
    for (let n = 0; n < 5; n += 1) {
      const variantId = `var_${what}_${n}`;
      await ordering.stock(store, variantId, AT_ONCE);
      const carts = await many(() => ordering.cart(store, [{ variantId }]));
      const at = app.time.now.toISOString();
      const gone = what === 'variant' ? { variant_id: variantId } : { variant_ids: [variantId] };
      const data = { product_id: `prod_${what}_${n}`, organization_id: store.organization.organizationId, ...gone, deleted_at: at };
      const [statuses, verdict] = await Promise.all([
        Promise.all(carts.map(order)),
        ordering.receive(store, `catalog.${what}.deleted`, data),
      ]);
      assert.equal(verdict.state, 'done');
      assert.equal(counted(statuses).ok + counted(statuses).refused, AT_ONCE);
    }
    const { body } = await app.agent.get('/api/v1/orders?limit=100').set(store.auth).expect(200);
    const states = (body.orders as Array<{ state: string; reason: string }>).map(({ state, reason }) => `${state} ${reason}`);
    assert.deepEqual([...new Set(states)].filter((s) => s !== 'cancelled product_discontinued'), []);
  });

  it(`${ROUNDS} orders around their expiry, seed ${SEED}: money and stock always meet`, async function () {
    this.timeout(300_000);
    const random = seeded(SEED);
    for (let round = 0; round < ROUNDS; round += AT_ONCE) {
      const batch = await playBatch(random, round);
      try {
        await judgeBatch(batch);
      } catch (error) {
        throw new Error(`seed ${SEED}, orders from ${round}: ${(error as Error).message}`, { cause: error });
      }
    }
  });

  interface Batch {
    ids: string[];
    stock: Map<string, number>;
  }

  /** Twenty orders that share a few shelves, and all that may happen to them, at the same time. */
  async function playBatch(random: () => number, round: number): Promise<Batch> {
    const pick = (n: number) => Math.floor(random() * n);
    const variants = Array.from({ length: 5 }, (_, n) => `var_${round}_${n}`);
    // Of the last nothing is known until the inventory answers, which has no word for no.
    const stock = new Map(variants.map((variantId) => [variantId, 1 + pick(5)]));
    for (const variantId of variants.slice(0, -1)) await ordering.stock(store, variantId, stock.get(variantId) as number);
    const inventory = createInventory(app, ordering, store, stock);
    const ids: string[] = [];
    const place = async () => {
      const [first, second] = [variants[pick(5)] as string, variants[pick(5)] as string];
      const lines = [{ variantId: first, quantity: 1 + pick(2) }, ...(first === second ? [] : [{ variantId: second }])];
      const cartId = await ordering.cart(store, lines);
      await placeOrder({ ...app.deps, announce: async () => ['shipping_address'] }, store.tenantId, cartId, NO_DETAILS).then(
        ({ orderId }) => ids.push(orderId),
        (error: unknown) => assert.ok(error instanceof AppError && error.status === 409, String(error)),
      );
    };
    const any = (): string | undefined => ids[pick(ids.length)];
    const pay = async () => {
      const id = any();
      if (id) await ordering.pay(store, id);
    };
    const cancel = async () => {
      const id = any();
      if (id) await post(`/api/v1/orders/${id}/cancel`);
    };
    const listen = async () => {
      await inventory.listen();
      // Each message comes, in any order, and one in four comes twice.
      const messages = inventory.take().flatMap((one) => (pick(4) ? [one] : [one, one]));
      return messages.map((one) => () => one.deliver());
    };
    const shuffled = <T>(list: readonly T[]): T[] =>
      list.map((value) => ({ value, by: random() })).sort((a, b) => a.by - b.by).map(({ value }) => value);
    const play = (acts: ReadonlyArray<() => Promise<unknown>>) =>
      inParallel(shuffled(acts), 7, async (act) => {
        app.time.now = new Date(app.time.now.getTime() + pick(3)); // so that it passes the expiry in the midst of them
        await act();
      });
    const times = <T>(n: number, act: T): T[] => Array.from({ length: n }, () => act);
    const jump = (ms: number) => void (app.time.now = new Date(app.time.now.getTime() + ms));

    await play([...times(AT_ONCE - 4, place), ...times(3, pay)]);
    jump(TTL - 40);
    await play([...(await listen()), ...times(12, pay), ...times(3, cancel), ...times(4, ordering.sweep), ...times(2, place)]);
    jump(60_000);
    await inventory.listen(); // what was sold in time it does not give back
    inventory.timeOut();
    await play([...(await listen()), ...times(12, pay), ...times(2, cancel), ...times(4, ordering.sweep), ...times(2, place)]);
    for (let n = 0; n < 3; n += 1) {
      jump(2 * TTL); // whatever is unpaid is over, and what is on its way comes in
      await inventory.listen();
      inventory.timeOut();
      await play([...(await listen()), ordering.sweep, ...times(n < 2 ? 3 : 0, pay)]);
    }
    for (let more = await listen(); more.length > 0; more = await listen()) await play(more);
    return { ids, stock };
  }

  /** All that is known of a variant, for the message of what failed. */
  const standing = (variantId: string): Promise<string> =>
    app.deps.database.transaction('system', async (trx) => {
      const shelf = await trx.rows<object>('SELECT available, as_of FROM ordering_availability WHERE variant_id = $1', [variantId]);
      const holds = await trx.rows<object>(
        `SELECT i.quantity, i.counted, r.*, o.state AS order_state FROM ordering_reservation_items i
         JOIN ordering_reservations r USING (order_id, tenant_id) JOIN ordering_orders o USING (order_id, tenant_id) WHERE variant_id = $1`,
        [variantId],
      );
      return JSON.stringify([shelf, holds]);
    });

  /** What has to be true of every order when all has been said. */
  async function judgeBatch({ ids, stock }: Batch): Promise<void> {
    const { database } = app.deps;
    const rows = await database.transaction('system', (trx) =>
      trx.rows<{ id: string; state: string; payments: string[]; kept: number }>(
        `SELECT o.order_id AS id, o.state,
                coalesce(array_agg(p.payment_id::text) FILTER (WHERE p.payment_id IS NOT NULL), '{}') AS payments,
                count(p.payment_id) FILTER (WHERE p.refund_asked_at IS NULL) AS kept
         FROM ordering_orders o LEFT JOIN ordering_payments p USING (order_id, tenant_id)
         WHERE o.order_id = ANY($1) GROUP BY o.order_id, o.state`,
        [ids],
      ),
    );
    const givenBack = (await ordering.givenBack()).filter(({ orderId }) => ids.includes(orderId)).map(({ paymentId }) => paymentId);
    assert.equal(new Set(givenBack).size, givenBack.length, 'a payment was given back twice');
    for (const { id, state, payments, kept } of rows) {
      assert.ok(['confirmed', 'cancelled'].includes(state), `${id} is left ${state}`);
      assert.equal(kept, state === 'confirmed' ? 1 : 0, `${id} is ${state} and keeps ${kept} of ${payments.length} payments`);
      assert.equal(payments.filter((payment) => givenBack.includes(payment)).length, payments.length - kept);
      const history = await told(id);
      assert.match(history.map((topic) => topic.slice('order.'.length)).join(' '), LEGAL, id);
      const tally = (topic: string) => history.filter((one) => one === topic).length;
      assert.equal(history.at(-1), `order.${state}`);
      assert.ok(tally('order.confirmed') <= 2, `${id} was confirmed ${tally('order.confirmed')} times`);
    }
    const sold = await database.transaction('system', (trx) =>
      trx.rows<{ variantId: string; sold: number }>(
        `SELECT l.variant_id AS "variantId", sum(l.quantity)::int AS sold FROM ordering_order_lines l JOIN ordering_orders o USING (order_id, tenant_id)
         WHERE o.order_id = ANY($1) AND o.state = 'confirmed' GROUP BY 1`,
        [ids],
      ),
    );
    for (const { variantId, sold: quantity } of sold) {
      if (quantity > (stock.get(variantId) as number)) assert.fail(`${variantId}: ${quantity} sold of ${stock.get(variantId)}; ${await standing(variantId)}`);
    }
    const shelves = (await ordering.free(store)).filter(({ variantId }) => stock.has(variantId));
    for (const { variantId, free } of shelves) {
      if (free < 0) assert.fail(`${variantId}: ${free} free; ${await standing(variantId)}`);
    }
  }
});

/** placed, then cancelled and placed again any number of times; placed again may only be to be confirmed. */
const LEGAL = /^placed(?: cancelled)?(?: placed confirmed(?: cancelled)?)*$|^placed confirmed(?: cancelled)?$/;
