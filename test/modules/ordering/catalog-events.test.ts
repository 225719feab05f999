import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { findVariants } from '../../../src/modules/ordering/availability/read-model.ts';
import { until } from '../../support/service.ts';
import { productDeleted, productUpdated, stockDepleted, stockUpdated, variantDeleted, variantUpdated } from './messages.ts';
import { openOrdering, putInCart, type Message, type Ordering, type Tenant } from './support.ts';

const minute = (minutes: number) => new Date(Date.UTC(2025, 10, 23, 16, minutes));
const FIXTURES = new URL('../../fixtures/contracts/amqp/order-service/in/', import.meta.url);

describe('what the catalogue says of products and variants', () => {
  let ordering: Ordering;
  let a: Tenant;
  let b: Tenant;
  let named = 0;
  const newVariant = () => `var_${(named += 1)}`;
  const newProduct = () => `prod_${(named += 1)}`;
  const tell = (message: Message) => ordering.tell(message);
  const fixture = async (name: string): Promise<Message> => {
    const message = JSON.parse(await readFile(new URL(`${name}.json`, FIXTURES), 'utf8')) as Message;
    return { ...message, organization_id: a.organizationId, data: { ...message.data, organization_id: a.organizationId } };
  };

  before(async () => {
    ordering = await openOrdering();
    ({ a, b } = ordering);
  });
  after(() => ordering.close());

  const look = (tenant: Tenant, variantId: string) => ordering.call(tenant, 'GET', `/api/v1/availability/${variantId}`);
  /** A reader may still see the moment before; the word to forget travels by itself. */
  const shows = (tenant: Tenant, variantId: string, expected: { price?: number | null; deleted?: boolean; available?: boolean }) =>
    until(`${variantId} is shown with ${JSON.stringify(expected)}`, async () => {
      const { body } = await look(tenant, variantId);
      return Object.entries(expected).every(([member, value]) => body[member] === value);
    });
  const cartOf = async (tenant: Tenant, cartId: string) => {
    const { status, body } = await ordering.call(tenant, 'GET', `/api/v1/carts/${cartId}`);
    assert.equal(status, 200);
    return (body.items as Array<{ variant_id: string; unit_price: number }>).map(({ variant_id, unit_price }) => [variant_id, unit_price]);
  };
  const noticesAbout = async (tenant: Tenant, variantId: string) =>
    (await ordering.notices(tenant)).filter(({ data }) => data.variant_id === variantId);
  const product = async (tenant: Tenant, productId: string) =>
    (await ordering.rows<{ name: string | null; cents: number | null; deleted: boolean }>(
      `SELECT name, base_price_cents AS cents, deleted_at IS NOT NULL AS deleted FROM ordering_products WHERE tenant_id = $1 AND product_id = $2`,
      [tenant.tenantId, productId],
    ))[0];

  it('comes as the document has it', async () => {
    for (const name of ['catalog.product.updated', 'catalog.variant.updated', 'catalog.product.deleted', 'catalog.variant.deleted']) {
      assert.deepEqual(await tell(await fixture(name)), { outcome: 'done', undeliverable: false }, name);
    }
    await shows(a, 'var_789', { price: 34.99, deleted: true, available: false });
  });

  for (const [name, message] of [
    ['catalog.product.updated', (tenant: Tenant, inside: string) => productUpdated(tenant, { name: { old: 'A', new: 'B' } }, { inside, product: 'prod_x' })],
    ['catalog.variant.updated', (tenant: Tenant, inside: string) => variantUpdated(tenant, 'var_x', { now: 5 }, { inside })],
    ['catalog.product.deleted', (tenant: Tenant, inside: string) => productDeleted(tenant, ['var_x'], { inside, product: 'prod_x' })],
    ['catalog.variant.deleted', (tenant: Tenant, inside: string) => variantDeleted(tenant, 'var_x', { inside })],
  ] as const) {
    it(`${name} of an unknown organization, or of another inside, is for nobody here`, async () => {
      const stranger = await tell(message({ ...a, organizationId: 'org_of_nobody' }, 'org_of_nobody'));
      assert.deepEqual([stranger.outcome, stranger.code, stranger.undeliverable], ['refused', 'organizacion_desconocida', true]);
      const other = await tell(message(a, b.organizationId));
      assert.deepEqual([other.outcome, other.code, other.undeliverable], ['refused', 'organizacion_distinta', true]);
      assert.deepEqual([(await look(a, 'var_x')).status, (await look(b, 'var_x')).status, await product(a, 'prod_x')], [404, 404, undefined]);
    });
  }

  describe('a changed product', () => {
    it('is kept by its newest word, and leaves carts their prices', async () => {
      const id = newProduct();
      const cart = await ordering.putInCart(a, newVariant(), { productId: id, priceCents: 1999 });
      const before = await cartOf(a, cart);
      await tell(productUpdated(a, { name: { old: 'A', new: 'B' }, base_price: { old: 19.99, new: 29.99 } }, { product: id, at: minute(1) }));
      const late = await tell(productUpdated(a, { name: { old: 'B', new: 'C' } }, { product: id, at: minute(0) }));
      assert.equal(late.code, 'atrasado');
      await tell(productUpdated(a, { base_price: { old: 29.99, new: 31 } }, { product: id, at: minute(2) }));
      assert.deepEqual(await product(a, id), { name: 'B', cents: 3100, deleted: false });
      assert.deepEqual([await cartOf(a, cart), await product(b, id)], [before, undefined]);
    });
  });

  describe('a changed variant', () => {
    it('is known from then on, without a price while none was said', async () => {
      const variant = newVariant();
      await tell(variantUpdated(a, variant, {}, { at: minute(5) }));
      await shows(a, variant, { price: null, deleted: false, available: true });
      assert.equal((await tell(variantUpdated(a, variant, { old: null, now: 12.5 }, { at: minute(4) }))).outcome, 'done', 'its first price');
      await shows(a, variant, { price: 12.5 });
    });

    it('changes the price in open carts and in no other, of this tenant and of no other', async () => {
      const variant = newVariant();
      const carts = [await ordering.putInCart(a, variant), await ordering.putInCart(a, variant), await ordering.putInCart(b, variant)] as const;
      await ordering.rows('UPDATE ordering_cart_items SET in_active_cart = false WHERE cart_id = $1', [carts[1]]);
      await tell(variantUpdated(a, variant, { old: 10, now: 9.5 }, { at: minute(1) }));
      const prices = await ordering.rows<{ cents: number }>(
        `SELECT unit_price_cents AS cents FROM unnest($1::uuid[]) WITH ORDINALITY AS c(cart_id, n) JOIN ordering_cart_items USING (cart_id) ORDER BY n`, [carts],
      );
      assert.deepEqual(prices.map(({ cents }) => cents), [950, 1000, 1000]);
      assert.deepEqual([await noticesAbout(a, variant), (await look(b, variant)).status], [[], 404]);
    });

    for (const [old, now, told] of [[10, 11, false], [10, 11.01, true], [0, 500, false], [null, 11.01, true]] as const) {
      it(`from ${old} to ${now}: the customer is ${told ? 'told' : 'not told'}`, async () => {
        const variant = newVariant();
        const cart = await ordering.putInCart(a, variant, { customerId: 'cus_1', priceCents: old === 0 ? 0 : 1000 });
        await tell(variantUpdated(a, variant, { old, now }, { at: minute(1) }));
        assert.deepEqual(await cartOf(a, cart), [[variant, now]]);
        const data = { variant_id: variant, cart_id: cart, old_price: 10, new_price: now, currency: 'ARS' };
        assert.deepEqual(await noticesAbout(a, variant), told ? [{ customer: 'cus_1', name: 'price_increase', data }] : []);
      });
    }

    it('is not changed by an older word, nor twice by the same, nor by another of the same moment', async () => {
      const variant = newVariant();
      const cart = await ordering.putInCart(a, variant);
      const change = variantUpdated(a, variant, { old: 10, now: 12 }, { at: minute(2) });
      assert.deepEqual([(await tell(change)).outcome, (await tell(change)).outcome], ['done', 'repeat']);
      assert.equal((await tell(variantUpdated(a, variant, { old: 12, now: 50 }, { at: minute(2) }))).outcome, 'conflict');
      assert.equal((await tell(variantUpdated(a, variant, { old: 5, now: 10 }, { at: minute(1) }))).code, 'atrasado');
      assert.deepEqual([await cartOf(a, cart), (await noticesAbout(a, variant)).length], [[[variant, 12]], 1]);
      await shows(a, variant, { price: 12 });
    });
  });

  describe('a deletion', () => {
    const placeOrder = async (tenant: Tenant, state: string, variantIds: string[]): Promise<string> => {
      const id = `order_${(named += 1)}`;
      await ordering.rows(
        `WITH placed AS (INSERT INTO ordering_orders (order_id, tenant_id, order_number, customer_id, state, currency, total_cents, reason, placed_at, updated_at)
           VALUES ($1, $2, $1, 'cus', $3, 'ARS', 0, CASE WHEN $3 = 'cancelled' THEN 'customer_request' END, now(), now()) RETURNING order_id, tenant_id),
         reserved AS (INSERT INTO ordering_reservations (order_id, tenant_id, state, expires_at, updated_at)
           SELECT order_id, tenant_id, CASE $3 WHEN 'pending' THEN 'requested' WHEN 'payment_pending' THEN 'held' ELSE 'confirmed' END, now() + interval '15 minutes', now() FROM placed)
         INSERT INTO ordering_order_lines (order_id, position, tenant_id, variant_id, quantity, unit_price_cents)
         SELECT order_id, n, tenant_id, variant_id, 1, 100 FROM placed, unnest($4::text[]) WITH ORDINALITY AS line(variant_id, n)`,
        [id, tenant.tenantId, state, variantIds],
      );
      return id;
    };
    const statesOf = async (orders: readonly string[]) =>
      (await ordering.rows<{ state: string; reason: string | null }>(
        'SELECT state, reason FROM unnest($1::text[]) WITH ORDINALITY AS o(order_id, n) JOIN ordering_orders USING (order_id) ORDER BY n', [orders],
      )).map(({ state, reason }) => (reason === null ? state : `${state}: ${reason}`));

    it('of a product takes its variants out of carts, listed or known, and cancels what is not paid', async () => {
      const [id, listed, known, other] = [newProduct(), newVariant(), newVariant(), newVariant()];
      await tell(variantUpdated(a, known, { now: 10 }, { product: id, at: minute(1) }));
      const cart = await ordering.putInCart(a, listed, { customerId: 'cus_1' });
      for (const variant of [known, other]) await ordering.putInCart(a, variant, { customerId: 'cus_1', cartId: cart });
      const cartOfB = await ordering.putInCart(b, listed);
      const mixed = await placeOrder(a, 'payment_pending', [other, listed]);
      const orders = [mixed, await placeOrder(a, 'pending', [known]), await placeOrder(a, 'confirmed', [listed]), await placeOrder(a, 'completed', [listed]),
        await placeOrder(a, 'cancelled', [listed]), await placeOrder(a, 'payment_pending', [other]), await placeOrder(b, 'payment_pending', [listed])];

      const deletion = productDeleted(a, [listed], { product: id, at: minute(2) });
      assert.deepEqual([(await tell(deletion)).outcome, (await tell(deletion)).outcome], ['done', 'repeat']);

      assert.deepEqual([await cartOf(a, cart), (await cartOf(b, cartOfB)).length], [[[other, 10]], 1]);
      const removed = (variant: string) => [{ customer: 'cus_1', name: 'cart_item_removed', data: { variant_id: variant, reason: 'product_discontinued' } }];
      assert.deepEqual([await noticesAbout(a, listed), await noticesAbout(a, known), await noticesAbout(a, other)], [removed(listed), removed(known), []]);
      assert.deepEqual(await statesOf(orders), [
        'cancelled: product_discontinued', 'cancelled: product_discontinued', 'confirmed', 'completed', 'cancelled: customer_request', 'payment_pending', 'payment_pending',
      ]);
      const announced = (await ordering.published(a, 'order.cancelled')).map(({ data }) => data as Record<string, unknown>).find((data) => data.order_id === mixed);
      assert.deepEqual([announced?.reason, announced?.auto_cancelled], ['product_discontinued', true]);
      for (const variant of [listed, known]) await shows(a, variant, { deleted: true, available: false });
      assert.equal((await product(a, id))?.deleted, true);
    });

    it('of a product waits for whoever is putting a variant of it into a cart, and takes it out again', async () => {
      const [id, variant] = [newProduct(), newVariant()];
      await tell(variantUpdated(a, variant, { now: 10 }, { product: id, at: minute(1) }));
      let cart = '';
      await ordering.whileHeld(
        async (trx) => {
          await findVariants(trx, a.tenantId, [variant], minute(1), { lock: true });
          cart = await putInCart(trx, a, variant);
        },
        () => tell(productDeleted(a, [variant], { product: id, at: minute(2) })),
      );
      assert.deepEqual(await cartOf(a, cart), []);
    });

    it('of a variant does the same for that one', async () => {
      const [gone, stays] = [newVariant(), newVariant()];
      const cart = await ordering.putInCart(a, gone, { customerId: 'cus_1' });
      await ordering.putInCart(a, stays, { cartId: cart });
      const orders = [await placeOrder(a, 'payment_pending', [gone, stays]), await placeOrder(a, 'payment_pending', [stays])];
      assert.equal((await tell(variantDeleted(a, gone, { at: minute(1) }))).outcome, 'done');
      assert.deepEqual([await cartOf(a, cart), await statesOf(orders)], [[[stays, 10]], ['cancelled: product_discontinued', 'payment_pending']]);
      assert.equal((await noticesAbout(a, gone)).length, 1);
    });

    it('is final: neither a change nor stock brings the variant back', async () => {
      const variant = newVariant();
      await tell(variantUpdated(a, variant, { now: 10 }, { at: minute(1) }));
      await tell(variantDeleted(a, variant, { at: minute(2) }));
      const change = await tell(variantUpdated(a, variant, { old: 10, now: 12 }, { at: minute(3) }));
      assert.deepEqual([change.outcome, change.code], ['warned', 'eliminado']);
      await tell(stockDepleted(a, variant, { at: minute(4) }));
      await ordering.rows(`INSERT INTO ordering_waitlist (tenant_id, customer_id, variant_id, created_at) VALUES ($1, 'cus', $2, now())`, [a.tenantId, variant]);
      await tell(stockUpdated(a, variant, 5, { previous: 0, at: minute(5) }));
      await shows(a, variant, { deleted: true, available: false, price: 10 });
      assert.deepEqual(await noticesAbout(a, variant), [], 'nobody is told that it is back');
    });

    it('that is older than the last change changes nothing', async () => {
      const [id, variant] = [newProduct(), newVariant()];
      await tell(variantUpdated(a, variant, { now: 10 }, { product: id, at: minute(3) }));
      await tell(productUpdated(a, { name: { old: 'A', new: 'B' } }, { product: id, at: minute(3) }));
      assert.equal((await tell(variantDeleted(a, variant, { product: id, at: minute(2) }))).code, 'atrasado');
      assert.equal((await tell(productDeleted(a, [variant], { product: id, at: minute(2) }))).code, 'atrasado');
      await shows(a, variant, { deleted: false, available: true });
    });

    it('of a product counts for a variant that is heard of only later', async () => {
      const [id, variant] = [newProduct(), newVariant()];
      await tell(productDeleted(a, [], { product: id, at: minute(1) }));
      await tell(variantUpdated(a, variant, { now: 10 }, { product: id, at: minute(2) }));
      await shows(a, variant, { deleted: true, available: false });
    });

    it('keeps a variant out of carts', async () => {
      const variant = newVariant();
      await tell(variantDeleted(a, variant));
      const opened = await ordering.call(a, 'POST', '/api/v1/carts', { customer_id: 'cus_1', currency: 'ARS' });
      const added = await ordering.call(a, 'POST', `/api/v1/carts/${String(opened.body.cart_id)}/items`, { variant_id: variant, quantity: 1, unit_price: 10 });
      assert.equal(added.status, 409);
    });
  });
});
