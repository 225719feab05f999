import { strict as assert } from 'node:assert';
import type { Faults } from '../../scripts/hub-simulator/index.ts';
import { appendToOutbox, OUTBOX_CHANNEL, type NewMessage } from '../../src/events/outbox.ts';
import { SLOT_COUNT } from '../../src/events/relay/slots.ts';
import { outboxDrained, publishedInOrder } from '../support/invariants.ts';
import { freePort, spawnService, type ServiceProcess } from '../support/process.ts';
import { inParallel } from '../support/sender.ts';
import { startTestService, until, type TestService } from '../support/service.ts';
import { openShop, orderOf, type Shop } from '../support/shop.ts';

const settings = { ROLES: 'web,relay' };
const TAKEOVER_MS = 10_000;

const rowsOf = <Row extends object>({ database }: TestService, sql: string, values: readonly unknown[] = []) =>
  database.transaction('system', (trx) => trx.rows<Row>(sql, values));

const commit = ({ database }: TestService, messages: readonly NewMessage[]) =>
  database.transaction('system', (trx) => appendToOutbox(trx, messages));

/** A message of its own making, so that the hub's answer to just this one can be chosen. */
const messageOf = (topic: string, orderingKey: string, n: number, more: Partial<NewMessage> = {}): NewMessage => ({
  topic, orderingKey, payload: JSON.stringify({ key: orderingKey, n }), ...more,
});

const stateOf = async (service: TestService, topic: string) =>
  rowsOf<{ state: string; error: string | null; attempts: number }>(
    service, 'SELECT state, last_error AS error, attempts FROM outbox WHERE topic = $1 ORDER BY message_id', [topic],
  );

const arrivals = ({ hub }: TestService, topic: string) => hub.published(topic).map(({ payload }) => payload.n);

const outage = async ({ url }: TestService): Promise<string | undefined> => {
  const ready = (await (await fetch(`${url}/readyz`)).json()) as { hub: { outage?: string } };
  return ready.hub.outage;
};

describe('three relays on one outbox, at a hub that misbehaves', () => {
  let services: TestService[];
  let shop: Shop;
  const [misbehaviours, ORDERS]: [Array<[string, Partial<Faults>]>, number] = [
    [
      ['answers 503 and 500 to a third', { statuses: [{ status: 503, share: 0.2 }, { status: 500, share: 0.15 }] }],
      ['breaks connections before it has the message', { share: 0.2, dropConnection: true }],
      ['breaks connections when it has the message', { share: 0.2, dropAfter: true }],
      ['answers 429 with Retry-After', { status: 429, retryAfterSeconds: 1, for: 3 }],
      ['forgets its tokens', { forgetTokens: true }],
    ],
    60,
  ];

  before(async () => {
    const first = await startTestService({ settings });
    services = [first, await startTestService({ settings, beside: first }), await startTestService({ settings, beside: first })];
    shop = await openShop(first.database, { productos: 3, stock: 1000 });
  });
  after(async () => {
    for (const service of services.reverse()) await service.close();
  });

  for (const [index, [name, faults]] of misbehaviours.entries()) {
    it(`publishes everything, in order per key, when it ${name}`, async () => {
      const [{ hub, database }] = services as [TestService];
      hub.faults(faults);
      const orders = Array.from({ length: ORDERS }, (_, n) => orderOf(shop, `relay-${index}-${n}`, { producto: shop.productos[n % 3] }));
      const results = await inParallel(orders, 9, (order, n) => (services[n % 3] as TestService).deliver('pedido.creado', order));
      assert.ok(results.every(({ status }) => status === 204), 'the callbacks do not notice');
      const before = hub.published().length;
      await until('some arrive all the same', () => hub.published().length > before || faults.status === 429);
      await until('the hub had to be asked again', async () => hub.published().length >= orders.length || faults.status === 429, 20_000);
      hub.faults({});
      await outboxDrained(database);
      await publishedInOrder(database, hub);
    });
  }
});

