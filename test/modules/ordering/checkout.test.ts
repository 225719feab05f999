import assert from 'node:assert/strict';
import { openCheckout, type Checkout, type Store } from './checkout-support.ts';

describe('the checkout, all in one process and without a broker', () => {
  let checkout: Checkout;
  let store: Store;
  before(async () => {
    checkout = await openCheckout();
    store = await checkout.openStore();
    await checkout.stock(store, 'v1', 10, { productId: 'P1' });
    await checkout.stock(store, 'v2', 1, { productId: 'P2' });
  });
  after(() => checkout.service.close());

  it('goes from the request to the notice', async () => {
    const { status, location, body } = await checkout.ask({ user_id: 'U123', items: [{ product_id: 'P1', quantity: 2 }] });
    const id = String(body['order_id']);
    assert.deepEqual([status, body, location], [202, { message: 'Orden solicitada', order_id: id, status_url: `/checkout/${id}` }, `/checkout/${id}`]);
    const { state, reason, steps } = await checkout.ended(id);
    assert.deepEqual([state, reason, steps.map((step) => [step.name, step.state, step.at !== null])], [
      'pagada', null, [['usuario', 'hecho', true], ['inventario', 'hecho', true], ['pago', 'hecho', true]],
    ]);
    assert.deepEqual(await checkout.order(id), { state: 'confirmed', reason: null });
    await checkout.settled();
    assert.equal(await checkout.free(store, 'v1'), 8);
  });
});
