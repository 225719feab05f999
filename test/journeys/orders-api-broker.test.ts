import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { parseJson } from '../../src/events/broker-delivery.ts';
import { differences } from '../contracts/shapes.ts';
import { answer, created, documented, type OrdersApiEvent } from '../modules/ordering/orders-api-messages.ts';
import { sharedBroker } from '../support/broker.ts';
import { startTestService, until, type TestService } from '../support/service.ts';

const EXCHANGE = 'orders_api_events';
const PARTS = ['orders', 'inventory', 'payments', 'notifications'] as const;
type Part = (typeof PARTS)[number];
const QUEUES = PARTS.map((part) => `orders-api.${part}`);
const only = (...parts: Part[]) => parts.map((part) => `orders-api.${part}`).join();
const SHOP = 'marketplace,ordering,customers,notifications';

describe("the Orders API's events over RabbitMQ, other teams playing the parts that are left out", () => {
  let url: string;
  let client: ChannelModel;
  let channel: ConfirmChannel;
  let heard: OrdersApiEvent[] = [];
  let services: TestService[] = [];
  let tenantId = 0;
  let token = '';
  let n = 0;

  const first = () => services[0] as TestService;
  const rows = <Row extends object>(sql: string, values: readonly unknown[] = []) =>
    first().database.transaction('system', (trx) => trx.rows<Row>(sql, values));
  const removeQueues = async () => {
    for (const queue of [...QUEUES, ...QUEUES.map((queue) => `${queue}.dead`)]) await channel.deleteQueue(queue);
  };
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(first().url + path, {
      method, body: body === undefined ? undefined : JSON.stringify(body),
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
    });
    return { status: response.status, body: (await response.json()) as Record<string, unknown> };
  };
  /** Processes on one database, each with its MODULES, and a shop that sells. */
  const run = async (...modules: string[]) => {
    for (const MODULES of modules) {
      services.push(await startTestService({ settings: { RABBITMQ_URL: url, MODULES }, beside: services[0] }));
    }
    token = '';
    const { body } = await call('POST', '/api/auth/register-tenant', {
      nombre: 'Tienda', razon_social: 'Tienda S.A.', cuenta_bancaria: '1', email: `${randomUUID()}@ejemplo.com`, telefono: '1',
      nombre_usuario: 'Ana', password: 'secreto1', calle: 'x', numero: '1', ciudad: 'Rosario', provincia: 'Santa Fe', codigo_postal: '2000',
    });
    tenantId = Number(body['tenant_id']);
    token = String((body['tokens'] as Record<string, unknown>)['accessToken']);
    for (const queue of services.flatMap(({ service }) => service.queues()).filter((name) => QUEUES.includes(name))) {
      await until(`${queue} is consumed`, async () => {
        const probe = await client.createChannel();
        probe.on('error', () => undefined); // it is not there yet, which costs the channel
        const found = await probe.checkQueue(queue).then(({ consumerCount }) => consumerCount > 0, () => false);
        await probe.close().catch(() => undefined);
        return found;
      });
    }
  };
  const tell = async (event: OrdersApiEvent | string, routingKey = (event as OrdersApiEvent).eventType) => {
    channel.publish(EXCHANGE, routingKey, Buffer.from(typeof event === 'string' ? event : JSON.stringify(event)));
    await channel.waitForConfirms();
  };
  const heardOf = (orderId: string, type: string) =>
    until(`${type} of ${orderId}`, () => heard.find((event) => event.eventType === type && event.data.orderId === orderId && event.source === 'marketplace-service'));
  const variant = async (available: number) => {
    const variantId = `var_journey_${++n}`;
    await rows(
      `INSERT INTO ordering_availability (variant_id, warehouse_id, tenant_id, total, available, reserved, damaged, as_of)
       VALUES ($1, 'wh_1', $2, $3, $3, 0, 0, now()) RETURNING 1`,
      [variantId, tenantId, available],
    );
    return variantId;
  };
  const held = async (variantId: string) =>
    (await rows<{ held: number }>('SELECT coalesce(sum(quantity), 0)::int AS held FROM ordering_reservation_items WHERE variant_id = $1 AND counted', [variantId]))[0]?.held;
  const becomes = (orderId: string, state: string) =>
    until(`${orderId} is ${state}`, async () => (await rows('SELECT 1 FROM ordering_orders WHERE order_id = $1 AND state = $2', [orderId, state])).length > 0);
  const settled = (orderId: string, count: number) =>
    until(`${count} deliveries about ${orderId}`, async () => (await rows('SELECT 1 FROM events WHERE subject = $1', [`orden:${orderId}`])).length >= count);
  const outcomes = async (orderId: string) =>
    (await rows<{ outcome: string }>('SELECT outcome FROM events WHERE subject = $1 ORDER BY event_id', [`orden:${orderId}`])).map(({ outcome }) => outcome);
  const place = async (sku: string) => {
    const cartId = String((await call('POST', '/api/v1/carts', { customer_id: 'cus_1' })).body['cart_id']);
    await call('POST', `/api/v1/carts/${cartId}/items`, { variant_id: sku, quantity: 2, unit_price: 10 });
    const { status, body } = await call('POST', '/api/v1/orders', {
      cart_id: cartId, customer_email: 'ana@ejemplo.com', payment_method: { type: 'CreditCard', last_four_digits: '4242', card_brand: 'Visa' }, notes: 'x',
      customer_phone: '1', tax: 1,
      ...Object.fromEntries(['shipping_address', 'billing_address'].map((name) => [name, {
        recipient_name: 'Ana', address_line1: 'x', address_line2: 'y', city: 'Rosario', state: 'SF', postal_code: '2000', country: 'Argentina', phone_number: '1',
      }])),
    });
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['order_id']);
  };

  before(async function () {
    url = await sharedBroker(this);
    client = await connect(url);
    channel = await client.createConfirmChannel();
    await channel.assertExchange(EXCHANGE, 'topic', { durable: true });
  });
  beforeEach(async () => {
    await removeQueues();
    heard = [];
    services = [];
    const { queue } = await channel.assertQueue('', { exclusive: true, autoDelete: true });
    await channel.bindQueue(queue, EXCHANGE, '#');
    const hear = (event: unknown) => event !== undefined && heard.push(event as OrdersApiEvent); // some of it is no JSON
    await channel.consume(queue, (got) => got && hear(parseJson(got.content.toString())), { noAck: true, consumerTag: 'ear' });
  });
  afterEach(async () => {
    await channel.cancel('ear');
    for (const service of services.reverse()) await service.close();
  });
  after(async () => {
    if (channel) await removeQueues();
    await client?.close();
  });

  it('takes orders of the Orders API, and the answers of Payments, in any order and however often', async () => {
    await run(`${SHOP},${only('orders', 'inventory', 'notifications')}`);
    const sku = await variant(10);
    const [paid, rejected, early, late] = [1, 2, 3, 4].map((quantity) => created({ skus: { [sku]: quantity } })) as [OrdersApiEvent, OrdersApiEvent, OrdersApiEvent, OrdersApiEvent];
    late.timestamp = new Date(Date.now() - 600_000).toISOString();
    for (const event of [paid, rejected, late]) for (let times = 0; times < 3; times += 1) await tell({ ...event, eventId: times === 0 ? event.eventId : randomUUID() });
    const reserved = await heardOf(paid.data.orderId, 'InventoryReservedEvent');
    assert.deepEqual(differences(documented('InventoryReservedEvent'), reserved), []);
    assert.deepEqual([reserved.correlationId, reserved.causationId], [paid.correlationId, paid.eventId]);
    assert.deepEqual(differences(documented('NotificationSentEvent'), await heardOf(paid.data.orderId, 'NotificationSentEvent')), []);
    await heardOf(rejected.data.orderId, 'InventoryReservedEvent');
    await heardOf(late.data.orderId, 'InventoryReservedEvent');
    assert.equal(await held(sku), 1 + 2 + 4);

    for (let times = 0; times < 3; times += 1) {
      await tell(answer('PaymentApprovedEvent', paid));
      await tell(answer('PaymentRejectedEvent', rejected));
      await tell(answer('PaymentRejectedEvent', early)); // of an order that nobody has announced yet
    }
    await becomes(paid.data.orderId, 'confirmed');
    await becomes(rejected.data.orderId, 'cancelled');
    await settled(early.data.orderId, 6);
    await tell(early);
    const failed = await heardOf(early.data.orderId, 'InventoryReservationFailedEvent');
    assert.deepEqual(differences(documented('InventoryReservationFailedEvent'), { ...failed, data: { ...failed.data, items: (documented('InventoryReservationFailedEvent').data)['items'] } }), []);
    await settled(paid.data.orderId, 3 * 2 + 3 * 2 + 1);
    assert.equal(await held(sku), 1 + 4, 'what was rejected is free again');
    const states = await rows<{ state: string }>('SELECT state FROM ordering_orders WHERE order_id = ANY($1)', [[rejected, early].map(({ data }) => data.orderId)]);
    assert.deepEqual(states.map(({ state }) => state), ['cancelled']);
    assert.ok((await outcomes(late.data.orderId)).every((outcome) => ['warned', 'repeat', 'done'].includes(outcome)));
    assert.ok((await outcomes(late.data.orderId)).includes('warned'));
    const answers = heard.filter(({ source, eventType }) => source === 'marketplace-service' && eventType !== 'NotificationSentEvent');
    assert.equal(new Set(answers.map(({ eventId }) => eventId)).size, 4, 'an answer an order');
  });

  it('puts what breaks the schema or the sums behind the queues, with its cause, and goes on', async () => {
    await run(`${SHOP},${only('inventory', 'payments', 'notifications')}`);
    const fine = created({ skus: { [await variant(5)]: 1 } });
    const broken: Array<[OrdersApiEvent | string, RegExp]> = [
      ['not json {', /no es válido/],
      [{ ...fine, data: { ...fine.data, totalAmount: 1 } }, /totalAmount es 1 y subtotal \+ tax \+ shipping − discount da 15.5/],
      [{ ...fine, data: { ...fine.data, orderNumber: '1' } }, /data\.orderNumber/],
      [{ ...fine, eventVersion: 'v2.0' }, /eventVersion/],
    ];
    for (const [event] of broken) await tell(event, 'OrderCreatedEvent');
    for (const queue of ['orders-api.inventory', 'orders-api.payments', 'orders-api.notifications']) {
      await until(`${queue}.dead`, async () => (await channel.checkQueue(`${queue}.dead`)).messageCount === broken.length);
      const causes: string[] = [];
      for (let got = await channel.get(`${queue}.dead`, { noAck: true }); got; got = await channel.get(`${queue}.dead`, { noAck: true })) {
        causes.push(String((got.properties.headers as Record<string, unknown>)['x-cause']));
      }
      for (const [, cause] of broken) assert.ok(causes.some((one) => cause.test(one)), `${cause.source} is not in ${causes.join(' | ')}`);
    }
    await tell(fine);
    assert.deepEqual(differences(documented('PaymentApprovedEvent'), await heardOf(fine.data.orderId, 'PaymentApprovedEvent')), []);
  });

  it('announces what is placed over REST, and goes by what another Inventory answers', async () => {
    await run(`${SHOP},${only('orders', 'payments', 'notifications')}`);
    const sku = await variant(5);
    const [sold, short] = [await place(sku), await place(sku)];
    const event = await heardOf(sold, 'OrderCreatedEvent');
    assert.deepEqual(differences(documented('OrderCreatedEvent'), event, { extra: ['data.billingAddress.phoneNumber'] }), []);
    const reserved = answer('InventoryReservedEvent', event, { reservationId: 'res_of_theirs' });
    await tell(reserved);
    await tell(answer('InventoryReservationFailedEvent', await heardOf(short, 'OrderCreatedEvent')));
    const approved = await heardOf(sold, 'PaymentApprovedEvent');
    assert.deepEqual([approved.causationId, approved.correlationId, approved.data['amount']], [reserved.eventId, event.correlationId, 21]);
    await becomes(sold, 'confirmed');
    await becomes(short, 'cancelled');
    assert.equal(await held(sku), 2);
    assert.equal(heard.some(({ eventType, data }) => data.orderId === short && eventType.startsWith('Payment')), false);
  });

  it('plays all the parts in processes of their own on one database, and sells the last unit once', async () => {
    await run(`${SHOP},${only('inventory')}`, only('payments'), only('orders', 'notifications'));
    const sku = await variant(1);
    const events = Array.from({ length: 6 }, () => created({ skus: { [sku]: 1 } }));
    await Promise.all(events.map((event) => tell(event)));
    const answers = await until('each was answered', () => {
      const found = heard.filter(({ eventType }) => eventType.startsWith('InventoryReserv'));
      return found.length === events.length ? found : undefined;
    });
    const sold = answers.filter(({ eventType }) => eventType === 'InventoryReservedEvent').map(({ data }) => data.orderId);
    assert.equal(sold.length, 1);
    await becomes(sold[0] as string, 'confirmed');
    await until('each customer was told', () => heard.filter(({ eventType }) => eventType === 'NotificationSentEvent').length === events.length);
    assert.equal(heard.filter(({ eventType }) => eventType.startsWith('Payment')).length, 1);
    const twice = await rows('SELECT key FROM inbox GROUP BY subscriber, topic, key HAVING count(*) > 1');
    assert.deepEqual(twice, []);
  });
});
