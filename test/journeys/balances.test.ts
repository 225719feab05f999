import { strict as assert } from 'node:assert';
import { balanceFor, type Faults } from '../../scripts/hub-simulator/index.ts';
import { registration } from '../modules/marketplace/rest-support.ts';
import { freePort, spawnService } from '../support/process.ts';
import { startTestService, until, type TestService } from '../support/service.ts';
import { openShop, orderOf } from '../support/shop.ts';

const [REQUESTS, TENANTS] = [60, 3];
const OF_ONE_TENANT = 100;
const REQUEST = 'get.balances.request';

interface Tenant {
  email: string;
  token: string;
}
interface Reply {
  status: number;
  body: { fiatBalance?: number; cryptoBalance?: number; success?: boolean; message?: string };
}

async function register({ url }: TestService): Promise<Tenant> {
  const body = registration();
  const response = await fetch(`${url}/api/auth/register-tenant`, {
    method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(body),
  });
  assert.equal(response.status, 201);
  const { tokens } = (await response.json()) as { tokens: { accessToken: string } };
  return { email: String(body.email), token: tokens.accessToken };
}

async function askBalance({ url }: { url: string }, { token }: Tenant, path = '/api/tenants/balance'): Promise<Reply> {
  const response = await fetch(url + path, { headers: { authorization: `Bearer ${token}` } });
  return { status: response.status, body: (await response.json()) as Reply['body'] };
}

/** What the payments module would say to each request of this tenant that reached the hub, as texts to compare. */
const answersFor = ({ hub }: TestService, { email }: Tenant): string[] =>
  hub.published(REQUEST)
    .filter(({ payload }) => payload.email === email)
    .map(({ payload }) => JSON.stringify(balanceFor((payload.traceData as { traceId: string }).traceId)));

/** What became of the answers about this tenant's email, or one that ends like it. */
const outcomesFor = async ({ database }: TestService, { email }: Tenant): Promise<string[]> => {
  const rows = await database.transaction('system', (trx) =>
    trx.rows<{ outcome: string; code: string | null }>(
      `SELECT outcome, answer->>'code' AS code FROM events
       WHERE topic = 'get.balances.response' AND body LIKE '%' || $1 || '%' ORDER BY event_id`, [email]),
  );
  return rows.map(({ outcome, code }) => (code === null ? outcome : `${outcome} ${code}`));
};

const attemptsInVain = async ({ database }: TestService): Promise<number> => {
  const sum = `SELECT coalesce(sum(attempts), 0)::int AS attempts FROM outbox WHERE state = 'pending'`;
  return (await database.transaction('system', (trx) => trx.one<{ attempts: number }>(sum))).attempts;
};

describe('balances asked through the hub', () => {
  let service: TestService;
  let tenants: Tenant[];

  before(async () => {
    service = await startTestService();
    tenants = await Promise.all(Array.from({ length: TENANTS }, () => register(service)));
  });
  after(() => service.close());

  it(`gives ${REQUESTS} requests at once each its own answer`, async () => {
    const replies = await Promise.all(
      Array.from({ length: REQUESTS }, async (_, n) => ({ n: n % TENANTS, ...(await askBalance(service, tenants[n % TENANTS] as Tenant)) })),
    );
    for (const [n, tenant] of tenants.entries()) {
      const mine = replies.filter((reply) => reply.n === n);
      assert.ok(mine.every(({ status }) => status === 200));
      const told = mine.map(({ body }) => JSON.stringify(body)).sort();
      assert.deepEqual(told, answersFor(service, tenant).sort());
      assert.equal(new Set(told).size, REQUESTS / TENANTS);
    }
  });

  it(`improvement 22: gives ${OF_ONE_TENANT} requests of one tenant at once each its own answer, under either address`, async () => {
    const tenant = await register(service);
    const paths = ['/balance', '/api/tenants/balance'];
    const replies = await Promise.all(Array.from({ length: OF_ONE_TENANT }, (_, n) => askBalance(service, tenant, paths[n % 2])));
    assert.deepEqual([...new Set(replies.map(({ status }) => status))], [200]);
    const told = replies.map(({ body }) => JSON.stringify(body)).sort();
    assert.deepEqual(told, answersFor(service, tenant).sort());
    assert.equal(new Set(told).size, OF_ONE_TENANT);
  });
});

