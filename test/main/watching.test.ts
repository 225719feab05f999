import assert from 'node:assert/strict';
import express from 'express';
import { Registry } from 'prom-client';
import supertest from 'supertest';
import { createBacklog, readBacklog } from '../../src/events/backlog.ts';
import { type Database } from '../../src/kernel/database.ts';
import { createLogger } from '../../src/kernel/logger.ts';
import { restRouter } from '../../src/kernel/rest/router.ts';
import { watchEndpoints } from '../../src/watching.ts';
import { startTestService, until, type TestService } from '../support/service.ts';
import { openShop, orderOf } from '../support/shop.ts';

interface Ready {
  status: string;
  causes: string[];
  warnings: string[];
  database: string;
  schema: string;
  hub?: { relays: number; outage?: string };
  backlog?: { pending: number; oldestPendingSeconds: number; deadLetters: number; parked: number; failed: number };
}

const readiness = async (url: string): Promise<{ status: number; body: Ready }> => {
  const response = await fetch(`${url}/readyz`);
  return { status: response.status, body: (await response.json()) as Ready };
};

/** The metrics as name with labels → value; one without a value is not there. */
async function scrape(url: string): Promise<Map<string, number>> {
  const response = await fetch(`${url}/metrics`);
  assert.equal(response.status, 200);
  assert.match(response.headers.get('content-type') ?? '', /^text\/plain; version=0\.0\.4/);
  const lines = (await response.text()).split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(
    lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
  );
}

/** These are told apart by where messages go. */
const ofHub = (name: string) => `${name}{destination="hub"}`;

const run = (database: Database, sql: string, values: unknown[] = []) =>
  database.transaction('system', (trx) => trx.run(sql, values));

