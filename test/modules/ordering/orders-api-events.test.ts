import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { answer, created, documented, type OrdersApiEvent } from './orders-api-messages.ts';
import { openOrdering, type Ordering, type Told } from './support.ts';

const MINUTE = 60_000;

describe("the Orders API's events, as each part takes them", () => {
  let ordering: Ordering;
  let n = 0;

  before(async () => (ordering = await openOrdering({ ROLES: 'web' })));
  after(() => ordering.close());

  const to = (part: string) => (event: OrdersApiEvent): Promise<Told> => ordering.deliver(`orders-api.${part}`, event.eventType, event);
  const [inventory, payments, orders, notifications] = ['inventory', 'payments', 'orders', 'notifications'].map(to) as [
    (event: OrdersApiEvent) => Promise<Told>, (event: OrdersApiEvent) => Promise<Told>,
    (event: OrdersApiEvent) => Promise<Told>, (event: OrdersApiEvent) => Promise<Told>,
  ];
  /** What went out about an order, oldest first. */
  const told = async (orderId: string, eventType?: string) =>
    (await ordering.rows<{ payload: OrdersApiEvent }>(
      `SELECT payload FROM outbox WHERE destination = 'amqp:orders_api_events' AND payload->'data'->>'orderId' = $1
       AND ($2::text IS NULL OR topic = $2) ORDER BY message_id`,
      [orderId, eventType ?? null],
    )).map(({ payload }) => payload);
  /** A variant of a's with so many on its shelf. */
  const variant = async (available: number): Promise<string> => {
    const variantId = `var_api_${++n}`;
    await ordering.rows(
      `INSERT INTO ordering_availability (variant_id, warehouse_id, tenant_id, total, available, reserved, damaged, as_of)
       VALUES ($1, 'wh_1', $2, $3, $3, 0, 0, now()) RETURNING variant_id`,
      [variantId, ordering.a.tenantId, available],
    );
    return variantId;
  };
  const free = async (variantId: string): Promise<number> => {
    const [shelf] = await ordering.rows<{ free: number }>(
      `SELECT (a.available - coalesce(sum(i.quantity), 0))::int AS free
       FROM ordering_availability a
       LEFT JOIN (ordering_reservation_items i JOIN ordering_reservations r USING (order_id, tenant_id))
         ON i.variant_id = a.variant_id AND i.tenant_id = a.tenant_id AND i.counted AND r.state IN ('requested', 'held', 'confirmed')
       WHERE a.variant_id = $1 GROUP BY a.available`,
      [variantId],
    );
    return Number(shelf?.free);
  };
  const state = async (orderId: string) =>
    (await ordering.rows<{ state: string; reason: string | null }>('SELECT state, reason FROM ordering_orders WHERE order_id = $1', [orderId]))[0];
  const done = { outcome: 'done', undeliverable: false };

  describe('the inventory', () => {
    it('sets stock aside once however often and at once it is told, and answers in the conversation', async () => {
      const sku = await variant(5);
      const event = created({ skus: { [sku]: 2 } });
      const verdicts = await Promise.all(Array.from({ length: 8 }, () => inventory({ ...event, eventId: randomUUID(), timestamp: new Date().toISOString() })));
      assert.deepEqual(verdicts.map(({ outcome }) => outcome).sort(), ['done', ...Array<string>(7).fill('repeat')]);
      assert.equal(await free(sku), 3);
      const [reserved, ...more] = await told(event.data.orderId);
      assert.deepEqual(more, []);
      assert.ok(reserved);
      assert.deepEqual(
        [reserved.eventType, reserved.correlationId, reserved.source, reserved.eventVersion],
        ['InventoryReservedEvent', event.correlationId, 'marketplace-service', 'v1.0'],
      );
      assert.deepEqual(reserved.data['items'], [{ productId: `prod_of_${sku}`, sku, quantity: 2 }]);
      const { body } = await ordering.call(ordering.a, 'GET', `/api/v1/orders/${event.data.orderId}`);
      assert.deepEqual(
        [body['state'], body['total_amount'], body['order_created_event'], (body['details'] as Record<string, unknown>)['customer_email']],
        ['payment_pending', 26, 'received', 'john.doe@example.com'],
      );
    });

    it('keeps the first content of an order', async () => {
      const sku = await variant(5);
      const event = created({ skus: { [sku]: 1 } });
      await inventory(event);
      const other = await inventory(created({ orderId: event.data.orderId, skus: { [sku]: 2 } }));
      assert.deepEqual([other.outcome, other.code], ['conflict', 'conflicto']);
      const upper = await inventory({ ...event, data: { ...event.data, orderId: event.data.orderId.toUpperCase(), notes: 'Please ring doorbell' } });
      assert.equal(upper.outcome, 'repeat', 'one UUID has one spelling');
      assert.equal(await free(sku), 4);
    });

    it('finds what is sold by the sku, else by the product', async () => {
      const sku = await variant(5);
      const event = created({ skus: { [sku]: 1 } });
      const [item] = event.data['items'] as Array<Record<string, unknown>>;
      const byProduct = created({ data: { items: [{ ...item, sku: 'nobody sells this', productId: sku }], subtotal: 10.5, totalAmount: 15.5 } });
      assert.deepEqual(await inventory(byProduct), done);
      assert.deepEqual((await told(byProduct.data.orderId)).map(({ eventType }) => eventType), ['InventoryReservedEvent']);
      assert.equal(await free(sku), 4);
    });

    it('says what is missing, and takes nothing', async () => {
      const [sku, scarce] = [await variant(5), await variant(1)];
      const event = created({ skus: { [sku]: 1, [scarce]: 2 } });
      assert.deepEqual(await inventory(event), done);
      const [failed] = await told(event.data.orderId);
      assert.deepEqual(
        [failed?.eventType, failed?.causationId, failed?.data],
        ['InventoryReservationFailedEvent', event.eventId, {
          orderId: event.data.orderId, reason: 'insufficient_stock', items: [{ productId: `prod_of_${scarce}`, requested: 2, available: 1 }],
        }],
      );
      assert.deepEqual([await free(sku), await free(scarce)], [5, 1]);
      const unknown = created({ skus: { 'never heard of': 1 } });
      await inventory(unknown);
      assert.equal((await told(unknown.data.orderId))[0]?.data['reason'], 'unknown_product');
    });

    it('sells the last unit once', async () => {
      const sku = await variant(1);
      const events = Array.from({ length: 10 }, () => created({ skus: { [sku]: 1 } }));
      await Promise.all(events.map(inventory));
      const answers = (await Promise.all(events.map(({ data }) => told(data.orderId)))).flat().map(({ eventType }) => eventType);
      assert.equal(answers.length, 10);
      assert.equal(answers.filter((type) => type === 'InventoryReservedEvent').length, 1);
      assert.equal(await free(sku), 0);
    });

    it('gives the stock back once when the payment is rejected, whichever comes first', async () => {
      for (const late of [false, true]) {
        const sku = await variant(3);
        const event = created({ skus: { [sku]: 2 } });
        const rejected = answer('PaymentRejectedEvent', event);
        for (const one of late ? [rejected, event, rejected, event] : [event, rejected, event, rejected]) await inventory(one);
        assert.equal(await free(sku), 3);
        const types = (await told(event.data.orderId)).map(({ eventType }) => eventType);
        assert.deepEqual(types, [late ? 'InventoryReservationFailedEvent' : 'InventoryReservedEvent']);
        assert.deepEqual(await state(event.data.orderId), late ? undefined : { state: 'cancelled', reason: 'payment_rejected' });
      }
    });

    it('waits for the inventory service where it knows of no stock, and answers then', async () => {
      const sku = `var_api_${++n}`;
      await ordering.rows(`INSERT INTO ordering_variants (tenant_id, variant_id, updated_at) VALUES ($1, $2, now()) RETURNING 1`, [ordering.a.tenantId, sku]);
      const event = created({ skus: { [sku]: 1 } });
      const parked = await inventory(event);
      assert.deepEqual([parked.outcome, parked.code], ['parked', 'espera_el_stock']);
      const reserved = {
        event: 'inventory.stock.reserved', version: '1.0', timestamp: new Date().toISOString(), organization_id: ordering.a.organizationId,
        data: {
          reservation_id: `res_${sku}`, order_id: event.data.orderId, expires_at: new Date(Date.now() + 10 * MINUTE).toISOString(),
          items: [{ variant_id: sku, warehouse_id: 'wh_1', quantity: 1, stock_before: 3, stock_after: 2 }],
        },
      };
      assert.equal((await ordering.tell(reserved)).outcome, 'done');
      const [said] = await told(event.data.orderId);
      assert.deepEqual([said?.eventType, said?.data['reservationId'], said?.causationId], ['InventoryReservedEvent', `res_${sku}`, event.eventId]);
    });

    it('takes an event that is older than five minutes, with an alert', async () => {
      const event = created({ skus: { [await variant(1)]: 1 }, at: new Date(Date.now() - 6 * MINUTE) });
      const late = await inventory(event);
      assert.deepEqual([late.outcome, late.code], ['warned', 'evento_atrasado']);
      assert.equal((await told(event.data.orderId)).length, 1);
    });

    it('warns of items that do not add up to the subtotal, and goes by the total', async () => {
      const event = created({ skus: { [await variant(5)]: 2 }, data: { subtotal: 20, totalAmount: 25 } });
      const warned = await inventory(event);
      assert.deepEqual([warned.outcome, warned.code], ['warned', 'suma_de_items_distinta']);
      assert.match(String(warned.message), /los items suman 21 y subtotal es 20/);
    });

    it('refuses what breaks the schema or the sum rule, and takes it once it is mended', async () => {
      const sku = await variant(5);
      const fine = created({ skus: { [sku]: 1 } });
      const broken: Array<[Record<string, unknown>, RegExp]> = [
        [{ totalAmount: 15.51 }, /totalAmount es 15.51 y subtotal \+ tax \+ shipping − discount da 15.5/],
        [{ totalAmount: 15.505 }, /dos decimales/],
        [{ orderNumber: 'ORD-25-1' }, /data.orderNumber/],
        [{ customerEmail: 'nobody' }, /data.customerEmail/],
        [{ items: [] }, /data.items/],
        [{ status: 'Paid' }, /data.status/],
        [{ shippingAddress: { city: 'x' } }, /data.shippingAddress.recipientName/],
        [{ currency: 'pesos' }, /currency/],
      ];
      for (const [data, cause] of broken) {
        const told = await inventory({ ...fine, data: { ...fine.data, ...data } });
        assert.equal(told.outcome, 'invalid');
        assert.match(String(told.message), cause);
      }
      for (const eventVersion of ['v2.0', '10', 'x']) assert.equal((await inventory({ ...fine, eventVersion })).outcome, 'invalid', eventVersion);
      assert.deepEqual(await inventory({ ...fine, eventVersion: '1.0', data: { ...fine.data, discount: null, notes: null } }), done);
    });
  });

  describe('the payments', () => {
    it('charge once all is known, in either order, and say so once', async () => {
      for (const reversed of [false, true]) {
        const event = created();
        const reserved = answer('InventoryReservedEvent', event);
        const both = reversed ? [reserved, event] : [event, reserved];
        for (const one of [...both, ...both]) await payments(one);
        const [approved, ...more] = await told(event.data.orderId);
        assert.deepEqual(more, []);
        assert.ok(approved);
        assert.deepEqual([approved.eventType, approved.causationId, approved.correlationId], ['PaymentApprovedEvent', reserved.eventId, event.correlationId]);
        assert.deepEqual([approved.data['amount'], approved.data['currency']], [15.5, 'ARS']);
      }
    });

    it('charge one order once under concurrency', async () => {
      const event = created();
      const reserved = answer('InventoryReservedEvent', event);
      await Promise.all([event, reserved, event, reserved, event, reserved].map(payments));
      assert.deepEqual((await told(event.data.orderId)).map(({ eventType }) => eventType), ['PaymentApprovedEvent']);
    });

    it('reject a way to pay that nobody takes, at once', async () => {
      for (const [paymentMethod, reason] of [
        [{ type: 'Barter' }, 'payment_method_not_supported'],
        [{ type: 'CreditCard', lastFourDigits: '42' }, 'payment_method_invalid'],
        [{}, 'payment_method_invalid'],
      ] as const) {
        const event = created({ data: { paymentMethod } });
        await payments(event);
        await payments(answer('InventoryReservedEvent', event));
        const said = await told(event.data.orderId);
        assert.deepEqual(said.map(({ eventType, causationId, data }) => [eventType, causationId, data['reason']]), [['PaymentRejectedEvent', event.eventId, reason]]);
      }
    });

    it('say nothing of an order for which there is no stock', async () => {
      for (const reversed of [false, true]) {
        const event = created();
        const failed = answer('InventoryReservationFailedEvent', event);
        for (const one of reversed ? [failed, event] : [event, failed]) assert.deepEqual(await payments(one), done);
        assert.deepEqual(await told(event.data.orderId), []);
      }
    });
  });

  describe('the orders', () => {
    const reserve = async (quantity = 1, stock = 3) => {
      const sku = await variant(stock);
      const event = created({ skus: { [sku]: quantity } });
      await inventory(event);
      return { sku, event, orderId: event.data.orderId };
    };

    it('confirm an order by the payment of another service, once, and tell order.confirmed', async () => {
      const { event, orderId, sku } = await reserve();
      const approved = answer('PaymentApprovedEvent', event);
      const verdicts = await Promise.all([approved, { ...approved, eventId: randomUUID() }, approved].map(orders));
      assert.deepEqual(verdicts.map(({ outcome }) => outcome).sort(), ['done', 'repeat', 'repeat']);
      assert.equal((await state(orderId))?.state, 'confirmed');
      const confirmed = await ordering.published(ordering.a, 'order.confirmed');
      assert.equal(confirmed.filter(({ data }) => (data as { order_id: string }).order_id === orderId).length, 1);
      assert.equal(await free(sku), 2);
    });

    it('take a payment before the order is there, and apply it when it is', async () => {
      const sku = await variant(3);
      const event = created({ skus: { [sku]: 1 } });
      const early = await orders(answer('PaymentApprovedEvent', event));
      assert.deepEqual([early.outcome, early.code], ['parked', 'orden_desconocida']);
      await inventory(event);
      assert.equal((await state(event.data.orderId))?.state, 'confirmed');
    });

    it('do not take another amount than the order costs', async () => {
      const { event, orderId } = await reserve();
      const wrong = await orders(answer('PaymentApprovedEvent', event, { amount: 15.49 }));
      assert.deepEqual([wrong.outcome, wrong.code], ['warned', 'devolucion_pedida']);
      assert.equal((await state(orderId))?.state, 'payment_pending');
      const payment = await ordering.rows('SELECT gateway, amount_cents, refund_asked_at IS NOT NULL AS asked FROM ordering_payments WHERE order_id = $1', [orderId]);
      assert.deepEqual(payment, [{ gateway: 'orders-api', amount_cents: 1549, asked: true }]);
    });

    it('keep two payments apart that others name alike', async () => {
      for (const one of [await reserve(), await reserve()]) {
        assert.deepEqual(await orders(answer('PaymentApprovedEvent', one.event, { paymentId: 'pay_1' })), done);
        assert.equal((await state(one.orderId))?.state, 'confirmed');
      }
    });

    it('cancel on a rejection or for want of stock, and leave alone what is paid or unknown', async () => {
      for (const [type, reason] of [['PaymentRejectedEvent', 'payment_rejected'], ['InventoryReservationFailedEvent', 'out_of_stock']] as const) {
        const { event, orderId, sku } = await reserve(2);
        assert.deepEqual(await orders(answer(type, event)), done);
        assert.deepEqual(await state(orderId), { state: 'cancelled', reason });
        assert.equal(await free(sku), 3);
        const paid = await reserve(2);
        await orders(answer('PaymentApprovedEvent', paid.event));
        await orders(answer(type, paid.event));
        assert.equal((await state(paid.orderId))?.state, 'confirmed');
        assert.deepEqual(await orders(answer(type, created())), done);
      }
    });

    it("take the contract's own examples", async () => {
      for (const type of ['NotificationSentEvent', 'PaymentRejectedEvent', 'InventoryReservationFailedEvent']) {
        assert.ok(['done', 'warned'].includes((await orders(documented(type))).outcome), type);
      }
    });
  });

  describe('the notifications', () => {
    it('tell the customer once, at the address of the event, in the name of who sells it', async () => {
      const sku = await variant(3);
      const event = created({ skus: { [sku]: 1 } });
      assert.deepEqual(await notifications(event), done);
      assert.equal((await notifications({ ...event, eventId: randomUUID() })).outcome, 'repeat');
      const told = (await ordering.notices(ordering.a, 'order_confirmation')).filter(({ data }) => data['order_id'] === event.data.orderId);
      assert.equal(told.length, 1);
      assert.equal(told[0]?.data['causation_id'], event.eventId);
      const reached = await ordering.rows(
        `SELECT channel, recipient FROM notification_deliveries JOIN notifications USING (notification_id, tenant_id) WHERE dedupe_key = $1`,
        [event.data.orderId],
      );
      assert.deepEqual(reached, [{ channel: 'email', recipient: 'john.doe@example.com' }]);
    });

    it('refuse for now what nobody here sells', async () => {
      const event = created({ skus: { 'never heard of': 1 } });
      const refused = await notifications(event);
      assert.deepEqual([refused.outcome, refused.code], ['refused', 'vendedor_desconocido']);
      assert.equal((await notifications(event)).outcome, 'refused', 'judged again');
    });
  });
});