describe('what the hub says of a message', () => {
  let service: TestService;

  before(async () => void (service = await startTestService({ settings })));
  after(() => service.close());
  afterEach(() => service.hub.faults({}));

  for (const status of [400, 413, 422]) {
    it(`${status}: this message is dead with its cause, and those behind it go on`, async () => {
      const topic = `test.never-${status}`;
      service.hub.faults({ topics: [topic], status, for: 1 });
      await commit(service, [1, 2, 3].map((n) => messageOf(topic, topic, n)));
      await outboxDrained(service.database);
      const [first, ...behind] = await stateOf(service, topic);
      assert.equal(first?.state, 'dead');
      assert.match(first?.error ?? '', new RegExp(`^${status} .*told to answer ${status}`));
      assert.deepEqual(behind.map(({ state }) => state), ['published', 'published']);
      assert.deepEqual(arrivals(service, topic), [2, 3]);
    });
  }

  for (const status of [403, 404, 405, 410]) {
    it(`${status}: the hub is wrong for all: the circuit opens, nothing is dead, and all goes out afterwards`, async () => {
      const topic = `test.down-${status}`;
      service.hub.faults({ status });
      await commit(service, [1, 2, 3].map((n) => messageOf(topic, topic, n)));
      assert.match(await until('the outage shows', () => outage(service)), new RegExp(`^${status} `));
      assert.deepEqual((await stateOf(service, topic)).map(({ state }) => state), ['pending', 'pending', 'pending']);
      service.hub.faults({});
      await outboxDrained(service.database);
      assert.deepEqual((await stateOf(service, topic)).map(({ state }) => state), ['published', 'published', 'published']);
      assert.deepEqual(arrivals(service, topic), [1, 2, 3]);
      await until('the outage is over', async () => (await outage(service)) === undefined);
    });
  }

  it('a request whose asker gave up while the hub was down is not published any more', async () => {
    const topic = 'test.expires';
    service.hub.faults({ status: 503 });
    const expiresAt = new Date(Date.now() + 700);
    await commit(service, [messageOf(topic, topic, 1, { expiresAt }), messageOf(topic, topic, 2)]);
    await until('it was tried', async () => (await stateOf(service, topic)).some(({ attempts }) => attempts > 0));
    await until('its time is up', () => Date.now() > expiresAt.getTime() + 50);
    service.hub.faults({});
    await outboxDrained(service.database);
    assert.deepEqual((await stateOf(service, topic)).map(({ state }) => state), ['expired', 'published']);
    assert.deepEqual(arrivals(service, topic), [2]);
  });

  it('counts each attempt once, and notes why the last one failed', async () => {
    const topic = 'test.attempts';
    service.hub.faults({ topics: [topic], status: 500, for: 3 });
    await commit(service, [messageOf(topic, topic, 1)]);
    await outboxDrained(service.database);
    const [message] = await stateOf(service, topic);
    assert.deepEqual([message?.state, message?.attempts], ['published', 4]);
    assert.match(message?.error ?? '', /^500 /);
  });

  it('writes down the last word of a message whose attempts gathered while Postgres was slow', async () => {
    const [topic, busy] = ['test.gathers', 'test.busy'];
    service.hub.faults({ topics: [topic], status: 500, for: 2 });
    const holder = await service.database.connect();
    try {
      await commit(service, [messageOf(topic, topic, 1), ...Array.from({ length: 900 }, (_, n) => messageOf(busy, busy, n))]);
      await holder.query('BEGIN');
      await holder.query('SELECT FROM outbox WHERE topic = $1 FOR UPDATE', [topic]);
      await until('the hub has it', () => arrivals(service, topic).length > 0);
    } finally {
      await holder.end();
    }
    await outboxDrained(service.database);
    const [message] = await stateOf(service, topic);
    assert.deepEqual([message?.state, message?.attempts], ['published', 3]);
    assert.deepEqual(arrivals(service, topic), [1]);
  });

  it('sends other keys while one has thousands waiting', async () => {
    const long = Array.from({ length: 5000 }, (_, n) => messageOf('test.long', 'test.long', n));
    service.hub.faults({ topics: ['test.long'], delayMs: 30 }); // one after another they would take minutes
    await commit(service, [...long, messageOf('test.short', 'test.short', 1)]);
    await until('the one behind them all arrives', () => arrivals(service, 'test.short').length === 1);
    assert.ok(arrivals(service, 'test.long').length < 1000);
    await rowsOf(service, `UPDATE outbox SET state = 'expired' WHERE topic = 'test.long' AND state = 'pending' RETURNING 1`);
    service.hub.faults({});
  });

  it('is woken by the commit when it sleeps', async () => {
    const listener = await service.database.connect();
    const notices: string[] = [];
    listener.on('notification', ({ payload }) => notices.push(payload ?? ''));
    await listener.query(`LISTEN ${OUTBOX_CHANNEL}`);
    const isAsleep = async () => (await rowsOf(service, 'SELECT FROM relays WHERE asleep')).length > 0;
    let sent = 0;
    try {
      // It stirs at every poll; a commit at just that moment is spared its notice, so one of several must have one.
      await until('a commit sent a notice', async () => {
        await until('the relay sleeps', isAsleep);
        await commit(service, [messageOf('test.wakes', 'test.wakes', (sent += 1))]);
        await until('it arrives', () => arrivals(service, 'test.wakes').length === sent);
        return notices.length > 0;
      });
    } finally {
      await listener.end();
    }
    assert.deepEqual([...new Set(notices)], ['hub']);
  });
});

describe('two relays, of which one is killed', () => {
  let service: TestService;
  let other: ServiceProcess;

  before(async () => {
    service = await startTestService({ settings });
    other = spawnService({ databaseUrl: service.databaseUrl, hubUrl: service.hub.url, port: await freePort(), settings });
    await other.start();
  });
  after(async () => {
    await other.kill9();
    await service.close();
  });

  const shares = async () =>
    (await rowsOf<{ slots: number }>(service, `SELECT count(*) AS slots FROM relay_slots WHERE destination = 'hub' AND leased_until > now() GROUP BY relay_id`)).map(({ slots }) => slots);

  it('share the slots equally', async () => {
    await until('each has its half', async () => {
      const [one, two] = await shares();
      return one === SLOT_COUNT / 2 && two === SLOT_COUNT / 2;
    });
  });

  it(`the other publishes its slots' messages within ${TAKEOVER_MS / 1000} s, those it had begun included`, async () => {
    service.hub.faults({ delayMs: 300 });
    const keys = Array.from({ length: SLOT_COUNT * 3 }, (_, n) => `test.takeover:${n}`);
    await commit(service, [1, 2].flatMap((n) => keys.map((key) => messageOf('test.takeover', key, n))));
    await other.kill9();
    service.hub.faults({});
    await until('all arrived', () => new Set(service.hub.published('test.takeover').map(({ payload }) => `${String(payload.key)} ${String(payload.n)}`)).size === keys.length * 2, TAKEOVER_MS);
    await outboxDrained(service.database);
    await publishedInOrder(service.database, service.hub);
    assert.deepEqual(await shares(), [SLOT_COUNT]);
  });
});
