import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import fc from 'fast-check';
import { findVariants } from '../../../src/modules/ordering/availability/read-model.ts';
import { until } from '../../support/service.ts';
import { messageOf, stockDepleted, stockUpdated } from './messages.ts';
import { openOrdering, putInCart, type Message, type Ordering, type Tenant } from './support.ts';

interface ShownShelf {
  warehouse_id: string;
  total: number;
  available: number;
  reserved: number;
  damaged: number;
  free: number;
  as_of: string;
}
interface Shown {
  available: boolean;
  price: number | null;
  deleted: boolean;
  warehouses: ShownShelf[];
}

const second = (seconds: number) => new Date(Date.UTC(2025, 10, 23, 15, 0, seconds));

describe('what the inventory says of stock', () => {
  let ordering: Ordering;
  let a: Tenant;
  let b: Tenant;
  let variants = 0;
  const newVariant = () => `var_${(variants += 1)}`;
  const tell = (message: Message) => ordering.tell(message);

  before(async () => {
    ordering = await openOrdering();
    ({ a, b } = ordering);
  });
  after(() => ordering.close());

  const look = async (tenant: Tenant, variantId: string): Promise<Shown> => {
    const { status, body } = await ordering.call(tenant, 'GET', `/api/v1/availability/${encodeURIComponent(variantId)}`);
    assert.equal(status, 200, JSON.stringify(body));
    return body as unknown as Shown;
  };
  /** A reader may still see the moment before; the word to forget travels by itself. */
  const shows = (tenant: Tenant, variantId: string, expected: Record<string, number>) =>
    until(`${variantId} is shown with ${JSON.stringify(expected)}`, async () => {
      const { warehouses } = await look(tenant, variantId);
      const shown = Object.fromEntries(warehouses.map(({ warehouse_id, available }) => [warehouse_id, available]));
      return JSON.stringify(shown) === JSON.stringify(expected);
    });
  const stored = (tenant: Tenant, variantId: string) =>
    ordering.rows<{ warehouse: string; available: number; total: number; as_of: Date }>(
      `SELECT warehouse_id AS warehouse, available, total, as_of FROM ordering_availability
       WHERE tenant_id = $1 AND variant_id = $2 ORDER BY warehouse_id`, [tenant.tenantId, variantId],
    );
  const availableOf = async (tenant: Tenant, variantId: string) =>
    Object.fromEntries((await stored(tenant, variantId)).map(({ warehouse, available }) => [warehouse, available]));
  const markOf = async (tenant: Tenant, cartId: string) => {
    const { status, body } = await ordering.call(tenant, 'GET', `/api/v1/carts/${cartId}`);
    assert.equal(status, 200);
    return (body.items as Array<{ unavailable_reason: string | null }>).map((item) => item.unavailable_reason);
  };
  const noticesAbout = async (tenant: Tenant, variantId: string) =>
    (await ordering.notices(tenant)).filter(({ data }) => data.variant_id === variantId);
  const waitFor = async (tenant: Tenant, variantId: string, customer: string, warehouse: string | null) =>
    void (await ordering.rows(
      `INSERT INTO ordering_waitlist (tenant_id, customer_id, variant_id, warehouse_id, created_at) VALUES ($1, $2, $3, $4, now())`,
      [tenant.tenantId, customer, variantId, warehouse],
    ));

  it('is shown to the tenant, figure by figure, as the document has it', async () => {
    const fixture = new URL('../../fixtures/contracts/amqp/order-service/in/inventory.stock.updated.json', import.meta.url);
    const message = { ...(JSON.parse(await readFile(fixture, 'utf8')) as Message), organization_id: a.organizationId };
    assert.equal((await tell(message)).outcome, 'done');
    const { available, price, deleted, warehouses } = await look(a, 'var_789');
    assert.deepEqual({ available, price, deleted }, { available: true, price: null, deleted: false });
    assert.deepEqual(warehouses, [
      { warehouse_id: 'wh_101', total: 150, available: 120, reserved: 25, damaged: 5, free: 120, as_of: '2025-11-23T15:00:00.000Z' },
    ]);
  });

  it('of which nothing is known is not found', async () => {
    const { status } = await ordering.call(a, 'GET', '/api/v1/availability/var_unheard_of');
    assert.equal(status, 404);
  });

  it('changes nothing when something newer is known', async () => {
    const variant = newVariant();
    await tell(stockUpdated(a, variant, 5, { at: second(2) }));
    const late = await tell(stockUpdated(a, variant, 9, { at: second(1) }));
    assert.deepEqual([late.outcome, late.code], ['warned', 'atrasado']);
    assert.equal((await tell(stockDepleted(a, variant, { at: second(1) }))).code, 'atrasado');
    await shows(a, variant, { wh_1: 5 });
  });

  it('is the same moment in whichever zone it is written', async () => {
    const variant = newVariant();
    await tell(stockUpdated(a, variant, 5, { at: '2025-11-23T12:00:02-03:00' }));
    assert.equal((await tell(stockUpdated(a, variant, 9, { at: '2025-11-23T15:00:01Z' }))).code, 'atrasado');
    await shows(a, variant, { wh_1: 5 });
  });

  it('twice is once, and the same movement with other content is a conflict', async () => {
    const variant = newVariant();
    const message = stockUpdated(a, variant, 5, { movement: `mov_of_${variant}`, at: second(1) });
    assert.deepEqual([(await tell(message)).outcome, (await tell(message)).outcome], ['done', 'repeat']);
    const other = stockUpdated(a, variant, 6, { movement: `mov_of_${variant}`, at: second(2) });
    assert.equal((await tell(other)).outcome, 'conflict');
    assert.deepEqual(await availableOf(a, variant), { wh_1: 5 });
  });

  it('of an unknown organization is for nobody here, and can be sent again once there is one', async () => {
    const message = stockUpdated({ organizationId: 'org_of_nobody' }, newVariant(), 5);
    const told = await tell(message);
    assert.deepEqual([told.outcome, told.code, told.undeliverable], ['refused', 'organizacion_desconocida', true]);
    assert.equal((await tell(message)).outcome, 'refused', 'its key is not taken');
  });

  it('with an organization inside the data that is another one is for nobody here', async () => {
    const variant = newVariant();
    const message = stockUpdated(a, variant, 5);
    const contradiction = { ...message, data: { ...message.data, organization_id: b.organizationId } };
    for (const known of [{}, { wh_1: 5 }]) {
      const told = await tell(contradiction);
      assert.deepEqual([told.outcome, told.code, told.undeliverable], ['refused', 'organizacion_distinta', true]);
      assert.deepEqual([await availableOf(a, variant), await availableOf(b, variant)], [known, {}]);
      await tell(message); // the same movement, as it should be
    }
  });

  it('in figures that make no sense is invalid', async () => {
    const told = await tell(stockUpdated(a, newVariant(), -1));
    assert.deepEqual([told.outcome, told.code], ['invalid', 'contenido_invalido']);
  });

  it('leaves another tenant with the same variant as it is', async () => {
    const variant = newVariant();
    for (const tenant of [a, b]) await tell(stockUpdated(tenant, variant, 5, { at: second(1) }));
    const cartOfB = await ordering.putInCart(b, variant);
    await waitFor(b, variant, 'cus_b', null);
    await tell(stockDepleted(a, variant, { at: second(2) }));
    await tell(stockUpdated(a, variant, 3, { previous: 0, at: second(3) }));
    assert.deepEqual([await availableOf(a, variant), await availableOf(b, variant)], [{ wh_1: 3 }, { wh_1: 5 }]);
    assert.deepEqual([await markOf(b, cartOfB), await noticesAbout(b, variant)], [[null], []]);
  });

  describe('to carts', () => {
    it('updated to zero and depleted: marked, and the customer told once', async () => {
      for (const depletedFirst of [false, true]) {
        const variant = newVariant();
        await tell(stockUpdated(a, variant, 5, { at: second(1) }));
        const cart = await ordering.putInCart(a, variant, { customerId: 'cus_1' });
        const pair = [stockUpdated(a, variant, 0, { previous: 5, at: second(2) }), stockDepleted(a, variant, { at: second(2) })];
        for (const message of depletedFirst ? pair.reverse() : pair) assert.equal((await tell(message)).outcome, 'done');
        assert.deepEqual(await markOf(a, cart), ['out_of_stock']);
        assert.deepEqual(await noticesAbout(a, variant), [
          { customer: 'cus_1', name: 'cart_item_out_of_stock', data: { variant_id: variant, cart_id: cart } },
        ]);
        assert.equal((await look(a, variant)).available, false);
      }
    });

    it('both at once: told once as well', async () => {
      const variant = newVariant();
      await tell(stockUpdated(a, variant, 5, { at: second(1) }));
      const cart = await ordering.putInCart(a, variant);
      await Promise.all([tell(stockUpdated(a, variant, 0, { previous: 5, at: second(2) })), tell(stockDepleted(a, variant, { at: second(2) }))]);
      assert.deepEqual([await markOf(a, cart), (await noticesAbout(a, variant)).length], [['out_of_stock'], 1]);
    });

    it('is out of stock only when the last warehouse is empty, and not any more when one has some again', async () => {
      const variant = newVariant();
      for (const warehouse of ['wh_1', 'wh_2']) await tell(stockUpdated(a, variant, 5, { warehouse, at: second(1) }));
      const cart = await ordering.putInCart(a, variant);
      await tell(stockDepleted(a, variant, { warehouse: 'wh_1', at: second(2) }));
      assert.deepEqual([await markOf(a, cart), await noticesAbout(a, variant)], [[null], []]);
      await tell(stockDepleted(a, variant, { warehouse: 'wh_2', at: second(3) }));
      assert.deepEqual([await markOf(a, cart), (await noticesAbout(a, variant)).length], [['out_of_stock'], 1]);
      await tell(stockUpdated(a, variant, 1, { warehouse: 'wh_1', previous: 0, at: second(4) }));
      assert.deepEqual([await markOf(a, cart), (await noticesAbout(a, variant)).length], [[null], 1]);
      await tell(stockDepleted(a, variant, { warehouse: 'wh_1', at: second(5) }));
      assert.deepEqual([await markOf(a, cart), (await noticesAbout(a, variant)).length], [['out_of_stock'], 2], 'told of each time');
    });

    it('that were ordered is none of their business', async () => {
      const variant = newVariant();
      await tell(stockUpdated(a, variant, 5, { at: second(1) }));
      const cart = await ordering.putInCart(a, variant);
      await ordering.rows('UPDATE ordering_cart_items SET in_active_cart = false WHERE cart_id = $1', [cart]);
      await tell(stockDepleted(a, variant, { at: second(2) }));
      assert.deepEqual(await noticesAbout(a, variant), []);
    });
  });

  describe('to those who wait', () => {
    const waiting = async (variant: string) => {
      for (const warehouse of ['wh_1', 'wh_2']) await tell(stockDepleted(a, variant, { warehouse, at: second(1) }));
      await waitFor(a, variant, 'waits for wh_1', 'wh_1');
      await waitFor(a, variant, 'waits for wh_2', 'wh_2');
      await waitFor(a, variant, 'waits for any', null);
    };

    it('is told when their warehouse has some again, or for any the first, once', async () => {
      const variant = newVariant();
      await waiting(variant);
      await tell(stockUpdated(a, variant, 4, { previous: 0, at: second(2) }));
      const first = { name: 'back_in_stock', data: { variant_id: variant, warehouse_id: 'wh_1' } };
      assert.deepEqual(await noticesAbout(a, variant), [
        { customer: 'waits for any', ...first }, { customer: 'waits for wh_1', ...first },
      ]);
      await tell(stockDepleted(a, variant, { at: second(3) }));
      await tell(stockUpdated(a, variant, 4, { previous: 0, at: second(4) }));
      assert.equal((await noticesAbout(a, variant)).length, 2, 'who was told waits no more');
      await tell(stockUpdated(a, variant, 4, { warehouse: 'wh_2', previous: 0, at: second(5) }));
      assert.deepEqual((await noticesAbout(a, variant)).slice(2), [
        { customer: 'waits for wh_2', name: 'back_in_stock', data: { variant_id: variant, warehouse_id: 'wh_2' } },
      ]);
    });

    it('is not told by what is older than the empty shelf', async () => {
      const variant = newVariant();
      await waiting(variant);
      await tell(stockUpdated(a, variant, 4, { previous: 0, at: second(0) }));
      assert.deepEqual(await noticesAbout(a, variant), []);
    });
  });

  describe('that a reservation has overtaken', () => {
    const MINUTES = 60_000;
    const after = (seconds: number) => new Date(second(seconds).getTime() + 1);
    const order = async (variant: string): Promise<string> => {
      const { status, body } = await ordering.call(a, 'POST', '/api/v1/orders', { cart_id: await ordering.putInCart(a, variant) });
      assert.equal(status, 201, JSON.stringify(body));
      return body.order_id as string;
    };
    /** The inventory's answer to an order of one of each variant; `left`: what its shelf has then. */
    const reserved = (orderId: string, left: Record<string, number>, at: Date) =>
      messageOf(a, 'inventory.stock.reserved', {
        reservation_id: randomUUID(),
        order_id: orderId,
        expires_at: new Date(Date.now() + 15 * MINUTES).toISOString(),
        items: Object.entries(left).map(([variant_id, stock_after]) => (
          { variant_id, warehouse_id: 'wh_1', quantity: 1, stock_before: stock_after + 1, stock_after }
        )),
      }, at);

    it('marks the carts all the same, and tells their customers once', async () => {
      const variant = newVariant();
      await tell(stockUpdated(a, variant, 1, { at: second(1) }));
      const cart = await ordering.putInCart(a, variant, { customerId: 'cus_1' });
      assert.equal((await tell(reserved(await order(variant), { [variant]: 0 }, after(2)))).outcome, 'done');
      for (const late of [stockDepleted(a, variant, { at: second(2) }), stockUpdated(a, variant, 0, { previous: 1, at: second(2) })]) {
        const { outcome, code } = await tell(late);
        assert.deepEqual([outcome, code], ['warned', 'atrasado']);
      }
      assert.deepEqual(await markOf(a, cart), ['out_of_stock']);
      assert.deepEqual(await noticesAbout(a, variant), [
        { customer: 'cus_1', name: 'cart_item_out_of_stock', data: { variant_id: variant, cart_id: cart } },
      ]);
    });

    it('clears the marks and tells those who wait that there is some, once', async () => {
      const [variant, other] = [newVariant(), newVariant()];
      await tell(stockUpdated(a, variant, 1, { at: second(0) }));
      await tell(stockUpdated(a, other, 5, { at: second(0) }));
      const cart = await ordering.putInCart(a, variant);
      await tell(stockDepleted(a, variant, { at: second(1) }));
      for (const warehouse of ['wh_1', 'wh_2', null]) await waitFor(a, variant, `waits for ${warehouse ?? 'any'}`, warehouse);
      await tell(reserved(await order(other), { [other]: 4, [variant]: 4 }, after(2)));
      for (let time = 0; time < 2; time += 1) {
        assert.equal((await tell(stockUpdated(a, variant, 5, { previous: 0, at: second(2) }))).code, 'atrasado');
      }
      assert.deepEqual([await markOf(a, cart), await availableOf(a, variant)], [[null], { wh_1: 4 }]);
      const back = { name: 'back_in_stock', data: { variant_id: variant, warehouse_id: 'wh_1' } };
      assert.deepEqual((await noticesAbout(a, variant)).filter(({ name }) => name === back.name), [
        { customer: 'waits for any', ...back }, { customer: 'waits for wh_1', ...back },
      ]);
    });

    it('tells nobody of a shelf that filled when it is empty again', async () => {
      const [variant, other] = [newVariant(), newVariant()];
      await tell(stockDepleted(a, variant, { at: second(1) }));
      await tell(stockUpdated(a, other, 5, { at: second(0) }));
      await waitFor(a, variant, 'cus_1', 'wh_1');
      await tell(reserved(await order(other), { [other]: 4, [variant]: 0 }, after(2)));
      await tell(stockUpdated(a, variant, 1, { previous: 0, at: second(2) }));
      assert.deepEqual(await noticesAbout(a, variant), []);
    });

    it('is decided again with the shelves locked: what it was read by may change meanwhile', async () => {
      const variant = newVariant();
      await tell(stockUpdated(a, variant, 0, { previous: 1, at: second(2) }));
      const cart = await ordering.putInCart(a, variant);
      const told = await ordering.whileHeld(
        (trx) => trx.run(
          'UPDATE ordering_availability SET available = 4, as_of = $3 WHERE tenant_id = $1 AND variant_id = $2', [a.tenantId, variant, second(3)],
        ),
        () => tell(stockDepleted(a, variant, { at: second(1) })),
      );
      assert.equal(told.code, 'atrasado');
      assert.deepEqual([await markOf(a, cart), await noticesAbout(a, variant)], [[null], []]);
    });

    it('in whichever order they commit, no cart is left without its mark', async () => {
      const emptied = Array.from({ length: 20 }, newVariant);
      const told = await Promise.all(emptied.map(async (variant) => {
        await tell(stockUpdated(a, variant, 1, { at: second(1) }));
        const cart = await ordering.putInCart(a, variant);
        return { variant, cart, orderId: await order(variant) };
      }));
      await Promise.all(told.flatMap(({ variant, orderId }) => [
        tell(stockDepleted(a, variant, { at: second(2) })), tell(reserved(orderId, { [variant]: 0 }, after(2))),
      ]));
      for (const { variant, cart } of told) {
        assert.deepEqual([await markOf(a, cart), (await noticesAbout(a, variant)).length], [['out_of_stock'], 1]);
      }
    });
  });

  it('that somebody else knows better by the time it is written is looked at again', async () => {
    const variant = newVariant();
    await tell(stockUpdated(a, variant, 5, { at: second(1) }));
    const cart = await ordering.putInCart(a, variant);
    const told = await ordering.whileHeld(
      (trx) => trx.run(
        'UPDATE ordering_availability SET available = 4, as_of = $3 WHERE tenant_id = $1 AND variant_id = $2', [a.tenantId, variant, second(3)],
      ),
      () => tell(stockDepleted(a, variant, { at: second(2) })),
    );
    assert.equal(told.code, 'atrasado');
    assert.deepEqual([await availableOf(a, variant), await markOf(a, cart)], [{ wh_1: 4 }, [null]]);
  });

  it('waits for whoever is putting the variant into a cart, and finds it there', async () => {
    const variant = newVariant();
    for (const known of [false, true]) {
      if (known) await tell(stockUpdated(a, variant, 5, { previous: 0, at: second(3) }));
      let cart = '';
      await ordering.whileHeld(
        async (trx) => {
          const standing = (await findVariants(trx, a.tenantId, [variant], second(4), { lock: true })).get(variant);
          assert.equal(standing?.shelves.length, known ? 1 : 0);
          cart = await putInCart(trx, a, variant);
        },
        () => tell(stockDepleted(a, variant, { at: known ? second(4) : second(2) })),
      );
      assert.deepEqual(await markOf(a, cart), ['out_of_stock']);
    }
  });

  it('leaves free what orders have not set aside', async () => {
    const variant = newVariant();
    await tell(stockUpdated(a, variant, 10));
    const hold = (order: string, state: string, quantity: number, minutes: number, counted = true) => ordering.rows(
      `WITH placed AS (INSERT INTO ordering_orders (order_id, tenant_id, order_number, customer_id, state, currency, total_cents, placed_at, updated_at)
         VALUES ($1, $2, $1, 'cus', 'payment_pending', 'ARS', 0, now(), now()) RETURNING order_id, tenant_id),
       reserved AS (INSERT INTO ordering_reservations (order_id, tenant_id, state, expires_at, updated_at)
         SELECT order_id, tenant_id, $3, now() + $5 * interval '1 minute', now() FROM placed RETURNING order_id, tenant_id)
       INSERT INTO ordering_reservation_items (order_id, variant_id, warehouse_id, tenant_id, quantity, counted)
       SELECT order_id, $6, 'wh_1', tenant_id, $4, $7 FROM reserved`,
      [`${order}_${variant}`, a.tenantId, state, quantity, minutes, variant, counted],
    );
    await hold('held', 'held', 1, 5);
    await hold('confirmed', 'confirmed', 2, -5);
    await hold('expired', 'held', 4, -5);
    await hold('released', 'released', 4, 5);
    await hold('known to the inventory', 'held', 4, 5, false);
    assert.equal((await look(a, variant)).warehouses[0]?.free, 7);
  });

  it('within one second, as updated and as depleted, ends as the queue had it', async () => {
    const all = Array.from({ length: 40 }, newVariant);
    await Promise.all(all.map((variant) => tell(stockUpdated(a, variant, 1, { previous: 0, at: second(1) }))));
    const carts = await Promise.all(all.map((variant) => ordering.putInCart(a, variant)));
    const at = second(2);
    await Promise.all(all.flatMap((variant) => [
      tell(stockUpdated(a, variant, 0, { previous: 1, at })),
      tell(stockDepleted(a, variant, { at })),
      tell(stockUpdated(a, variant, 1, { previous: 0, at })),
    ]));
    for (const variant of all) assert.deepEqual(await availableOf(a, variant), { wh_1: 1 }, variant);
    const marked = await ordering.rows('SELECT 1 FROM ordering_cart_items WHERE cart_id = ANY($1) AND unavailable_reason IS NOT NULL', [carts]);
    assert.equal(marked.length, 0);
  });

  it('at the moment of what is known counts, unless what is known went on from it', async () => {
    const variant = newVariant();
    const at = second(1);
    await tell(stockUpdated(a, variant, 120, { previous: 115, at }));
    assert.equal((await tell(stockUpdated(a, variant, 0, { previous: 115, at }))).outcome, 'done');
    assert.deepEqual(await availableOf(a, variant), { wh_1: 0 });
    const another = newVariant();
    await tell(stockUpdated(a, another, 3, { previous: 5, at }));
    await tell(stockUpdated(a, another, 4, { previous: 0, at })); // the third
    assert.equal((await tell(stockUpdated(a, another, 0, { previous: 3, at }))).code, 'atrasado');
    assert.deepEqual(await availableOf(a, another), { wh_1: 4 });
  });

  it('in any order, repeated, and all at once ends with the newest word on each shelf', async () => {
    const step = fc.record({
      warehouse: fc.constantFrom('wh_1', 'wh_2'),
      moment: fc.integer({ min: 0, max: 50 }),
      available: fc.integer({ min: 0, max: 3 }),
      depleted: fc.boolean(),
    });
    const story = fc.uniqueArray(step, { selector: ({ warehouse, moment }) => `${warehouse} ${moment}`, minLength: 1, maxLength: 8 });
    const played = story.chain((steps) => fc.record({
      steps: fc.constant(steps),
      order: fc.array(fc.nat(steps.length - 1), { maxLength: 8 }).chain((again) => fc.shuffledSubarray([...steps.keys(), ...again], { minLength: steps.length + again.length })),
      together: fc.boolean(),
    }));
    await fc.assert(
      fc.asyncProperty(played, async ({ steps, order, together }) => {
        const variant = newVariant();
        const cart = await ordering.putInCart(a, variant);
        const messages = steps.map(({ warehouse, moment, available, depleted }) =>
          depleted ? stockDepleted(a, variant, { warehouse, at: second(moment) }) : stockUpdated(a, variant, available, { warehouse, at: second(moment) }));
        const tellOne = async (index: number) => {
          const { outcome, message } = await tell(messages[index] as Message);
          assert.ok(['done', 'warned', 'repeat'].includes(outcome), `${outcome}: ${message}`);
        };
        if (together) await Promise.all(order.map(tellOne));
        else for (const index of order) await tellOne(index);
        const newest: Record<string, number> = {};
        for (const { warehouse, available, depleted } of [...steps].sort((one, other) => one.moment - other.moment)) newest[warehouse] = depleted ? 0 : available;
        assert.deepEqual(await availableOf(a, variant), Object.fromEntries(Object.entries(newest).sort()));
        const gone = Object.values(newest).every((available) => available === 0);
        assert.deepEqual(await markOf(a, cart), [gone ? 'out_of_stock' : null]);
      }),
      { numRuns: 30 },
    );
  });
});
