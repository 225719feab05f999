import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import Stripe from 'stripe';
import { brokerContractOf, differences } from '../contracts/shapes.ts';
import { sharedBroker } from '../support/broker.ts';
import { startTestService, until, type TestService } from '../support/service.ts';

const INVENTORY = 'order_inventory_consumer';
const CATALOG = 'order_catalog_consumer';
const QUEUES = [INVENTORY, CATALOG].flatMap((queue) => [queue, `${queue}.dead`]);
/** The same process has the customers' too, which take in what it says of orders. */
const CUSTOMERS = ['customer_order_queue', 'customer_pos_queue', 'customer_payment_queue'].flatMap((queue) => [queue, `${queue}.dead`]);
const DOCUMENT = [
  'inventory.stock.updated', 'inventory.stock.depleted', 'inventory.stock.reserved', 'inventory.stock.released',
  'catalog.product.updated', 'catalog.variant.updated', 'catalog.product.deleted', 'catalog.variant.deleted',
];
const WEBHOOK_SECRET = 'whsec_of_the_journey';

type Message = { event: string; timestamp: string; organization_id: string; data: Record<string, unknown> };

/** The document's own message, as it stands there. */
const documented = (event: string): Message =>
  JSON.parse(readFileSync(new URL(`../fixtures/contracts/amqp/order-service/in/${event}.json`, import.meta.url), 'utf8')) as Message;

const exchangeOf = (event: string) => (event.startsWith('catalog.') ? 'catalog_events' : 'inventory_events');