describe('the metrics', () => {
  let service: TestService;
  before(async () => void (service = await startTestService({ settings: { ROLES: 'web,relay' } })));
  after(() => service.close());

  it('tell what became of events by topic, and give what nobody takes one name', async () => {
    const shop = await openShop(service.database);
    await service.deliver('pedido.creado', orderOf(shop, 'M-1'));
    await service.deliver('pedido.creado', orderOf(shop, 'M-1'));
    await service.deliver('pedido.creado', orderOf(shop, 'M-2', { cantidad: 101 }));
    await service.deliver('delivery.failed', { pedidoId: 'M-1', estado: 'CANCELADO' });
    for (let n = 0; n < 5; n += 1) await service.deliver(`made.up.${n}`, { n });
    const seen = await scrape(service.url);
    const events = [...seen].filter(([name]) => name.startsWith('marketplace_events_total'));
    assert.deepEqual(Object.fromEntries(events), {
      'marketplace_events_total{topic="pedido.creado",outcome="done"}': 1,
      'marketplace_events_total{topic="pedido.creado",outcome="repeat"}': 1,
      'marketplace_events_total{topic="pedido.creado",outcome="refused"}': 1,
      'marketplace_events_total{topic="pedido.cancelado",outcome="done"}': 1,
      'marketplace_events_total{topic="unknown",outcome="unknown"}': 5,
    });
    assert.equal(seen.get('marketplace_callback_seconds_count{status="204"}'), 3);
    assert.equal(seen.get('marketplace_database_up'), 1);
    assert.ok([...seen.keys()].some((name) => name.startsWith('process_cpu_seconds_total')));
    assert.ok([...seen.keys()].some((name) => /^marketplace_build_info\{version="[\d.]+",node="v\d+/.test(name)));
  });

  it('time REST answers by the endpoint, not by the address', async () => {
    for (let n = 0; n < 3; n += 1) await fetch(`${service.url}/api/sellers/${n + 1}?secret=${n}`);
    for (let n = 0; n < 3; n += 1) await fetch(`${service.url}/api/made-up-${n}`);
    await fetch(`${service.url}/made-up`, { method: 'PROPFIND' });
    const names = [...(await scrape(service.url)).keys()].filter((name) =>
      name.startsWith('marketplace_http_seconds_count'),
    );
    assert.ok(
      names.some((name) => name.includes('/sellers/:id"') && name.includes('status="4xx"')),
      names.join('\n'),
    );
    assert.ok(
      names.includes('marketplace_http_seconds_count{method="GET",path="other",status="4xx"}'),
      names.join('\n'),
    );
    assert.ok(names.includes('marketplace_http_seconds_count{method="OTHER",path="other",status="4xx"}'));
    assert.ok(!names.some((name) => name.includes('made-up') || name.includes('secret')));
  });

  it('tell what hangs: lag, what is unpublished, dead letters, parked and failed events, the circuit', async () => {
    const first = await scrape(service.url);
    assert.ok((first.get('marketplace_relay_send_seconds_count{destination="hub",result="sent"}') ?? 0) > 0);
    // What is older by its number is looked at first; nothing of before may be among what hangs.
    await until('what was written before is published', async () => {
      const now = await scrape(service.url);
      return now.get(`marketplace_${ofHub('outbox_pending')}`) === 0;
    });
    service.hub.faults({ status: 503, loginStatus: 503 });
    const { database } = service;
    await run(
      database,
      `INSERT INTO outbox (destination, ordering_key, topic, payload, created_at, state, expires_at) VALUES
         ('elsewhere', 'd', 'x', '{}', now(), 'dead', NULL),
         ('hub', 'e', 'x', '{}', now() - interval '2 hours', 'pending', now() - interval '1 hour'),
         ('hub', 'p', 'x', '{}', now() - interval '90 seconds', 'pending', NULL)`,
    );
    await service.deliver('pedido.entregado', { pedidoId: 'NOT-YET', estado: 'ENTREGADO' });
    await run(
      database,
      `UPDATE events SET outcome = 'failed', next_attempt_at = now() + interval '1 day' WHERE topic LIKE 'made.up%'`,
    );
    const value = (seen: Map<string, number>, name: string) => seen.get(`marketplace_${name}`) ?? NaN;
    const seen = await until('what hangs', async () => {
      const now = await scrape(service.url);
      return value(now, 'failed_events') === 5 && value(now, ofHub('circuit_open')) === 1 ? now : undefined;
    });
    assert.ok(
      value(seen, ofHub('relay_lag_seconds')) >= 90 && value(seen, ofHub('relay_lag_seconds')) < 200,
      'the expired one is due no more',
    );
    assert.ok(value(seen, ofHub('outbox_pending')) >= 1);
    assert.deepEqual(
      [value(seen, 'dead_letters'), value(seen, 'parked_events'), value(seen, ofHub('relays_alive'))],
      [1, 1, 1],
    );

    const { status, body } = await readiness(service.url);
    assert.deepEqual(
      [status, body.status, body.causes],
      [200, 'ready', []],
      'a hub that is down does not make it unready',
    );
    assert.match(body.hub?.outage ?? '', /503/);
    assert.match(body.warnings.join('\n'), /the hub takes no messages: .*503.*\n.*1 dead letters: npm run admin/s);
    assert.deepEqual([body.backlog?.deadLetters, body.backlog?.parked, body.backlog?.failed], [1, 1, 5]);
    assert.ok((body.backlog?.oldestPendingSeconds ?? 0) >= 90);

    service.hub.faults({});
    await until('all is published', async () => {
      const now = await scrape(service.url);
      return (
        value(now, ofHub('relay_lag_seconds')) === 0 &&
        value(now, ofHub('outbox_pending')) === 0 &&
        value(now, ofHub('circuit_open')) === 0
      );
    });
  });
});

describe('readiness', () => {
  let service: TestService;
  beforeEach(async () => void (service = await startTestService({ settings: { ROLES: 'web' } })));
  afterEach(() => service.close());
  const whenNotReady = () =>
    until('the process not ready', async () => {
      const seen = await readiness(service.url);
      return seen.status === 503 ? seen.body : undefined;
    });

  it('says that nobody relays where nobody does, and is given all the same', async () => {
    const { status, body } = await readiness(service.url);
    assert.deepEqual([status, body.database, body.schema, body.hub?.relays], [200, 'up', 'current', 0]);
    assert.match(body.warnings.join(), /no relay is at work; start a process with the role relay/);
  });

  it('shows a broker that is away or has to be mended, and is given all the same', async () => {
    const { database } = service;
    const problems = ['the broker has a queue q that was declared in another way'];
    await run(
      database,
      `INSERT INTO outbox (destination, ordering_key, topic, payload) VALUES ('amqp:events', 'k', 'x', '{}'), ('amqp:events', 'k', 'x', '{}')`,
    );
    const endpoints = watchEndpoints({
      registry: new Registry(), database, draining: () => false,
      backlog: createBacklog(database, ['hub', 'amqp:events']),
      broker: () => ({ transport: 'rabbitmq', connected: false, problems }),
    });
    const app = express().use(restRouter({ origins: [], maxBodyBytes: 1024, log: createLogger('error'), endpoints }));
    const { body, status } = await supertest(app).get('/readyz');
    assert.deepEqual([status, body.broker], [200, { transport: 'rabbitmq', connected: false, problems, relays: 0 }]);
    assert.match(body.warnings.join('\n'), /no relay is at work for the broker's exchange events; .*2 messages wait/);
    assert.match(body.warnings.join('\n'), /no connection to the broker \(RABBITMQ_URL\)/);
    assert.ok(body.warnings.includes(problems[0]));
    const metrics = await supertest(app).get('/metrics');
    assert.match(metrics.text, /marketplace_outbox_pending\{destination="amqp:events"\} 2/);
  });

  it('is refused under an older schema and under a newer one, with what to do', async () => {
    const change = (sql: string) => service.database.pool.query(sql);
    await change(
      `INSERT INTO schema_migrations (name, batch, migration_time) VALUES ('29990101000000-from-the-future', 99, now())`,
    );
    const newer = await whenNotReady();
    assert.match(
      newer.causes.join(),
      /migrated by a newer release \(29990101000000-from-the-future\); start that release or a later one/,
    );
    await change(`DELETE FROM schema_migrations WHERE name LIKE '2999%'`);
    const last = 'DELETE FROM schema_migrations WHERE id = (SELECT max(id) FROM schema_migrations) RETURNING name';
    const { name } = (await service.database.pool.query<{ name: string }>(last)).rows[0] as { name: string };
    const older = await until('the older schema', async () => {
      const { body } = await readiness(service.url);
      return body.causes.some((cause) => cause.includes('older than this release')) ? body : undefined;
    });
    assert.ok(older.causes.join().includes(`it lacks ${name}; run npm run migrate, or restart`), older.causes.join());
    assert.deepEqual([older.status, older.database], ['not ready', 'up']);
  });

  it('is refused with the database away, the process lives, and its metrics tell what they have', async () => {
    await service.deliver('made.up', {});
    const [, name] = /\/([^/]+)$/.exec(service.databaseUrl) as unknown as [string, string];
    const server = new URL(service.databaseUrl);
    server.pathname = '/postgres';
    const { default: pg } = await import('pg');
    const admin = new pg.Client({ connectionString: server.href });
    await admin.connect();
    try {
      await admin.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS false`);
      await admin.query('SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1', [name]);
      const away = await whenNotReady();
      assert.match(
        away.causes.join(),
        /the database does not answer: .*(not currently accepting connections|terminating connection)/,
      );
      assert.equal((await fetch(`${service.url}/healthz`)).status, 200);
      const seen = await until('the metrics without a database', async () => {
        const now = await scrape(service.url);
        return now.get('marketplace_database_up') === 0 ? now : undefined;
      });
      assert.equal(seen.get('marketplace_events_total{topic="unknown",outcome="unknown"}'), 1);
      assert.equal(seen.get(`marketplace_${ofHub('outbox_pending')}`), undefined, 'an old value would be a wrong one');
    } finally {
      await admin.query(`ALTER DATABASE ${name} WITH ALLOW_CONNECTIONS true`);
      await admin.end();
    }
    await until('ready again', async () => (await readiness(service.url)).status === 200);
  });

  it('is refused while the process ends', async () => {
    service.service.quiesce();
    const { status, body } = await readiness(service.url);
    assert.deepEqual([status, body.causes], [503, ['the process is ending and takes nothing new']]);
  });
});

describe('a process without the role web', () => {
  it('answers for its health and its metrics, and serves nothing else', async () => {
    const service = await startTestService({ settings: { ROLES: 'jobs' } });
    try {
      assert.equal((await fetch(`${service.url}/healthz`)).status, 200);
      assert.equal((await readiness(service.url)).status, 200);
      assert.equal((await scrape(service.url)).get('marketplace_database_up'), 1);
      for (const path of [
        '/api/status',
        '/docs',
        '/docs/openapi.json',
        '/callback?topic=pedido.creado&challenge=x',
        '/',
      ]) {
        assert.equal((await fetch(service.url + path)).status, 404, path);
      }
    } finally {
      await service.close();
    }
  });
});

describe('what the metrics cost the database', () => {
  it('is a look at what is unfinished, whatever is finished', async () => {
    const service = await startTestService({ settings: { ROLES: 'web' } });
    try {
      const { database } = service;
      await run(
        database,
        `INSERT INTO outbox (ordering_key, topic, payload, state) SELECT 'k' || n % 1000, 'x', '{}', 'published' FROM generate_series(1, 100000) AS n`,
      );
      await run(
        database,
        `INSERT INTO outbox (ordering_key, topic, payload) SELECT 'k', 'x', '{}' FROM generate_series(1, 50)`,
      );
      await run(
        database,
        `INSERT INTO events (source, subscriber, topic, body, outcome) SELECT 'hub', 'marketplace', 'x', '{}', 'done' FROM generate_series(1, 50000)`,
      );
      const planOf = () =>
        database.transaction('system', async (trx) => {
          const plans: string[] = [];
          const explain = async (text: string, values?: readonly unknown[]) => {
            const lines = await trx.rows<{ 'QUERY PLAN': string }>(`EXPLAIN ${text}`, values);
            plans.push(...lines.map((line) => line['QUERY PLAN']));
          };
          await readBacklog({ ...trx, one: explain as unknown as typeof trx.one }, ['hub', 'amqp:events']);
          return plans.join('\n');
        });
      for (const statistics of ['of the empty tables', 'of the full ones']) {
        const plan = await planOf();
        assert.doesNotMatch(plan, /Seq Scan/, `with the statistics ${statistics}`);
        for (const index of ['outbox_pending', 'outbox_dead', 'parked_', '_next_attempt_at_idx']) {
          assert.match(plan, new RegExp(`(using|Scan on) \\w*${index}`), `with the statistics ${statistics}`);
        }
        assert.doesNotMatch(plan, /outbox_pkey/);
        await database.pool.query('ANALYZE outbox, events, parked_events');
      }
      assert.equal((await readiness(service.url)).body.backlog?.pending, 50);
    } finally {
      await service.close();
    }
  });
});
