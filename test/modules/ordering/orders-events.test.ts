import assert from 'node:assert/strict';
import { openRestApp, type RestApp } from '../marketplace/rest-support.ts';
import { MINUTE, openOrdering, TTL, type Line, type Ordering, type Store } from './orders-support.ts';

describe("the inventory's answers, payments and the sweeper", () => {
  let app: RestApp;
  let ordering: Ordering;
  let store: Store;
  let started: Date;
  before(async () => {
    app = await openRestApp();
    ordering = await openOrdering(app);
    started = app.time.now;
  });
  beforeEach(async () => {
    store = await ordering.openStore();
    app.time.now = started;
  });
  after(async () => {
    await ordering.close();
    await app.close();
  });

  const later = (ms: number) => void (app.time.now = new Date(app.time.now.getTime() + ms));
  const placed = async (...lines: Line[]): Promise<string> => {
    const cart_id = await ordering.cart(store, lines);
    const res = await app.agent.post('/api/v1/orders').set(store.auth).send({ cart_id }).expect(201);
    return res.body.order_id as string;
  };
  const refusedToPlace = async (...lines: Line[]): Promise<{ code: string }> => {
    const cart_id = await ordering.cart(store, lines);
    const { body } = await app.agent.post('/api/v1/orders').set(store.auth).send({ cart_id }).expect(409);
    return body as { code: string };
  };
  /** All of its money went back at the gateway. */
  const refund = (orderId: string) =>
    app.deps.commands.run('system', async (work) => {
      await work.trx.run(`UPDATE ordering_payments SET state = 'refunded' WHERE order_id = $1 AND tenant_id = $2`, [orderId, store.tenantId]);
      await ordering.orders.refunded(work, store.organization, orderId);
    });
  /** State and reason as they were written down, each. */
  const standing = async (orderIds: readonly string[]) => {
    const rows = await app.deps.database.transaction('system', (trx) =>
      trx.rows<{ id: string; state: string; reason: string | null }>(
        'SELECT order_id AS id, state, reason FROM ordering_orders WHERE order_id = ANY($1)', [orderIds],
      ),
    );
    return orderIds.map((id) => rows.flatMap((row) => (row.id === id ? [row.state, row.reason] : [])));
  };
  const shown = async (orderId: string) => {
    const { body } = await app.agent.get(`/api/v1/orders/${orderId}`).set(store.auth).expect(200);
    return body as {
      state: string; reason: string | null; auto_cancelled: boolean | null; order_number: string;
      items: Array<{ warehouse_id: string }>; steps: Array<{ state: string }>;
      reservation: { reservation_id: string | null; state: string; expires_at: string };
    };
  };
  const told = async (orderId: string) => {
    const rows = await app.deps.database.transaction('system', (trx) =>
      trx.rows<{ topic: string; data: Record<string, unknown> }>(
        `SELECT topic, payload->'data' AS data FROM outbox WHERE payload->'data'->>'order_id' = $1 AND topic NOT LIKE 'stripe%' ORDER BY message_id`,
        [orderId],
      ),
    );
    return rows;
  };
  const topics = async (orderId: string) => (await told(orderId)).map(({ topic }) => topic);
  const item = (quantity: number, before: number, fields: object = {}) => ({
    variant_id: 'var_a', warehouse_id: 'wh_1', quantity, stock_before: before, stock_after: before - quantity, ...fields,
  });
  const free = async () => (await ordering.free(store)).map((shelf) => shelf.free);
  const answer = (orderId: string, reservationId = `res_${orderId}`, items = [item(1, 5)]) =>
    ordering.reserved(store, orderId, { reservation_id: reservationId, items }, new Date(app.time.now.getTime() + 1000));

  it('take a reservation over: its name, its expiry, and the stock counted once', async () => {
    await ordering.stock(store, 'var_a', 5);
    const id = await placed({ variantId: 'var_a' });
    assert.deepEqual(await free(), [4]);
    later(1);
    assert.equal((await answer(id)).state, 'done');
    assert.deepEqual(await free(), [4]); // 5 less ours before, 4 as the inventory says now
    const { state, reservation } = await shown(id);
    assert.equal(state, 'payment_pending');
    const expires_at = new Date(app.time.now.getTime() + TTL).toISOString();
    assert.deepEqual(reservation, { reservation_id: `res_${id}`, state: 'held', expires_at });
    assert.equal((await answer(id)).state, 'repeat');
    assert.deepEqual(await topics(id), ['order.placed']);
  });

  it('let a pending order be paid, and say where it comes from', async () => {
    const id = await placed({ variantId: 'var_a', quantity: 2 });
    assert.equal((await shown(id)).state, 'pending');
    await answer(id, 'res_p1', [item(1, 5), item(1, 5, { warehouse_id: 'wh_2' })]);
    const order = await shown(id);
    assert.equal(order.state, 'payment_pending');
    assert.deepEqual(order.items.map(({ warehouse_id }) => warehouse_id), ['wh_1', 'wh_2']);
    assert.deepEqual(await free(), [4, 4]);
    assert.equal(await ordering.pay(store, id), 'confirmed');
    const last = (await told(id)).slice(1);
    assert.deepEqual(last.map(({ topic }) => topic), ['order.confirmed', 'reservation.confirm']);
    assert.equal(last[0]?.data.reservation_id, 'res_p1');
    assert.deepEqual(last[1]?.data, { reservation_id: 'res_p1', order_id: id });
  });

  it('confirm an order that was paid while it waited for its stock', async () => {
    const id = await placed({ variantId: 'var_a' });
    assert.equal(await ordering.pay(store, id), 'waiting');
    assert.equal((await shown(id)).state, 'pending');
    assert.equal(await ordering.pay(store, id), 'refund'); // another payment: one is enough
    await answer(id);
    assert.deepEqual((await shown(id)).steps.map(({ state }) => state), ['pending', 'payment_pending', 'confirmed']);
    assert.deepEqual(await topics(id), ['order.placed', 'order.confirmed', 'reservation.confirm']);
    assert.equal((await ordering.givenBack()).filter(({ orderId }) => orderId === id).length, 1);
  });

  it('give the money back when the stock of a paid order never comes', async () => {
    const id = await placed({ variantId: 'var_a' });
    await ordering.pay(store, id);
    later(TTL);
    await Promise.all([ordering.sweep(), ordering.sweep()]);
    const { state, reason } = await shown(id);
    assert.deepEqual([state, reason], ['cancelled', 'reservation_timeout']);
    assert.equal((await ordering.givenBack()).filter(({ orderId }) => orderId === id).length, 1);
  });

  it('note the name that comes after the payment, and confirm it then', async () => {
    await ordering.stock(store, 'var_a', 5);
    const id = await placed({ variantId: 'var_a' });
    assert.equal(await ordering.pay(store, id), 'confirmed');
    const [, confirmed] = await told(id);
    assert.equal(confirmed?.data.reservation_id, `res_${id}`);
    later(1);
    await answer(id);
    assert.deepEqual(await topics(id), ['order.placed', 'order.confirmed', 'reservation.confirm']);
    assert.deepEqual(await free(), [4]);
    later(1);
    assert.equal((await answer(id, 'res_second', [item(1, 4)])).state, 'warned');
    const last = (await told(id)).at(-1);
    assert.deepEqual(last?.data, { reservation_id: 'res_second', order_id: id, reason: 'duplicate' });
  });

  it('give back a reservation that comes for an order that is over', async () => {
    await ordering.stock(store, 'var_a', 5);
    const cancelled = await placed({ variantId: 'var_a' });
    await app.agent.post(`/api/v1/orders/${cancelled}/cancel`).set(store.auth).send({}).expect(200);
    await answer(cancelled);
    assert.deepEqual((await told(cancelled)).at(-1)?.data, {
      reservation_id: `res_${cancelled}`, order_id: cancelled, reason: 'customer_request',
    });
    const expired = await placed({ variantId: 'var_a' });
    later(TTL);
    await answer(expired);
    assert.deepEqual(await topics(expired), ['order.placed', 'reservation.release', 'order.cancelled']);
    assert.equal((await shown(expired)).reason, 'payment_timeout');
  });

  it('cancel an order of which the inventory has less than was ordered', async () => {
    await ordering.stock(store, 'var_a', 5);
    const id = await placed({ variantId: 'var_a', quantity: 3 });
    later(1);
    const verdict = await answer(id, 'res_less', [item(2, 2)]);
    assert.equal(verdict.answer?.code, 'reserva_incompleta');
    const { state, reason } = await shown(id);
    assert.deepEqual([state, reason], ['cancelled', 'out_of_stock']);
    assert.deepEqual((await told(id)).filter(({ topic }) => topic === 'reservation.release').map(({ data }) => data.reservation_id), ['res_less']);
  });

  it('cancel once when the inventory times out, whoever was first', async () => {
    await ordering.stock(store, 'var_a', 5);
    const id = await placed({ variantId: 'var_a' });
    later(1);
    await answer(id);
    later(MINUTE);
    await ordering.released(store, id, `res_${id}`);
    const { state, reason, auto_cancelled, order_number } = await shown(id);
    assert.deepEqual([state, reason, auto_cancelled], ['cancelled', 'payment_timeout', true]);
    later(TTL);
    await ordering.sweep();
    assert.deepEqual(await topics(id), ['order.placed', 'order.cancelled']); // and nothing asked back of whoever gave it back
    const notices = (await ordering.notices()).filter(({ name }) => name === 'order_cancelled_timeout');
    assert.deepEqual(notices.at(-1), { customerId: 'cus_1', name: 'order_cancelled_timeout', data: { order_number } });

    const swept = await placed({ variantId: 'var_a' });
    later(1);
    await answer(swept);
    later(TTL);
    await ordering.sweep();
    await ordering.released(store, swept, `res_${swept}`);
    assert.deepEqual(await topics(swept), ['order.placed', 'order.cancelled', 'reservation.release']);
  });

  it('leave the order when the inventory gives back for another reason, until its time is up', async () => {
    await ordering.stock(store, 'var_a', 5);
    const id = await placed({ variantId: 'var_a' });
    await ordering.released(store, id, 'res_1', 'damaged');
    const { state, reservation } = await shown(id);
    assert.deepEqual([state, reservation.state], ['payment_pending', 'released']);
    later(TTL);
    await ordering.sweep();
    assert.deepEqual(await topics(id), ['order.placed', 'order.cancelled']);
  });

  it('warn when the inventory gives back what was paid for, and change nothing', async () => {
    await ordering.stock(store, 'var_a', 5);
    const id = await placed({ variantId: 'var_a' });
    later(1);
    await answer(id);
    await ordering.pay(store, id);
    const verdict = await ordering.released(store, id, `res_${id}`);
    assert.equal(verdict.answer?.code, 'pedido_pagado');
    assert.equal((await shown(id)).state, 'confirmed');
    assert.deepEqual(await topics(id), ['order.placed', 'order.confirmed', 'reservation.confirm']);
    await ordering.stock(store, 'var_a', 5); // it is on the inventory's shelf again, and sold all the same
    assert.deepEqual(await free(), [4]);
  });

  for (const made of ['swept', 'not swept'] as const) {
    it(`reserve again for whoever pays late (${made}), while there is stock`, async () => {
      await ordering.stock(store, 'var_a', 1);
      const id = await placed({ variantId: 'var_a' });
      later(TTL);
      if (made === 'swept') await ordering.sweep();
      assert.equal(await ordering.pay(store, id), 'confirmed');
      const { state, reason, auto_cancelled } = await shown(id);
      assert.deepEqual([state, reason, auto_cancelled], ['confirmed', null, null]);
      assert.deepEqual(await free(), [0]);
      const over = made === 'swept' ? ['order.cancelled'] : [];
      assert.deepEqual(await topics(id), ['order.placed', ...over, 'order.placed', 'order.confirmed']);
      await ordering.reserved(store, id, { reservation_id: `new_${id}`, items: [item(1, 1)] }, new Date(app.time.now.getTime() + 1));
      assert.equal((await topics(id)).at(-1), 'reservation.confirm');
      assert.deepEqual(await free(), [0]);
    });
  }

  it('refund whoever pays late when another has taken the stock', async () => {
    await ordering.stock(store, 'var_a', 1);
    const late = await placed({ variantId: 'var_a' });
    later(TTL);
    const next = await placed({ variantId: 'var_a' });
    assert.equal(await ordering.pay(store, late), 'refund');
    assert.equal((await shown(late)).state, 'cancelled');
    assert.deepEqual(await topics(late), ['order.placed', 'order.cancelled']);
    assert.equal(await ordering.pay(store, next), 'confirmed');
  });

  it('never sell what has gone to another, though the payer’s clock is behind', async () => {
    await ordering.stock(store, 'var_a', 1);
    const first = await placed({ variantId: 'var_a' });
    later(TTL);
    const second = await placed({ variantId: 'var_a' });
    later(-1); // of an instance that is behind: there the first is still in force
    assert.equal(await ordering.pay(store, first), 'refund');
    assert.equal(await ordering.pay(store, second), 'confirmed');
  });

  it('refund what is paid for an order that a person cancelled, and what is paid twice', async () => {
    await ordering.stock(store, 'var_a', 5);
    const id = await placed({ variantId: 'var_a' });
    await app.agent.post(`/api/v1/orders/${id}/cancel`).set(store.auth).send({}).expect(200);
    assert.equal(await ordering.pay(store, id), 'refund');
    const twice = await placed({ variantId: 'var_a' });
    const payment = '3f2504e0-4f89-41d3-9a0c-0305e82c3301';
    assert.equal(await ordering.pay(store, twice, payment), 'confirmed');
    assert.equal(await ordering.pay(store, twice, payment), 'confirmed'); // told again of the same
    assert.equal(await ordering.pay(store, twice), 'refund');
    assert.equal((await topics(twice)).filter((topic) => topic === 'order.confirmed').length, 1);
  });

  it('cancel a confirmed order whose money went back, and unpaid ones whose product is gone', async () => {
    await ordering.stock(store, 'var_a', 5);
    const paid = await placed({ variantId: 'var_a' });
    await ordering.pay(store, paid);
    const open = await placed({ variantId: 'var_a' });
    const { tenantId } = store;
    await app.deps.commands.run('system', async (work) => {
      await work.trx.run(`UPDATE ordering_payments SET state = 'refunded' WHERE order_id = $1 AND tenant_id = $2`, [paid, tenantId]);
      await ordering.orders.refunded(work, store.organization, paid);
      await ordering.orders.cancelUnpaidWith(work, store.organization, ['var_a'], 'product_discontinued');
    });
    assert.deepEqual([(await shown(paid)).state, (await shown(paid)).reason], ['cancelled', 'refunded']);
    const { state, reason, auto_cancelled } = await shown(open);
    assert.deepEqual([state, reason, auto_cancelled], ['cancelled', 'product_discontinued', true]);
    assert.deepEqual(await free(), [5]);
  });

  describe('of a reservation that ran out at the inventory while its order was paid', () => {
    const orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    for (const order of orders) {
      it(`sell its stock once, heard in the order ${order.map((n) => ['reserved', 'updated', 'released'][n]).join(', ')}`, async () => {
        await ordering.stock(store, 'var_a', 1);
        const id = await placed({ variantId: 'var_a' });
        const at = (ms: number) => new Date(started.getTime() + ms);
        later(MINUTE);
        assert.equal(await ordering.pay(store, id), 'confirmed');
        const figures = (available: number) => ({ total: 1, available, reserved: 0, damaged: 0 });
        const said = [
          () => ordering.reserved(store, id, { reservation_id: 'res_o', items: [item(1, 1)], expires_at: at(TTL).toISOString() }, at(1000)),
          () =>
            ordering.receive(store, 'inventory.stock.updated', {
              stock_id: 's', variant_id: 'var_a', warehouse_id: 'wh_1', quantities: figures(1), previous_quantities: figures(0),
              change_type: 'release', movement_id: `mov_${id}`,
            }, at(TTL + MINUTE)),
          () => ordering.released(store, id, 'res_o'),
        ];
        for (const n of order) assert.ok(['done', 'warned'].includes((await said[n]?.())?.state ?? ''));
        assert.deepEqual(await free(), [0]);
        assert.equal((await refusedToPlace({ variantId: 'var_a' })).code, 'sin_stock');
        assert.equal((await shown(id)).reservation.reservation_id, 'res_o');
      });
    }
  });

  it('leave what was delivered sold when its money goes back', async () => {
    await ordering.stock(store, 'var_a', 1);
    const id = await placed({ variantId: 'var_a' });
    await ordering.pay(store, id);
    await app.agent.post(`/api/v1/orders/${id}/complete`).set(store.auth).send({}).expect(200);
    await refund(id);
    const { state, reason, auto_cancelled } = await shown(id);
    assert.deepEqual([state, reason, auto_cancelled], ['cancelled', 'refunded', true]);
    assert.deepEqual(await free(), [0]);
    const before = ['order.placed', 'order.confirmed', 'order.completed', 'order.cancelled'];
    assert.deepEqual(await topics(id), before);
    later(1);
    await answer(id, 'res_late', [item(1, 1)]); // what left the house is not asked back, it is sold
    assert.deepEqual(await topics(id), [...before, 'reservation.confirm']);
    await ordering.released(store, id, 'res_late');
    await ordering.stock(store, 'var_a', 1);
    assert.deepEqual(await free(), [0]);
  });

  it('keep all that a paid order was sold by when the inventory has less', async () => {
    await ordering.stock(store, 'var_a', 2);
    const id = await placed({ variantId: 'var_a', quantity: 2 });
    await ordering.pay(store, id);
    later(1);
    assert.equal((await answer(id, 'res_part', [item(1, 2)])).answer?.code, 'reserva_incompleta');
    assert.equal((await refusedToPlace({ variantId: 'var_a' })).code, 'sin_stock');
    assert.deepEqual(await topics(id), ['order.placed', 'order.confirmed', 'reservation.confirm']);
    const { reservation, items } = await shown(id);
    assert.deepEqual([reservation.reservation_id, reservation.state], ['res_part', 'confirmed']);
    assert.deepEqual(items.map(({ warehouse_id }) => warehouse_id), ['wh_1']);
  });

  it('give the money back when the tenant is gone, and tell nobody', async () => {
    const [waiting, unpaid] = [await placed({ variantId: 'var_a' }), await placed({ variantId: 'var_a' })];
    assert.equal(await ordering.pay(store, waiting), 'waiting');
    await app.deps.database.transaction('system', (trx) =>
      trx.run('UPDATE tenants SET eliminado_en = $2 WHERE tenant_id = $1', [store.tenantId, app.time.now]),
    );
    await ordering.sweep(); // its time is not up
    assert.deepEqual(await standing([waiting, unpaid]), [['pending', null], ['pending', null]]);
    later(TTL);
    await Promise.all([ordering.sweep(), ordering.sweep()]);
    await ordering.sweep();
    const over = ['cancelled', 'reservation_timeout'];
    assert.deepEqual(await standing([waiting, unpaid]), [over, over]);
    assert.equal((await ordering.givenBack()).filter(({ orderId }) => orderId === waiting).length, 1);
    assert.deepEqual(await topics(waiting), ['order.placed']);
    assert.deepEqual(await topics(unpaid), ['order.placed']);
  });

  it('order nothing that costs nothing: nobody could pay it', async () => {
    await ordering.stock(store, 'var_a', 5);
    const nothing = { variantId: 'var_a', unitPriceCents: 0 };
    assert.equal((await refusedToPlace(nothing)).code, 'sin_importe');
    assert.deepEqual(await free(), [5]);
    await placed(nothing, { variantId: 'var_b' }); // something for free beside it is all right
  });

  it('find no order of another organization, and dead-letter the message', async () => {
    await ordering.stock(store, 'var_a', 5);
    const id = await placed({ variantId: 'var_a' });
    const other = await ordering.openStore();
    const reserved = await ordering.reserved(other, id, { reservation_id: 'res_x', items: [item(1, 5)] });
    assert.deepEqual([reserved.undeliverable, reserved.answer?.code], [true, 'orden_desconocida']);
    const released = await ordering.released(other, id, 'res_x');
    assert.equal(released.undeliverable, true);
    assert.equal(await ordering.pay(other, id).catch(() => 'no such order'), 'no such order');
    assert.equal((await shown(id)).reservation.reservation_id, null);
    assert.deepEqual(await ordering.free(other), []);
  });
});