describe('the order service, as other teams see it over RabbitMQ', () => {
  let url: string;
  let service: TestService;
  let second: TestService;
  let client: ChannelModel;
  let channel: ConfirmChannel;
  let token: string;
  const heard: Message[] = [];

  const tell = async (event: string, body: string | object, exchange = exchangeOf(event)) => {
    channel.publish(exchange, event, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
    await channel.waitForConfirms();
  };
  const rows = <Row extends object>(sql: string, values: readonly unknown[] = []) =>
    service.database.transaction('system', (trx) => trx.rows<Row>(sql, values));
  const settled = (count: number, source = 'amqp') =>
    until(`${count} deliveries settled`, async () => {
      const [row] = await rows<{ n: number }>('SELECT count(*) AS n FROM events WHERE source = $1', [source]);
      return (row?.n ?? 0) >= count;
    });
  const outcomes = async () =>
    (await rows<{ outcome: string }>('SELECT outcome FROM events ORDER BY event_id')).map(({ outcome }) => outcome);
  const waiting = async (queue: string) => (await channel.checkQueue(queue)).messageCount;
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(service.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, never> };
  };
  const register = async (organization: string) => {
    const { status, body } = await call('POST', '/api/auth/register-tenant', {
      nombre: 'Tienda', razon_social: 'Tienda S.A.', cuenta_bancaria: '1', email: `${organization}@ejemplo.com`, telefono: '1',
      nombre_usuario: 'Ana', password: 'secreto1', calle: 'x', numero: '1', ciudad: 'Rosario', provincia: 'Santa Fe',
      codigo_postal: '2000', organization_id: organization,
    });
    assert.equal(status, 201, JSON.stringify(body));
    return String(body['accessToken']);
  };
  /** Runs the operator's command as a person would, with a clean environment. */
  const admin = (...words: string[]): Promise<string> =>
    new Promise((resolve, reject) => {
      const { PATH, HOME } = process.env;
      const env = { PATH, HOME, RABBITMQ_URL: url, DATABASE_URL: service.databaseUrl };
      execFile(process.execPath, ['--import', 'tsx', 'scripts/admin/main.ts', ...words], { env }, (error, stdout, stderr) =>
        error ? reject(new Error(stderr || stdout)) : resolve(stdout),
      );
    });
  const removeQueues = async () => {
    for (const queue of [...QUEUES, ...CUSTOMERS]) await channel.deleteQueue(queue);
  };
  const fresh = (event: string, change: (message: Message) => void): Message => {
    const message = documented(event);
    change(message);
    return message;
  };
  const stock = (n: number, available: number) =>
    fresh('inventory.stock.updated', (message) => {
      message.timestamp = new Date(Date.parse('2026-01-01T00:00:00Z') + n * 1000).toISOString();
      Object.assign(message.data, {
        movement_id: `journey_${n}`, variant_id: 'var_many', quantities: { total: available, available, reserved: 0, damaged: 0 },
      });
    });

  before(async function () {
    url = await sharedBroker(this);
    client = await connect(url);
    channel = await client.createConfirmChannel();
    await removeQueues(); // of another run, which would have left its messages in them
    const settings = { RABBITMQ_URL: url, STRIPE_WEBHOOK_SECRET: WEBHOOK_SECRET };
    service = await startTestService({ settings });
    second = await startTestService({ settings, beside: service });
    token = await register('org_123');
    for (const queue of QUEUES) await until(`${queue} is there`, () => client.createChannel().then(async (probe) => {
      probe.on('error', () => undefined); // it is not there yet, which costs the channel
      return probe.checkQueue(queue).then(() => true, () => false);
    }));
    const { queue } = await channel.assertQueue('', { exclusive: true });
    for (const exchange of ['order_events', 'inventory_commands']) {
      await channel.assertExchange(exchange, 'topic', { durable: true });
      await channel.bindQueue(queue, exchange, '#');
    }
    await channel.consume(queue, (got) => got && heard.push(JSON.parse(got.content.toString()) as Message), { noAck: true });
  });
  after(async () => {
    await second?.close();
    await service?.close();
    if (channel) await removeQueues();
    await client?.close();
  });

  it("takes the document's eight messages as they stand there, each one once however often they come", async () => {
    // An order of the documents' would have to be ours: what is about order_456 is for nobody here.
    const about = DOCUMENT.filter((event) => !['inventory.stock.reserved', 'inventory.stock.released'].includes(event));
    for (const event of about) await tell(event, documented(event));
    await settled(about.length);
    assert.deepEqual([...new Set(await outcomes())].filter((outcome) => !['done', 'warned'].includes(outcome)), []);
    for (let n = 0; n < 5; n += 1) for (const event of [...about].reverse()) await tell(event, documented(event));
    await settled(about.length * 6);
    assert.equal((await outcomes()).filter((outcome) => outcome === 'repeat').length, about.length * 5);
    assert.deepEqual(await rows('SELECT variant_id, warehouse_id, available FROM ordering_availability'), [
      { variant_id: 'var_789', warehouse_id: 'wh_101', available: 120 },
    ]);
    for (const queue of QUEUES) assert.equal(await waiting(queue), 0, queue);
  });

  it('has the newest word for a shelf in the end, in whatever order and however often they come, at two instances', async () => {
    const messages = Array.from({ length: 60 }, (_, n) => stock(n, n + 1));
    const shuffled = [...messages, ...messages].sort(() => Math.random() - 0.5);
    const before = (await outcomes()).length;
    for (const message of shuffled) await tell(message.event, message);
    await settled(before + shuffled.length);
    const [row] = await rows<{ available: number }>(`SELECT available FROM ordering_availability WHERE variant_id = 'var_many'`);
    assert.equal(row?.available, 60);
    const twice = await rows(
      `SELECT subject, key FROM inbox JOIN events USING (event_id) WHERE key LIKE 'journey%' GROUP BY 1, 2 HAVING count(*) > 1`,
    );
    assert.deepEqual(twice, []);
  });

  it('puts what it cannot take behind the queue with its cause, and takes it when it is sent back after the cause is mended', async () => {
    const poison: Array<[event: string, body: string | object, cause: RegExp]> = [
      ['inventory.stock.updated', 'not json {', /no es válido/],
      ['inventory.stock.updated', fresh('inventory.stock.updated', ({ data }) => delete data['quantities']), /data\.quantities/],
      ['inventory.stock.updated', fresh('inventory.stock.updated', (m) => (m.organization_id = 'org_later')), /ningún negocio tiene la organización org_later/],
      ['inventory.stock.reserved', documented('inventory.stock.reserved'), /order_456/],
    ];
    for (const [event, body] of poison) await tell(event, body);
    const deep = JSON.stringify(documented('catalog.product.updated')).replace('"changes":{', `"changes":{"deep":${'['.repeat(20_000)}${']'.repeat(20_000)},`);
    await tell('catalog.product.updated', deep);
    await until('nested too deep to be read', async () => (await waiting(`${CATALOG}.dead`)) === 1);
    await channel.get(`${CATALOG}.dead`, { noAck: true });
    const inner = fresh('catalog.variant.updated', ({ data }) => Object.assign(data, { organization_id: 'org_of_another', updated_at: '2026-01-01T00:00:00Z' }));
    await tell('catalog.variant.updated', inner);
    await until('four dead letters', async () => (await waiting(`${INVENTORY}.dead`)) === 4);
    await until('one more', async () => (await waiting(`${CATALOG}.dead`)) === 1);
    const letters = [];
    for (let got = await channel.get(`${INVENTORY}.dead`); got; got = await channel.get(`${INVENTORY}.dead`)) letters.push(got);
    const causes = letters.map(({ properties }) => String((properties.headers as Record<string, unknown>)['x-cause']));
    for (const [, , cause] of poison) assert.ok(causes.some((one) => cause.test(one)), `${cause.source} is not in ${causes.join(' | ')}`);
    for (const letter of letters) channel.nack(letter, false, true);
    const told = await channel.get(`${CATALOG}.dead`, { noAck: true });
    assert.ok(told);
    assert.match(String((told.properties.headers as Record<string, unknown>)['x-cause']), /org_of_another/);
    await until('they are back', async () => (await waiting(`${INVENTORY}.dead`)) === 4);

    await register('org_later');
    assert.match(await admin('broker'), /order_inventory_consumer +0 +4/);
    assert.match(await admin('broker', 'retry', INVENTORY), /4 messages are back in order_inventory_consumer/);
    await until("org_later's stock is known", async () => {
      const known = await rows(`SELECT FROM ordering_availability a JOIN tenants t USING (tenant_id) WHERE organization_id = 'org_later'`);
      return known.length === 1;
    });
    await until('the others are dead again', async () => (await waiting(`${INVENTORY}.dead`)) === 3);
  });

  it('tells of an order what the contracts show, from the cart to its completion', async () => {
    await tell('inventory.stock.updated', stock(100, 5));
    await until('stock', async () => (await call('GET', '/api/v1/availability/var_many')).body['available']);
    const { body: cart } = await call('POST', '/api/v1/carts', { customer_id: 'cus_1' });
    await call('POST', `/api/v1/carts/${String(cart['cart_id'])}/items`, { variant_id: 'var_many', quantity: 2, unit_price: 7625.25 });
    const { status, body: order } = await call('POST', '/api/v1/orders', { cart_id: cart['cart_id'] });
    assert.deepEqual([status, order['state']], [201, 'payment_pending']);
    const id = String(order['order_id']);
    await tell('inventory.stock.reserved', fresh('inventory.stock.reserved', (message) => {
      message.timestamp = new Date().toISOString();
      Object.assign(message.data, {
        order_id: id, reservation_id: 'res_journey', expires_at: new Date(Date.now() + 600_000).toISOString(),
        items: [{ variant_id: 'var_many', warehouse_id: 'wh_101', quantity: 2, stock_before: 5, stock_after: 3 }],
      });
    }));
    await until('its reservation has a name', async () => {
      const { body } = await call('GET', `/api/v1/orders/${id}`);
      return (body['reservation'] as unknown as { reservation_id?: string }).reservation_id === 'res_journey';
    });
    const intent = {
      id: `pi_${id}`, object: 'payment_intent', amount: 1525050, amount_received: 1525050, currency: 'ars',
      metadata: { order_id: id, organization_id: 'org_123' },
    };
    const payload = JSON.stringify({ id: `evt_${id}`, object: 'event', type: 'payment_intent.succeeded', created: 1, data: { object: intent } });
    const header = new Stripe('sk_test').webhooks.generateTestHeaderString({ payload, secret: WEBHOOK_SECRET });
    const paid = await fetch(`${service.url}/api/v1/webhooks/stripe`, { method: 'POST', headers: { 'stripe-signature': header }, body: payload });
    assert.deepEqual([paid.status, await paid.json()], [200, { status: 'success' }]);
    assert.equal((await call('POST', `/api/v1/orders/${id}/complete`)).status, 200);
    const expected = ['order.placed', 'order.confirmed', 'reservation.confirm', 'order.completed'];
    const mine = () => heard.filter(({ data }) => data['order_id'] === id);
    await until('all was told', () => mine().length >= expected.length);
    assert.deepEqual(mine().map(({ event }) => event).filter((event) => event.startsWith('order.')), expected.filter((event) => event.startsWith('order.')));
    for (const event of expected) {
      const message = mine().find((one) => one.event === event);
      assert.deepEqual(differences(brokerContractOf('out', event), message), [], event);
    }
    assert.equal(mine().find(({ event }) => event === 'order.confirmed')?.data['total_amount'], 15250.5);

    const story = await admin('explain', id);
    const steps = [
      'salió order.placed: published', 'entró inventory.stock.reserved (amqp): done', 'entró payment_intent.succeeded (stripe): done',
      'el pedido pasó a confirmed', 'salió reservation.confirm: published', 'el pedido pasó a completed', 'salió order.completed: published',
      `El pedido está completed, por 15250.5 ARS; reserva res_journey: confirmed`, `pago pi_${id}: succeeded, 15250.5 ARS`,
    ];
    for (const step of steps) assert.ok(story.includes(step), `${step} is not in\n${story}`);
    assert.equal(await admin('explain', String(order['order_number'])), story);
  });
});
