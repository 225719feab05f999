import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { sharedBroker } from '../support/broker.ts';
import { startTestService, until, type TestService } from '../support/service.ts';
import { unproven } from '../modules/customers/support.ts';

const EXCHANGES: Record<string, string> = {
  'order.completed': 'order_events',
  'order.cancelled': 'order_events',
  'pos.transaction.completed': 'pos_events',
  'payment.received': 'payment_events',
};
const QUEUES = ['customer_order_queue', 'customer_pos_queue', 'customer_payment_queue'];
const ALL = ['order_inventory_consumer', 'order_catalog_consumer', ...QUEUES].flatMap((queue) => [queue, `${queue}.dead`]);

type Message = { event: string; timestamp: string; organization_id: string; data: Record<string, unknown> };

/** The contracts' own message, as it stands there, with what is changed. */
function documented(event: string, data: Record<string, unknown> = {}, envelope: Partial<Message> = {}): Message {
  const file = new URL(`../fixtures/contracts/amqp/customer-service/in/${event}.json`, import.meta.url);
  const message = JSON.parse(readFileSync(file, 'utf8')) as Message;
  return { ...message, ...envelope, data: { ...message.data, ...data } };
}

const textOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));

describe('customers, as other teams see them over RabbitMQ', () => {
  let service: TestService;
  let second: TestService;
  let client: ChannelModel;
  let channel: ConfirmChannel;
  let token = '';

  const tell = async (event: string, body: string | object) => {
    channel.publish(EXCHANGES[event] as string, event, Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)));
    await channel.waitForConfirms();
  };
  const rows = <Row extends object>(sql: string, values: readonly unknown[] = []) =>
    service.database.transaction('system', (trx) => trx.rows<Row>(sql, values));
  const settled = async () => (await rows<{ n: number }>(`SELECT count(*) AS n FROM events WHERE source = 'amqp'`))[0]?.n ?? 0;
  const afterSettling = async (count: number, work: () => Promise<void>) => {
    const before = await settled();
    await work();
    await until(`${count} more are settled`, async () => (await settled()) >= before + count);
  };
  const outcomes = async (topic: string) =>
    (await rows<{ outcome: string }>('SELECT outcome FROM events WHERE topic = $1 ORDER BY event_id', [topic])).map(({ outcome }) => outcome);
  const call = async (method: string, path: string, body?: unknown) => {
    const response = await fetch(service.url + path, {
      method,
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Record<string, Record<string, unknown>> };
  };
  const register = async (organization: string) => {
    const { status, body } = await call('POST', '/api/auth/register-tenant', {
      nombre: 'Tienda', razon_social: 'Tienda S.A.', cuenta_bancaria: '1', email: `${organization}@ejemplo.com`, telefono: '1',
      nombre_usuario: 'Ana', password: 'secreto1', calle: 'x', numero: '1', ciudad: 'Rosario', provincia: 'Santa Fe',
      codigo_postal: '2000', organization_id: organization,
    });
    assert.equal(status, 201, JSON.stringify(body));
    return textOf(body['accessToken']);
  };
  const customer = async (id: string) => (await call('GET', `/api/v1/customers/${id}`)).body;
  const removeQueues = async () => {
    for (const queue of ALL) await channel.deleteQueue(queue);
  };

  before(async function () {
    const url = await sharedBroker(this);
    client = await connect(url);
    channel = await client.createConfirmChannel();
    await removeQueues(); // of another run, which would have left its messages in them
    const settings = { RABBITMQ_URL: url };
    service = await startTestService({ settings });
    second = await startTestService({ settings, beside: service });
    token = await register('org_123');
    for (const queue of QUEUES) await until(`${queue} is there`, () => client.createChannel().then(async (probe) => {
      probe.on('error', () => undefined); // it is not there yet, which costs the channel
      return probe.checkQueue(queue).then(() => true, () => false);
    }));
  });
  after(async () => {
    await second?.close();
    await service?.close();
    if (channel) await removeQueues();
    await client?.close();
  });
  afterEach(async () => assert.deepEqual(await unproven({ rows }), []));

  it("takes the contracts' messages as they stand there, each once however often they come", async () => {
    const wanted = ['order.completed', 'pos.transaction.completed', 'payment.received'];
    await afterSettling(wanted.length * 3, async () => {
      for (let n = 0; n < 3; n += 1) for (const event of wanted) await tell(event, documented(event));
    });
    const { statistics, points, credit } = await customer('cus_1');
    const { purchases, spent, average } = statistics as Record<string, number>;
    assert.deepEqual({ purchases, spent, average }, { purchases: 2, spent: 19450.5, average: 9725.25 });
    assert.equal(points?.['earned'], 194);
    assert.equal(credit?.['favour'], 5000);
    for (const event of wanted) assert.deepEqual((await outcomes(event)).sort(), ['done', 'repeat', 'repeat'], event);
    await afterSettling(2, async () => {
      for (let n = 0; n < 2; n += 1) await tell('order.cancelled', documented('order.cancelled'));
    });
    const after = await customer('cus_1');
    assert.deepEqual([after['statistics']?.['purchases'], after['statistics']?.['spent'], after['points']?.['earned']], [1, 4200, 42]);
    for (const queue of QUEUES) assert.equal((await channel.checkQueue(`${queue}.dead`)).messageCount, 0, queue);
  });

  it('ends the same in whatever order and however often they come, at two instances', async () => {
    const at = (n: number) => new Date(Date.now() - (n + 1) * 3_600_000).toISOString();
    const orders = Array.from({ length: 20 }, (_, n) =>
      documented('order.completed', { customer_id: 'many', order_id: `many_${n}`, total_amount: 100 + n, items: [{ sku: n }] }, { timestamp: at(n) }));
    const gone = orders.filter((_, n) => n % 2 === 0).map(({ data }) =>
      documented('order.cancelled', { customer_id: 'many', order_id: data['order_id'] }));
    const payments = Array.from({ length: 10 }, (_, n) =>
      documented('payment.received', { customer_id: 'many', amount: 10.5, payment_reference: `many_${n}` }));
    const all = [...orders, ...gone, ...payments];
    const shuffled = [...all, ...all].sort(() => Math.random() - 0.5);
    await afterSettling(shuffled.length, async () => {
      for (const message of shuffled) await tell(message.event, message);
    });
    const { statistics, points, credit } = await customer('many');
    const kept = Array.from({ length: 10 }, (_, n) => 101 + 2 * n).reduce((sum, one) => sum + one, 0);
    assert.deepEqual([statistics?.['purchases'], statistics?.['spent']], [10, kept]);
    assert.deepEqual([points?.['available'], points?.['debt'], credit?.['favour']], [10, 0, 105]);
  });

  it('puts what it cannot take, and what is for nobody here, behind its queue with the cause', async () => {
    const poison: Array<[event: string, body: string | object, cause: RegExp]> = [
      ['order.completed', 'not json {', /no es válido/],
      ['order.completed', documented('order.completed', { total_amount: undefined, order_id: 'bad_1' }), /total_amount/],
      ['order.completed', documented('order.completed', { order_id: 'bad_2' }, { organization_id: 'org_nobody' }), /ningún negocio tiene la organización org_nobody/],
      ['order.cancelled', documented('order.cancelled', { order_id: 'bad_3', organization_id: 'org_other' }), /org_other/],
      ['pos.transaction.completed', documented('pos.transaction.completed', { transaction_id: ' ' }), /transaction_id/],
      ['payment.received', documented('payment.received', { amount: -1, payment_reference: 'bad_4' }), /amount/],
    ];
    for (const [event, body] of poison) await tell(event, body);
    const counts = { customer_order_queue: 4, customer_pos_queue: 1, customer_payment_queue: 1 };
    const causes: string[] = [];
    for (const [queue, count] of Object.entries(counts)) {
      await until(`${count} in ${queue}.dead`, async () => (await channel.checkQueue(`${queue}.dead`)).messageCount === count);
      for (let got = await channel.get(`${queue}.dead`, { noAck: true }); got; got = await channel.get(`${queue}.dead`, { noAck: true })) {
        causes.push(String((got.properties.headers as Record<string, unknown>)['x-cause']));
      }
    }
    for (const [, , cause] of poison) assert.ok(causes.some((one) => cause.test(one)), `${cause.source} is not in ${causes.join(' | ')}`);
    assert.equal((await customer('cus_1'))['statistics']?.['purchases'], 1);
  });

  it("counts this service's own orders, told by one context and taken by the other", async () => {
    await service.database.transaction('system', (trx) =>
      trx.run(
        `INSERT INTO ordering_availability (variant_id, warehouse_id, tenant_id, total, available, reserved, damaged, as_of)
         SELECT 'var_own', 'wh_1', tenant_id, 9, 9, 0, 0, now() FROM organizations WHERE organization_id = 'org_123'`,
      ));
    const { body: cart } = await call('POST', '/api/v1/carts', { customer_id: 'own' });
    await call('POST', `/api/v1/carts/${textOf(cart['cart_id'])}/items`, { variant_id: 'var_own', quantity: 2, unit_price: 150.5 });
    const { body: order } = await call('POST', '/api/v1/orders', { cart_id: cart['cart_id'] });
    await rows(`UPDATE ordering_orders SET state = 'confirmed' WHERE order_id = $1`, [textOf(order['order_id'])]);
    assert.equal((await call('POST', `/api/v1/orders/${textOf(order['order_id'])}/complete`)).status, 200);
    await until('it is counted', async () => (await customer('own'))['statistics'] !== undefined);
    const { statistics, points } = await customer('own');
    assert.deepEqual([statistics?.['purchases'], statistics?.['spent'], points?.['available']], [1, 301, 3]);
  });
});