describe('balance answers that are not as they should be', () => {
  let service: TestService;
  let tenant: Tenant;

  before(async () => void (service = await startTestService({ settings: { BALANCE_TIMEOUT_MS: '600' } })));
  after(() => service.close());
  beforeEach(async () => void (tenant = await register(service)));
  const outcomes = () => outcomesFor(service, tenant);

  const asking = (balance: Faults['balance']) => {
    service.hub.faults({ balance });
    return askBalance(service, tenant);
  };
  const whenAnswered = (count: number) => until(`${count} answers are kept`, async () => (await outcomes()).length === count);

  for (const [mode, kept] of [['wrong-email', 'refused email_distinto'], ['foreign-module', 'refused ajena']] as const) {
    it(`${mode}: settles nothing, the asker is told 504, the answer is kept as refused`, async () => {
      assert.equal((await asking({ mode })).status, 504);
      assert.deepEqual(await outcomes(), [kept]);
      assert.equal((await asking({ mode: 'answer' })).status, 200);
    });
  }

  for (const mode of ['silent', 'error'] as const) {
    it(`${mode}: 504`, async () => {
      assert.equal((await asking({ mode })).status, 504);
      assert.deepEqual(await outcomes(), []);
    });
  }

  it('no-trace: settles the only request of that email', async () => {
    const { status, body } = await asking({ mode: 'no-trace' });
    assert.deepEqual([status, [JSON.stringify(body)]], [200, answersFor(service, tenant)]);
  });

  it('no-trace with several waiting: nobody gets what may be another\'s', async () => {
    service.hub.faults({ balance: { mode: 'no-trace', delayMs: 200 } });
    const replies = await Promise.all([askBalance(service, tenant), askBalance(service, tenant)]);
    assert.deepEqual(replies.map(({ status }) => status), [504, 504]);
    assert.deepEqual(await outcomes(), ['refused ambigua', 'refused ambigua']);
  });

  it('twice: the first counts, the second is a repeat', async () => {
    const { status, body } = await asking({ mode: 'twice' });
    assert.deepEqual([status, [JSON.stringify(body)]], [200, answersFor(service, tenant)]);
    await whenAnswered(2);
    assert.deepEqual(await outcomes(), ['done', 'repeat']);
  });

  it('late: 504, and the answer is recorded when it comes', async () => {
    assert.equal((await asking({ mode: 'late', delayMs: 900 })).status, 504);
    await whenAnswered(1);
    assert.deepEqual(await outcomes(), ['warned tarde']);
  });

  it('503 while the hub is known to be away, and 200 again afterwards', async () => {
    const shop = await openShop(service.database);
    service.hub.faults({ status: 503, loginStatus: 503 });
    await service.deliver('pedido.creado', orderOf(shop, 'opens-the-circuit'));
    await until('it is known', async () => (await askBalance(service, tenant)).status === 503);
    const before = await attemptsInVain(service);
    await until('it was probed in vain', async () => {
      assert.equal((await askBalance(service, tenant)).status, 503, 'while it lasts');
      return (await attemptsInVain(service)) > before + 1;
    });
    service.hub.faults({});
    await until('it is over', async () => (await askBalance(service, tenant)).status === 200);
  });
});

describe('a balance asked just before the hub was known to be away', () => {
  it('is told 503, for it was never handed over; the next one at once', async () => {
    const service = await startTestService({ settings: { BALANCE_TIMEOUT_MS: '1500' } });
    try {
      const tenant = await register(service);
      service.hub.faults({ status: 503, loginStatus: 503 });
      const first = await askBalance(service, tenant);
      assert.deepEqual([first.status, first.body.success], [503, false]);
      assert.match(first.body.message ?? '', /^El hub no está disponible/);
      assert.equal((await askBalance(service, tenant)).status, 503);
    } finally {
      await service.close();
    }
  });
});

describe('a balance asked at one instance and answered at another', () => {
  it('improvement 22: reaches the asker', async () => {
    const one = await startTestService();
    const other = await startTestService({ beside: one, settings: { ROLES: 'web' } });
    try {
      one.hub.setCallbackUrl(`${other.url}/callback`);
      const tenant = await register(one);
      const { status, body } = await askBalance(one, tenant);
      assert.deepEqual([status, [JSON.stringify(body)]], [200, answersFor(one, tenant)]);
    } finally {
      await other.close();
      await one.close();
    }
  });
});

/** The traces of this tenant's requests that reached the hub. */
const tracesOf = ({ hub }: TestService, { email }: Tenant): string[] =>
  hub.published(REQUEST)
    .filter(({ payload }) => payload.email === email)
    .map(({ payload }) => (payload.traceData as { traceId: string }).traceId);

