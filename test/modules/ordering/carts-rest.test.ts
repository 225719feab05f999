import assert from 'node:assert/strict';
import { lockSubjects } from '../../../src/events/processor.ts';
import { organizationOf } from '../../../src/kernel/organizations.ts';
import { variantSubject } from '../../../src/modules/ordering/availability/topics.ts';
import { openRestApp, registerTenant, type RestApp, type SignedIn } from '../marketplace/rest-support.ts';
import { until } from '../../support/service.ts';

describe('REST: carts and the waitlist', () => {
  let app: RestApp;
  let admin: SignedIn;
  let other: SignedIn;
  before(async () => {
    app = await openRestApp();
    [admin, other] = [await registerTenant(app), await registerTenant(app)];
  });
  after(() => app.close());

  let made = 0;
  const variant = () => `var ${(made += 1)}/ñ`;
  const post = (path: string, body: object, status: number, who = admin) =>
    app.agent.post(path).set(who.auth).send(body).expect(status);
  const open = async (fields: object = {}, who = admin) =>
    (await post('/api/v1/carts', { customer_id: 'cus_1', ...fields }, 201, who)).body;
  const get = async (cartId: string) =>
    (await app.agent.get(`/api/v1/carts/${cartId}`).set(admin.auth).expect(200)).body;
  const put = async (cartId: string, body: object, status = 200, who = admin) =>
    (await post(`/api/v1/carts/${cartId}/items`, body, status, who)).body;
  const line = (cartId: string, variantId: string) => `/api/v1/carts/${cartId}/items/${encodeURIComponent(variantId)}`;
  const patch = async (cartId: string, variantId: string, body: object, status = 200, who = admin) =>
    (await app.agent.patch(line(cartId, variantId)).set(who.auth).send(body).expect(status)).body;
  const remove = async (cartId: string, variantId: string, status = 200, who = admin) =>
    (await app.agent.delete(line(cartId, variantId)).set(who.auth).expect(status)).body;
  const sql = (text: string, values: unknown[]) =>
    app.deps.database.transaction('system', (trx) => trx.run(text, values));
  /** As the catalogue's events leave it. */
  const inCatalogue = (id: string, fields: { price?: number; product?: string; deleted?: boolean } = {}) =>
    sql(
      `INSERT INTO ordering_variants (variant_id, tenant_id, product_id, price_cents, updated_at, deleted_at)
       VALUES ($1, $2, $3, $4, now(), CASE WHEN $5 THEN now() END)`,
      [id, admin.tenantId, fields.product, fields.price, fields.deleted ?? false],
    );
  /** As the inventory's events leave it. */
  const onShelf = (id: string, warehouse: string, available: number) =>
    sql(
      `INSERT INTO ordering_availability
         (variant_id, warehouse_id, tenant_id, total, available, reserved, damaged, as_of)
       VALUES ($1, $2, $3, $4, $4, 0, 0, now())`,
      [id, warehouse, admin.tenantId, available],
    );

  it('opens an empty cart in pesos and shows it again', async () => {
    const cart = await open({ customer_id: 'cus 7' });
    assert.match(cart.cart_id, /^[\da-f-]{36}$/);
    assert.deepEqual(cart, {
      cart_id: cart.cart_id,
      customer_id: 'cus 7',
      state: 'active',
      currency: 'ARS',
      items: [],
      total: 0,
      created_at: app.time.now.toISOString(),
      updated_at: app.time.now.toISOString(),
    });
    assert.deepEqual(await get(cart.cart_id), cart);
    assert.equal((await open({ currency: 'USD' })).currency, 'USD');
    assert.notEqual((await open()).cart_id, (await open()).cart_id);
  });

  it('wants a customer, a currency of three letters and a token', async () => {
    for (const customer_id of [undefined, null, '', ' ', 7, 'x'.repeat(101), 'a\u0000']) {
      await post('/api/v1/carts', { customer_id }, 400);
    }
    for (const currency of ['pesos', 'ars', '', null, 1]) {
      await post('/api/v1/carts', { customer_id: 'cus_1', currency }, 400);
    }
    await app.agent.post('/api/v1/carts').send({ customer_id: 'cus_1' }).expect(401);
  });

  it("takes the catalogue's price and product, whatever the caller says", async () => {
    const [{ cart_id }, id] = [await open(), variant()];
    await inCatalogue(id, { price: 123_45, product: 'prod_1' });
    const cart = await put(cart_id, { variant_id: id, quantity: 2, unit_price: 1, product_id: 'mine' });
    assert.deepEqual(cart.items, [
      {
        variant_id: id,
        product_id: 'prod_1',
        quantity: 2,
        unit_price: 123.45,
        total: 246.9,
        available: true,
        unavailable_reason: null,
      },
    ]);
    assert.equal(cart.total, 246.9);
    assert.deepEqual(await get(cart_id), cart);
  });

  it('needs a price for what the catalogue has told none of, and says so', async () => {
    const [{ cart_id }, id, priceless] = [await open(), variant(), variant()];
    await inCatalogue(priceless);
    for (const variant_id of [id, priceless]) {
      const problem = await put(cart_id, { variant_id, quantity: 1 }, 400);
      assert.match(problem.errores[0], /^unit_price: es obligatorio/);
      const cart = await put(cart_id, { variant_id, quantity: 1, unit_price: 0.1, product_id: 'p' });
      assert.equal(cart.items.at(-1).unit_price, 0.1);
      assert.equal(cart.items.at(-1).product_id, 'p');
    }
    assert.equal((await get(cart_id)).total, 0.2);
  });

  it('adds up what is put in twice, also at once, in one line', async () => {
    const [{ cart_id }, id] = [await open(), variant()];
    await put(cart_id, { variant_id: id, quantity: 2, unit_price: 10 });
    await Promise.all([1, 2, 3, 4, 5].map(() => put(cart_id, { variant_id: id, quantity: 1 })));
    const { items, total } = await get(cart_id);
    assert.deepEqual(items.map(({ quantity }: { quantity: number }) => quantity), [7]);
    assert.equal(total, 70);
  });

  it('changes a quantity, takes a line out, and knows no line that is not there', async () => {
    const [{ cart_id }, id, second] = [await open(), variant(), variant()];
    await put(cart_id, { variant_id: id, quantity: 2, unit_price: 19.99 });
    app.time.now = new Date(app.time.now.getTime() + 1000);
    await put(cart_id, { variant_id: second, quantity: 1, unit_price: 5 });
    const changed = await patch(cart_id, id, { quantity: 3 });
    assert.deepEqual(changed.items.map((item: { quantity: number }) => item.quantity), [3, 1]);
    assert.equal(changed.total, 64.97);
    assert.equal(changed.updated_at, app.time.now.toISOString());
    assert.notEqual(changed.created_at, changed.updated_at);
    const left = await remove(cart_id, id);
    assert.deepEqual(left.items.map((item: { variant_id: string }) => item.variant_id), [second]);
    await remove(cart_id, id, 404);
    await patch(cart_id, id, { quantity: 1 }, 404);
    assert.equal((await get(cart_id)).total, 5);
  });

  it('refuses quantities, prices and names that make no sense', async () => {
    const [{ cart_id }, id] = [await open(), variant()];
    await put(cart_id, { variant_id: id, quantity: 1, unit_price: 1 });
    for (const quantity of [0, -1, 1.5, 10_001, '1', null, undefined]) {
      await put(cart_id, { variant_id: id, quantity, unit_price: 1 }, 400);
      await patch(cart_id, id, { quantity }, 400);
    }
    const bad = [-1, 1.001, '1', 1e12].map((unit_price): object => ({ unit_price }));
    for (const fields of [...bad, { variant_id: '' }, { variant_id: undefined }, { product_id: 1 }]) {
      await put(cart_id, { variant_id: id, quantity: 1, unit_price: 1, ...fields }, 400);
    }
    await put('not-a-uuid', { variant_id: id, quantity: 1, unit_price: 1 }, 400);
    assert.equal((await get(cart_id)).total, 1);
  });

  it('holds a cart to 10000 of a variant, 200 lines and an amount that stays exact', async () => {
    const [{ cart_id }, id] = [await open(), variant()];
    await put(cart_id, { variant_id: id, quantity: 10_000, unit_price: 1 });
    assert.match((await put(cart_id, { variant_id: id, quantity: 1 }, 400)).message, /10000/);
    await sql(
      `INSERT INTO ordering_cart_items (cart_id, tenant_id, variant_id, quantity, unit_price_cents, added_at)
       SELECT $1, $2, 'line ' || n, 1, 100, now() FROM generate_series(1, 199) AS n`,
      [cart_id, admin.tenantId],
    );
    assert.match((await put(cart_id, { variant_id: variant(), quantity: 1, unit_price: 1 }, 400)).message, /200/);
    await put(cart_id, { variant_id: 'line 1', quantity: 1 });
    assert.equal((await get(cart_id)).items.length, 200);
    const rich = (await open()).cart_id;
    await put(rich, { variant_id: id, quantity: 1, unit_price: 1e11 });
    await patch(rich, id, { quantity: 100 });
    assert.match((await patch(rich, id, { quantity: 101 }, 400)).message, /total/);
    assert.equal((await get(rich)).total, 1e13);
  });

  it('refuses what is sold out everywhere or taken out of the catalogue', async () => {
    const [{ cart_id }, soldOut, somewhere, deleted] = [await open(), variant(), variant(), variant()];
    await onShelf(soldOut, 'w1', 0);
    await onShelf(soldOut, 'w2', 0);
    await onShelf(somewhere, 'w1', 0);
    await onShelf(somewhere, 'w2', 3);
    await inCatalogue(deleted, { price: 100, deleted: true });
    for (const id of [soldOut, deleted]) {
      const problem = await put(cart_id, { variant_id: id, quantity: 1, unit_price: 1 }, 409);
      assert.equal(problem.code, 'no_disponible');
    }
    await put(cart_id, { variant_id: somewhere, quantity: 1, unit_price: 1 });
    assert.equal((await get(cart_id)).items.length, 1);
  });

  it('takes no more of what sold out meanwhile, and gives up some of it', async () => {
    const [{ cart_id }, id] = [await open(), variant()];
    await onShelf(id, 'w1', 5);
    await put(cart_id, { variant_id: id, quantity: 2, unit_price: 1 });
    await sql('UPDATE ordering_availability SET available = 0 WHERE variant_id = $1', [id]);
    assert.equal((await patch(cart_id, id, { quantity: 3 }, 409)).code, 'no_disponible');
    assert.equal((await patch(cart_id, id, { quantity: 1 })).items[0].quantity, 1);
  });

  it('waits for an event about the variant, and then sees what it said', async () => {
    const [{ cart_id }, id] = [await open(), variant()];
    const { database } = app.deps;
    let answered = false;
    let adding: Promise<{ code: string }> | undefined;
    await database.transaction('system', async (trx) => {
      const { organizationId } = await organizationOf(trx, admin.tenantId);
      await lockSubjects(trx, [{ subject: variantSubject(organizationId, id) }]);
      adding = put(cart_id, { variant_id: id, quantity: 1, unit_price: 1 }, 409);
      void adding.then(() => (answered = true), () => (answered = true));
      await until('the caller waits for the lock', async () => {
        const { waiting } = await trx.one<{ waiting: boolean }>(
          `SELECT EXISTS (SELECT FROM pg_locks WHERE locktype = 'advisory' AND NOT granted
             AND database = (SELECT oid FROM pg_database WHERE datname = current_database())) AS waiting`,
        );
        return waiting || answered;
      });
      assert.equal(answered, false);
      await trx.run(
        `INSERT INTO ordering_availability
           (variant_id, warehouse_id, tenant_id, total, available, reserved, damaged, as_of)
         VALUES ($1, 'w1', $2, 0, 0, 0, 0, now())`,
        [id, admin.tenantId],
      );
    });
    assert.equal((await adding)?.code, 'no_disponible');
    assert.deepEqual((await get(cart_id)).items, []);
  });

  it('shows the mark of an event, keeps it under a new quantity, and lifts it when it is put in again', async () => {
    const [{ cart_id }, id] = [await open(), variant()];
    await put(cart_id, { variant_id: id, quantity: 1, unit_price: 1 });
    await sql(`UPDATE ordering_cart_items SET unavailable_reason = 'out_of_stock' WHERE cart_id = $1`, [cart_id]);
    const [marked] = (await patch(cart_id, id, { quantity: 2 })).items;
    assert.deepEqual([marked.available, marked.unavailable_reason], [false, 'out_of_stock']);
    const [again] = (await put(cart_id, { variant_id: id, quantity: 1 })).items;
    assert.deepEqual([again.available, again.unavailable_reason, again.quantity], [true, null, 3]);
  });

  it('changes nothing of a cart that was ordered', async () => {
    const [{ cart_id }, id] = [await open(), variant()];
    await put(cart_id, { variant_id: id, quantity: 1, unit_price: 1 });
    await sql(`UPDATE ordering_carts SET state = 'ordered' WHERE cart_id = $1`, [cart_id]);
    assert.equal((await put(cart_id, { variant_id: id, quantity: 1 }, 409)).code, 'carrito_pedido');
    await patch(cart_id, id, { quantity: 2 }, 409);
    await remove(cart_id, id, 409);
    const cart = await get(cart_id);
    assert.deepEqual([cart.state, cart.items[0].quantity], ['ordered', 1]);
  });

  it("knows nothing of another tenant's cart, nor of its prices and stock", async () => {
    const [{ cart_id }, id] = [await open(), variant()];
    await inCatalogue(id, { price: 100 });
    await put(cart_id, { variant_id: id, quantity: 1 });
    await app.agent.get(`/api/v1/carts/${cart_id}`).set(other.auth).expect(404);
    await put(cart_id, { variant_id: id, quantity: 1, unit_price: 1 }, 404, other);
    await patch(cart_id, id, { quantity: 2 }, 404, other);
    await remove(cart_id, id, 404, other);
    assert.equal((await get(cart_id)).items[0].quantity, 1);
    const theirs = await open({}, other);
    await put(theirs.cart_id, { variant_id: id, quantity: 1 }, 400, other);
  });

  describe('waitlist', () => {
    const wait = async (fields: object, status = 201, who = admin) =>
      (await post('/api/v1/waitlist', fields, status, who)).body;
    const list = async (query: string, who = admin) =>
      (await app.agent.get(`/api/v1/waitlist?${query}`).set(who.auth).expect(200)).body;

    it('keeps a customer once for a variant and warehouse, also when asked at once', async () => {
      const variant_id = variant();
      const wanted = { customer_id: 'cus_w', variant_id };
      const entry = await wait(wanted);
      assert.deepEqual(entry, {
        waitlist_id: entry.waitlist_id,
        ...wanted,
        warehouse_id: null,
        created_at: app.time.now.toISOString(),
        notified_at: null,
      });
      assert.deepEqual(await wait(wanted, 200), entry);
      const here = { ...wanted, warehouse_id: 'w1' };
      const answers = await Promise.all(
        [1, 2, 3, 4].map(() => app.agent.post('/api/v1/waitlist').set(admin.auth).send(here)),
      );
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 200, 200, 201]);
      assert.equal(new Set(answers.map(({ body }) => body.waitlist_id)).size, 1);
      assert.equal((await list(`variant_id=${encodeURIComponent(variant_id)}`)).waitlist.length, 2);
    });

    it('takes whoever was told already once more', async () => {
      const wanted = { customer_id: 'cus_w', variant_id: variant() };
      const { waitlist_id } = await wait(wanted);
      await sql('UPDATE ordering_waitlist SET notified_at = now() WHERE waitlist_id = $1', [waitlist_id]);
      assert.notEqual((await wait(wanted)).waitlist_id, waitlist_id);
    });

    it('lists by customer and variant, newest first, page by page', async () => {
      const ids = [];
      for (const variant_id of [variant(), variant(), variant()]) {
        ids.unshift((await wait({ customer_id: 'cus_pages', variant_id })).waitlist_id);
      }
      const first = await list('customer_id=cus_pages&limit=2');
      const second = await list(`customer_id=cus_pages&limit=2&before=${first.next_before}`);
      const idsOf = ({ waitlist }: { waitlist: Array<{ waitlist_id: number }> }) =>
        waitlist.map((entry) => entry.waitlist_id);
      assert.deepEqual([...idsOf(first), ...idsOf(second)], ids);
      assert.equal(second.next_before, null);
      assert.deepEqual((await list('customer_id=cus_pages', other)).waitlist, []);
      await app.agent.get('/api/v1/waitlist?limit=201').set(admin.auth).expect(400);
      await app.agent.get('/api/v1/waitlist?before=x').set(admin.auth).expect(400);
    });

    it('lets go, once and of its own only', async () => {
      const { waitlist_id } = await wait({ customer_id: 'cus_gone', variant_id: variant() });
      const remove = (who: SignedIn, status: number) =>
        app.agent.delete(`/api/v1/waitlist/${waitlist_id}`).set(who.auth).expect(status);
      await remove(other, 404);
      await remove(admin, 200);
      await remove(admin, 404);
      assert.deepEqual((await list('customer_id=cus_gone')).waitlist, []);
    });
  });
});
