import assert from 'node:assert/strict';
import { openRestApp, type RestApp } from '../marketplace/rest-support.ts';
import { openOrdering, TTL, type Ordering, type Store } from './orders-support.ts';

describe('what the customer of an order is told', () => {
  let app: RestApp;
  let ordering: Ordering;
  let store: Store;
  before(async () => {
    app = await openRestApp();
    ordering = await openOrdering(app);
    store = await ordering.openStore();
    await ordering.stock(store, 'var_a', 20);
  });
  after(async () => {
    await ordering.close();
    await app.close();
  });

  const placed = async () => {
    const cart_id = await ordering.cart(store, [{ variantId: 'var_a' }]);
    const { body } = await app.agent.post('/api/v1/orders').set(store.auth).send({ cart_id }).expect(201);
    return body as { order_id: string; order_number: string };
  };
  const cancel = (orderId: string) => app.agent.post(`/api/v1/orders/${orderId}/cancel`).set(store.auth).send({ reason: 'me arrepentí' });
  /** What went through the modules beside REST, then what went through REST. */
  const toldOf = async (orderNumber: string) =>
    [...(await ordering.notices()), ...(await app.agent.get('/api/v1/notifications').set(store.auth).expect(200)).body.notifications]
      .map(({ name, data }) => ({ name, data: data as Record<string, unknown> }))
      .filter(({ data }) => data['order_number'] === orderNumber);

  it('confirmed, and then cancelled by a person: each once', async () => {
    const { order_id, order_number } = await placed();
    assert.deepEqual(await toldOf(order_number), []);
    await ordering.pay(store, order_id);
    await cancel(order_id).expect(200);
    await cancel(order_id).expect(409);
    const common = { order_number, total: 10.5, currency: 'ARS' };
    assert.deepEqual(await toldOf(order_number), [
      { name: 'order_confirmed', data: { ...common, reason: null } },
      { name: 'order_cancelled', data: { ...common, reason: 'me arrepentí' } },
    ]);
  });

  it('cancelled because its time was up: that, and not a second time that it is cancelled', async () => {
    const { order_number } = await placed();
    app.time.now = new Date(app.time.now.getTime() + TTL);
    await ordering.sweep();
    await ordering.sweep();
    assert.deepEqual((await toldOf(order_number)).map(({ name }) => name), ['order_cancelled_timeout']);
  });
});