describe('blockchain.error.response', () => {
  const TOPIC = 'blockchain.error.response';
  let service: TestService;
  let tenant: Tenant;

  before(async () => void (service = await startTestService({ settings: { BALANCE_TIMEOUT_MS: '20000' } })));
  after(() => service.close());
  beforeEach(async () => void (tenant = await register(service)));

  /** One request at the hub that nobody answers. */
  const waiting = async () => {
    service.hub.faults({ balance: { mode: 'silent' } });
    const reply = askBalance(service, tenant);
    const [traceId] = await until('the request at the hub', () => (tracesOf(service, tenant).length > 0 ? tracesOf(service, tenant) : undefined));
    return { reply, traceId: traceId as string };
  };
  const answer = (traceId: string) => service.deliver('get.balances.response', {
    traceData: { originModule: 'marketplace-service', traceId }, email: tenant.email, fiatBalance: 1.5, cryptoBalance: null,
  });
  const told = async (payload: unknown) => {
    const { status, body } = await service.deliver(TOPIC, payload);
    return [status, (body as { success?: boolean } | undefined)?.success, (body as { code?: string } | undefined)?.code];
  };

  it('with our trace fails the waiting request at once, in Spanish, and shows nothing it should not', async () => {
    const { reply, traceId } = await waiting();
    const error = `wallet 0x52908400098527886E0F7030069857D2E4169EE7 of ${tenant.email} is locked`;
    const payload = { error, traceData: { originModule: 'marketplace-service', traceId } };
    const begun = Date.now();
    assert.equal((await service.deliver(TOPIC, payload)).status, 204);
    const { status, body } = await reply;
    assert.deepEqual([status, body.message], [502, 'El módulo de pagos no pudo decir los saldos: wallet *** of *** is locked']);
    assert.ok(Date.now() - begun < 5000, 'it did not wait for the time-out');
    assert.equal((await service.deliver(TOPIC, payload)).headers['idempotent-replay'], 'true');
    assert.equal(((await answer(traceId)).body as { code: string }).code, 'ya_respondida');
  });

  it('without a trace, with a foreign one, with one that nobody asked under: is kept and settles nothing', async () => {
    const { reply, traceId } = await waiting();
    assert.deepEqual(await told({ error: 'no' }), [200, false, 'sin_traza']);
    assert.deepEqual(await told({ error: 'no', traceData: null }), [200, false, 'sin_traza']);
    assert.deepEqual(await told({ error: { code: 7 }, traceData: { originModule: 'another-service', traceId } }), [200, false, 'ajena']);
    assert.deepEqual(await told({ error: 'no', traceData: { originModule: 'marketplace-service', traceId: 'not-a-uuid' } }), [200, false, 'sin_pedido']);
    assert.equal((await answer(traceId)).status, 204);
    const { status, body } = await reply;
    assert.deepEqual([status, body], [200, { fiatBalance: 1.5, cryptoBalance: null }]);
    const kept = await service.database.transaction('system', (trx) =>
      trx.rows<{ outcome: string }>('SELECT outcome FROM events WHERE topic = $1 ORDER BY event_id DESC LIMIT 4', [TOPIC]));
    assert.deepEqual(kept.map(({ outcome }) => outcome), Array(4).fill('refused'));
  });

  it('nested deeper than can be written is kept as invalid: the hub need not come again with it', async () => {
    const body = `{"error":${'['.repeat(100_000)}${']'.repeat(100_000)}}`;
    const sent = await fetch(`${service.url}/callback`, { method: 'POST', headers: { 'x-topic': TOPIC }, body });
    assert.deepEqual([sent.status, ((await sent.json()) as { code: string }).code], [200, 'contenido_invalido']);
  });
});

describe('a restart between a balance request and its answer', () => {
  let one: TestService;
  let tenant: Tenant;

  beforeEach(async () => {
    one = await startTestService();
    one.hub.faults({ balance: { mode: 'silent' } });
    tenant = await register(one);
  });
  afterEach(() => one.close());

  const traceAtHub = () => until('the request at the hub', () => tracesOf(one, tenant).at(-1));
  const answerLate = async (traceId: string) => {
    const traceData = { originModule: 'marketplace-service', traceId };
    const { status } = await one.deliver('get.balances.response', { traceData, email: tenant.email, fiatBalance: 7, cryptoBalance: 8 });
    assert.equal(status, 204, 'it is in time and settles the request, though its asker has gone');
    const row = await one.database.transaction('system', (trx) =>
      trx.one<{ answer: unknown }>('SELECT answer FROM pending_requests WHERE trace_id = $1', [traceId]));
    assert.deepEqual(row.answer, { fiatBalance: 7, cryptoBalance: 8 });
  };

  it('improvement 22: that is announced: the asker is told 503 at once, and the answer is recorded where it arrives', async () => {
    const other = await startTestService({ beside: one, settings: { ROLES: 'web' } });
    try {
      const reply = askBalance(other, tenant);
      const traceId = await traceAtHub();
      other.service.quiesce();
      const { status, body } = await reply;
      assert.deepEqual([status, body.success], [503, false]);
      assert.match(body.message ?? '', /reiniciando; volvé a intentarlo/);
      assert.equal((await askBalance(other, tenant)).status, 503, 'whoever comes later is told too');
      await answerLate(traceId);
    } finally {
      await other.close();
    }
  });

  it("that is a kill -9: the asker's connection breaks, and the answer is recorded where it arrives", async () => {
    const child = spawnService({ databaseUrl: one.databaseUrl, hubUrl: one.hub.url, port: await freePort(), settings: { ROLES: 'web' } });
    try {
      await child.start();
      const reply = askBalance(child, tenant).then(({ status }) => `answered ${status}`, () => 'the connection broke');
      const traceId = await traceAtHub();
      await child.kill9();
      assert.equal(await reply, 'the connection broke');
      await answerLate(traceId);
    } finally {
      await child.kill9();
    }
  });
});
