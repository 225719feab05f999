import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { Redis } from 'ioredis';
import { readConfig } from '../../../src/config.ts';
import { createCommands, type Commands } from '../../../src/events/commands.ts';
import { noProbe } from '../../../src/events/probe.ts';
import { createRegistry } from '../../../src/events/registry.ts';
import { openDatabase, type Database } from '../../../src/kernel/database.ts';
import { createLogger } from '../../../src/kernel/logger.ts';
import { createNotifications } from '../../../src/kernel/notifications.ts';
import { createCache } from '../../../src/modules/ordering/cache.ts';
import { createMemoryStore } from '../../../src/modules/ordering/cache-memory.ts';
import { cloneDatabase, type TestDatabase } from '../../support/database.ts';
import { until } from '../../support/service.ts';

const log = createLogger('error');
log.silent = true;

type OrderingCache = ReturnType<typeof createCache>;

interface Instance {
  cache: OrderingCache;
  /** What it warned of. */
  warnings: string[];
  stop(): Promise<void>;
}

describe('the cache', () => {
  let cloned: TestDatabase;
  let database: Database;
  let commands: Commands;
  const instances: Instance[] = [];
  before(async () => {
    cloned = await cloneDatabase();
    database = openDatabase(cloned.url, { max: 4, onError: () => undefined });
    const core = { registry: createRegistry(), log, probe: noProbe, parkTtlMs: 1000 };
    commands = createCommands(database, { ...core, clock: () => new Date() });
  });
  afterEach(async () => {
    await Promise.all(instances.splice(0).map((instance) => instance.stop()));
  });
  after(async () => {
    await database.close();
    await cloned.drop();
  });

  /** One more process of the service, as far as its cache goes. */
  async function instance(redisUrl = ''): Promise<Instance> {
    const warnings: string[] = [];
    const notifications = createNotifications(database, log);
    const config = readConfig({ DATABASE_URL: cloned.url, REDIS_URL: redisUrl });
    const heard = Object.assign(Object.create(log) as typeof log, { warn: (line: string) => void warnings.push(line) });
    const cache = createCache({ config, notifications, log: heard });
    await notifications.start();
    const stop = async () => {
      await notifications.stop();
      await cache.close();
    };
    const opened = { cache, warnings, stop };
    instances.push(opened);
    return opened;
  }

  let made = 0;
  const newKey = () => `product:prod_${(made += 1)}`;
  const read = ({ cache }: Instance, key: string, value: unknown, tenantId = 1) =>
    cache.through(tenantId, key, async () => value);
  const forget = ({ cache }: Instance, keys: readonly string[], tenantId = 1) =>
    commands.run('system', async (work) => cache.forget(work, tenantId, keys));
  /** Until it keeps what it loads: Redis is told without anybody waiting for it. */
  const keeps = (one: Instance, key: string, value: unknown, tenantId = 1) =>
    until(`${key} is kept`, async () => {
      await read(one, key, value, tenantId);
      const kept = one.cache.through(tenantId, key, () => Promise.reject(new Error('it asked')));
      return kept.then((found) => found === value, () => false);
    });
  const becomes = (one: Instance, key: string, value: unknown) =>
    until(`${key} is forgotten`, async () => (await read(one, key, value)) === value);
  /** Ends the LISTEN connections, as a restart of Postgres or of a proxy does. */
  const cutListeners = () =>
    database.transaction('system', async (trx) => {
      await trx.rows('RESET ROLE');
      await trx.rows(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
         WHERE datname = current_database() AND application_name = 'marketplace-service listen'`,
      );
    });

  const everywhere = (urlOf: () => string) => {
    it('asks once, also for what is undefined, and each tenant for itself', async () => {
      const [one, key, nothing] = [await instance(urlOf()), newKey(), newKey()];
      await keeps(one, key, 'first');
      await keeps(one, nothing, undefined);
      assert.equal(await read(one, key, 'second'), 'first');
      assert.equal(await read(one, key, 'second', 2), 'second');
    });

    it('gives back what was kept as it was, dates too', async () => {
      const [one, key] = [await instance(urlOf()), newKey()];
      const value = { at: new Date(0), many: [1, null, 'ñ'] };
      await keeps(one, newKey(), 'ready');
      await read(one, key, value);
      assert.deepEqual(await read(one, key, 'asked again'), value);
    });

    it('keeps nothing of a load that failed, and fails as it did', async () => {
      const [one, key] = [await instance(urlOf()), newKey()];
      const failing = one.cache.through(1, key, () => Promise.reject(new Error('no such product')));
      await assert.rejects(failing, /no such product/);
      await keeps(one, key, 'found');
    });

    it('forgets in every instance at COMMIT, and not after a ROLLBACK', async () => {
      const [one, two, key, other] = [await instance(urlOf()), await instance(urlOf()), newKey(), newKey()];
      for (const each of [one, two]) for (const name of [key, other]) await keeps(each, name, 'old');
      const failing = commands.run('system', async (work) => {
        one.cache.forget(work, 1, [key]);
        await work.trx.rows('SELECT 1');
        work.write(() => work.trx.rows('SELECT 1 / 0'));
      });
      await assert.rejects(failing, /division by zero/);
      await forget(two, [other]);
      // NOTIFYs come in order: the one that was rolled back would have come before this.
      for (const each of [one, two]) await becomes(each, other, 'new');
      for (const each of [one, two]) assert.equal(await read(each, key, 'new'), 'old');
      await forget(one, [key]);
      for (const each of [one, two]) await becomes(each, key, 'new');
    });

    it("forgets one tenant's and leaves another's", async () => {
      const [one, key] = [await instance(urlOf()), newKey()];
      await keeps(one, key, 'old');
      await keeps(one, key, 'theirs', 2);
      await forget(one, [key]);
      await becomes(one, key, 'new');
      assert.equal(await read(one, key, 'changed', 2), 'theirs');
    });

    it('forgets more than one NOTIFY can carry', async () => {
      const [one, keys] = [await instance(urlOf()), Array.from({ length: 3000 }, () => newKey())];
      const [first, last] = [keys[0] as string, keys.at(-1) as string];
      for (const key of [first, last]) await keeps(one, key, 'old');
      await commands.run('system', async (work) => keys.forEach((key) => one.cache.forget(work, 1, [key])));
      for (const key of [first, last]) await becomes(one, key, 'new');
      await keeps(one, first, 'new');
      await forget(one, ['x'.repeat(9000)]);
      await becomes(one, first, 'newer');
    });

    it('does not put back what a load read before it was forgotten', async () => {
      const [one, key, after] = [await instance(urlOf()), newKey(), newKey()];
      await keeps(one, after, 'old');
      const [begun, finish] = [newGate(), newGate()];
      const slow = one.cache.through(1, key, async () => {
        begun.open();
        await finish.opened;
        return 'old';
      });
      await begun.opened;
      await forget(one, [key, after]);
      await becomes(one, after, 'new'); // so the forget has come
      finish.open();
      assert.equal(await slow, 'old');
      await keeps(one, key, 'new');
    });

    it('forgets everything after a gap in which it may not have been told', async () => {
      const [one, key] = [await instance(urlOf()), newKey()];
      await keeps(one, key, 'old');
      await cutListeners();
      await becomes(one, key, 'new');
    });
  };

  describe('in memory', () => {
    everywhere(() => '');

    it('lets go of a value in time though nobody said so', async () => {
      const store = createMemoryStore({ ttlMs: 20 });
      await store.through('1:k', async () => 'old');
      assert.equal(await store.through('1:k', async () => 'new'), 'old');
      await until('it is too old', async () => (await store.through('1:k', async () => 'new')) === 'new');
    });
  });

  describe('in Redis', () => {
    let redis: { url: string; stop(): Promise<void> } | undefined;
    let direct: Redis;
    const proxies: Proxy[] = [];
    before(async function () {
      redis = await findRedis();
      if (redis === undefined) {
        process.stderr.write('the cache in Redis is not tested: set REDIS_URL or install redis-server\n');
        this.skip();
      }
      direct = new Redis(redis.url);
    });
    afterEach(() => Promise.all(proxies.splice(0).map((proxy) => proxy.close())));
    after(async () => {
      await direct?.quit();
      await redis?.stop();
    });
    const urlOf = () => (redis as { url: string }).url;
    const proxied = async () => {
      const proxy = await openProxy(urlOf());
      proxies.push(proxy);
      return proxy;
    };
    const DOWN = 'redis://127.0.0.1:1';

    everywhere(urlOf);

    it('is one for all instances, and lets go of values in time', async () => {
      const [one, two, key] = [await instance(urlOf()), await instance(urlOf()), newKey()];
      await keeps(two, newKey(), 'ready'); // whoever comes up has all forget what it may have missed
      await keeps(one, key, 'known');
      assert.equal(await read(two, key, 'asked'), 'known');
      const [name] = await direct.keys(`*:1:${key}`);
      const left = await direct.pttl(name as string);
      assert.ok(left > 0 && left <= 30_000, `${left} ms`);
    });

    it('that is away costs a warning and no more', async () => {
      const [one, key] = [await instance(DOWN), newKey()];
      for (const value of ['a', 'b', 'c']) assert.equal(await read(one, key, value), value);
      await forget(one, [key]);
      await until('it warned', () => one.warnings.length);
      assert.equal(await read(one, key, 'd'), 'd');
      assert.equal(one.warnings.length, 1);
      assert.match(one.warnings[0] as string, /^\[CACHE\] Redis: .*127\.0\.0\.1:1/);
    });

    it('that answers nothing any more holds nobody up', async () => {
      const [proxy, key] = [await proxied(), newKey()];
      const one = await instance(proxy.url);
      await keeps(one, key, 'old');
      proxy.hang();
      const began = performance.now();
      for (let i = 0; i < 50; i += 1) assert.equal(await read(one, key, i), i);
      assert.ok(performance.now() - began < 2_000, `${performance.now() - began} ms for fifty reads`);
      assert.equal(one.warnings.length, 1);
    });

    it('does not show again, once it is back, what was forgotten while it was away', async () => {
      const [proxy, key, other] = [await proxied(), newKey(), newKey()];
      const one = await instance(proxy.url);
      for (const name of [key, other]) await keeps(one, name, 'old');
      proxy.cut();
      await until('it is noticed', async () => (await read(one, key, 'new')) === 'new');
      await forget(one, [key]);
      await proxy.mend();
      await keeps(one, other, 'new'); // Redis is asked again
      assert.equal(await read(one, key, 'new'), 'new');
    });
  });
});

function newGate(): { opened: Promise<void>; open: () => void } {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

interface Proxy {
  url: string;
  /** Takes what is said and answers nothing. */
  hang(): void;
  /** Closes every connection and takes no other. */
  cut(): void;
  mend(): Promise<void>;
  close(): Promise<void>;
}

/** Stands between a cache and its Redis, to take Redis away from it and from nobody else. */
async function openProxy(redisUrl: string): Promise<Proxy> {
  const target = new URL(redisUrl);
  const sockets = new Set<Socket>();
  let hanging = false;
  const server = createServer((client) => {
    const upstream = connect(Number(target.port || 6379), target.hostname);
    const pair = [client, upstream];
    for (const socket of pair) {
      sockets.add(socket);
      socket.on('error', () => undefined);
      socket.on('close', () => {
        sockets.delete(socket);
        pair.forEach((each) => each.destroy());
      });
    }
    client.on('data', (bytes) => void (hanging || upstream.write(bytes)));
    upstream.on('data', (bytes) => void (hanging || client.write(bytes)));
  });
  const listen = (port: number) => new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  await listen(0);
  const { port } = server.address() as AddressInfo;
  const cut = () => {
    server.close();
    sockets.forEach((socket) => socket.destroy());
  };
  const url = new URL(redisUrl);
  [url.hostname, url.port] = ['127.0.0.1', String(port)];
  return {
    url: url.href,
    hang: () => void (hanging = true),
    cut,
    mend: () => listen(port),
    async close() {
      if (!server.listening) return;
      const closed = once(server, 'close');
      cut();
      await closed;
    },
  };
}

/** The one of REDIS_URL, or one that runs here, or one started for this; undefined when there is none to be had. */
async function findRedis(): Promise<{ url: string; stop(): Promise<void> } | undefined> {
  const here = 'redis://127.0.0.1:6379';
  const given = process.env.REDIS_URL;
  if (given) return { url: given, stop: async () => undefined };
  if (await answers(here)) return { url: here, stop: async () => undefined };
  const port = 20_000 + (process.pid % 20_000);
  const settings = ['--port', String(port), '--save', '', '--bind', '127.0.0.1'];
  const server = spawn('redis-server', settings, { stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => {
    server.once('error', () => resolve()); // not installed
    server.once('exit', () => resolve());
  });
  const url = `redis://127.0.0.1:${port}`;
  const up = until('redis-server answers', () => answers(url), 10_000).then(() => true);
  if (!(await Promise.race([up, gone.then(() => false)]))) {
    await up.catch(() => undefined); // it is not there, and is not waited for any more
    return undefined;
  }
  const stop = async () => {
    server.kill();
    await gone;
  };
  return { url, stop };
}

async function answers(url: string): Promise<boolean> {
  const single = { lazyConnect: true, retryStrategy: () => null };
  const redis = new Redis(url, { ...single, connectTimeout: 500, commandTimeout: 500 });
  redis.on('error', () => undefined);
  try {
    await redis.connect();
    return (await redis.ping()) === 'PONG';
  } catch {
    return false;
  } finally {
    redis.disconnect();
  }
}
