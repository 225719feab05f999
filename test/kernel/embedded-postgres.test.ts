/** Needs nothing running: each test starts servers of its own in a folder of its own. */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { access, mkdir, readFile, readlink, realpath, rm, stat, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { copyBundle, linkLibraries } from '../../src/kernel/embedded-postgres/bundle.ts';
import { acquireOwnerLock, ownerLockAddress } from '../../src/kernel/embedded-postgres/owner-lock.ts';
import { isAlive } from '../../src/kernel/embedded-postgres/postmaster.ts';
import {
  NOBODY,
  cleanUp,
  eventually,
  kill,
  newDataDir,
  postmasterPid,
  query,
  spawnChild,
  start,
  startChild,
} from './support/embedded-postgres-bench.ts';

const isRoot = process.getuid?.() === 0;
const MAKE_TABLE = 'CREATE TABLE kept (n int); INSERT INTO kept VALUES (42)';
const READ_TABLE = 'SELECT n FROM kept';

describe('embedded postgres', function () {
  this.timeout(60_000);
  afterEach(cleanUp);

  describe('start and stop', () => {
    it('keeps the data from one start to the next', async () => {
      const dataDir = await newDataDir();
      const first = await start({ dataDir });
      await query(first.url, MAKE_TABLE);
      const pid = await postmasterPid(dataDir);
      await first.stop();
      assert.equal(isAlive(pid), false);

      const second = await start({ dataDir });
      assert.equal(second.adopted, false);
      assert.deepEqual(await query(second.url, READ_TABLE), [{ n: 42 }]);
    });

    it('makes the data folder, and a password that only its owner may read', async () => {
      const dataDir = path.join(await newDataDir(), 'made', 'by', 'us');
      const postgres = await start({ dataDir });
      const file = path.join(dataDir, 'postgres.password');
      assert.equal((await stat(file)).mode & 0o777, 0o600);
      assert.ok(postgres.url.includes((await readFile(file, 'utf8')).trim()));
      const wrong = postgres.url.replace(/:[^:@]+@/, ':guess@');
      await assert.rejects(query(wrong, 'SELECT 1'), { code: '28P01' });
      await postgres.stop();
    });

    it('stops once however often it is asked, and while sessions are open', async () => {
      const postgres = await start({ dataDir: await newDataDir() });
      const session = assert.rejects(query(postgres.url, 'SELECT pg_sleep(60)'));
      await eventually(async () => {
        const sleeping = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%'";
        return (await query(postgres.url, sleeping)).length > 0 || undefined;
      });
      await Promise.all([postgres.stop(), postgres.stop()]);
      await postgres.stop();
      await session;
    });

    it('sweeps up after an initdb that was killed half way', async () => {
      const dataDir = await newDataDir();
      const leftover = path.join(dataDir, 'postgres-18.new-0badcafe');
      await mkdir(path.join(leftover, 'data', 'base'), { recursive: true });
      await start({ dataDir });
      await assert.rejects(access(leftover), { code: 'ENOENT' });
    });

    it('shows the end of the server log when the server does not start', async () => {
      const failing = start({ dataDir: await newDataDir(), settings: { shared_buffers: 'plenty' } });
      await assert.rejects(failing, /invalid value for parameter "shared_buffers": "plenty"/);
    });
  });

  describe('after a kill -9', () => {
    it('of our process, the next start takes the running server over and can stop it', async () => {
      const dataDir = await newDataDir();
      const { child, report } = await startChild(dataDir);
      await query(report.url, MAKE_TABLE);
      const pid = await postmasterPid(dataDir);
      await kill(child);

      const next = await start({ dataDir });
      assert.deepEqual([next.adopted, next.port], [true, report.port]);
      assert.equal(await postmasterPid(dataDir), pid);
      assert.deepEqual(await query(next.url, READ_TABLE), [{ n: 42 }]);
      await next.stop();
      assert.equal(isAlive(pid), false);
    });

    it('of our process at any moment of its start, the next start works', async () => {
      const dataDir = await newDataDir();
      for (const stage of ['postgres.password', 'postgres-18', 'postgres-18/postmaster.pid']) {
        const child = spawnChild(dataDir);
        await eventually(() => stat(path.join(dataDir, stage)));
        await kill(child);
      }
      const postgres = await start({ dataDir });
      assert.deepEqual(await query(postgres.url, 'SELECT 1 AS one'), [{ one: 1 }]);
    });

    it('of our process, an orphan that is shutting down is waited for', async () => {
      const dataDir = await newDataDir();
      const { child } = await startChild(dataDir);
      const pid = await postmasterPid(dataDir);
      await kill(child);
      process.kill(pid, 'SIGINT');
      const next = await start({ dataDir });
      assert.equal(next.adopted, false);
      assert.notEqual(await postmasterPid(dataDir), pid);
    });

    it('of both, the next start recovers what was committed', async () => {
      const dataDir = await newDataDir();
      const { child, report } = await startChild(dataDir);
      await query(report.url, MAKE_TABLE);
      await kill(child);
      process.kill(await postmasterPid(dataDir), 'SIGKILL');
      const next = await start({ dataDir });
      assert.equal(next.adopted, false);
      assert.deepEqual(await query(next.url, READ_TABLE), [{ n: 42 }]);
    });

    it('a stale pid file does no harm when its number belongs to another process', async () => {
      const dataDir = await newDataDir();
      await (await start({ dataDir })).stop();
      // Another server, run by the same user: Postgres by itself would take it for its own and refuse.
      const otherDir = await newDataDir();
      const other = await start({ dataDir: otherDir });
      const theirs = await readFile(path.join(otherDir, 'postgres-18', 'postmaster.pid'), 'utf8');
      await writeFile(path.join(dataDir, 'postgres-18', 'postmaster.pid'), theirs);

      const postgres = await start({ dataDir });
      assert.equal(postgres.adopted, false);
      assert.notEqual(postgres.port, other.port);
      assert.deepEqual(await query(other.url, 'SELECT 1 AS one'), [{ one: 1 }]);
    });
  });

  describe('when the server dies under us', () => {
    async function killAndWait(dataDir: string, url: string): Promise<void> {
      const pid = await postmasterPid(dataDir);
      process.kill(pid, 'SIGKILL');
      await eventually(async () => {
        await query(url, 'SELECT 1');
        return (await postmasterPid(dataDir)) !== pid || undefined;
      });
    }

    it('comes back on the same port with everything that was committed, again and again', async () => {
      const dataDir = await newDataDir();
      const { url } = await start({ dataDir });
      await query(url, MAKE_TABLE);
      await killAndWait(dataDir, url);
      await killAndWait(dataDir, url);
      assert.deepEqual(await query(url, READ_TABLE), [{ n: 42 }]);
    });

    it('comes back although a session of the dead server is in the middle of a long query', async () => {
      const dataDir = await newDataDir();
      const { url } = await start({ dataDir });
      const busy = assert.rejects(query(url, 'SELECT sum(sqrt(i)) FROM generate_series(1, 1e9) i'));
      await eventually(async () => {
        const computing = "SELECT 1 FROM pg_stat_activity WHERE query LIKE 'SELECT sum%'";
        return (await query(url, computing)).length > 0 || undefined;
      });
      await killAndWait(dataDir, url);
      await busy;
    });

    it('comes back when it was taken over, too', async () => {
      const dataDir = await newDataDir();
      await kill((await startChild(dataDir)).child);
      const { adopted, url } = await start({ dataDir });
      assert.equal(adopted, true);
      await killAndWait(dataDir, url);
    });

    it('stays down when it is stopped before it is back', async () => {
      const dataDir = await newDataDir();
      const lines: string[] = [];
      const postgres = await start({ dataDir, log: (line) => lines.push(line) });
      process.kill(await postmasterPid(dataDir), 'SIGKILL');
      await eventually(async () => lines.some((line) => line.includes('died')) || undefined);
      await postgres.stop();
      await assert.rejects(query(postgres.url, 'SELECT 1'), { code: 'ECONNREFUSED' });
    });
  });

  describe('the owner of a data folder', () => {
    it('is one process: the next waits until it has stopped', async () => {
      const dataDir = await newDataDir();
      const { child } = await startChild(dataDir);
      const lines: string[] = [];
      const next = start({ dataDir, log: (line) => lines.push(line) });
      await eventually(async () => lines.length > 0 || undefined);
      assert.equal(lines[0], `waiting for process ${child.pid}, which still owns ${dataDir}`);
      child.send('stop');
      assert.equal((await next).adopted, false);
      assert.equal(lines.length, 1);
    });

    it('is named to the one that waited in vain', async () => {
      const dataDir = await newDataDir();
      const { child } = await startChild(dataDir);
      const inVain = start({ dataDir, lockTimeoutMs: 100 });
      const message = new RegExp(`Process ${child.pid} owns .*Stop it, or set another DATA_DIR`);
      await assert.rejects(inVain, message);
    });

    it('leaves a socket file behind on macOS, which the next one replaces', async () => {
      const dataDir = await newDataDir();
      const address = path.join(dataDir, 'owner.sock');
      const options = { timeoutMs: 0, log: () => undefined };
      const owner = await acquireOwnerLock(dataDir, options, address);
      await assert.rejects(acquireOwnerLock(dataDir, options, address), /owns/);
      await owner.release();

      const script = 'net.createServer().listen(process.argv[1], () => process.kill(process.pid, 9))';
      await once(spawn(process.execPath, ['-e', script, address]), 'exit');
      await access(address);
      await (await acquireOwnerLock(dataDir, options, address)).release();
      assert.ok(path.isAbsolute(ownerLockAddress(dataDir, 'darwin')));
    });
  });

  describe('the npm package', () => {
    it('gets the links that an installation without scripts leaves out, and a copy open to all', async () => {
      const bundle = await newDataDir();
      const library = path.join(bundle, 'native', 'lib', 'libpq.so.5.18');
      await mkdir(path.dirname(library), { recursive: true, mode: 0o700 });
      await writeFile(library, 'code', { mode: 0o600 });
      await writeFile(path.join(bundle, 'package.json'), '{"version":"18.4.0"}');
      const links = [{ source: 'native/lib/libpq.so.5.18', target: 'native/lib/libpq.so.5' }];
      await writeFile(path.join(bundle, 'native', 'pg-symlinks.json'), JSON.stringify(links));

      const copy = await copyBundle(bundle, await newDataDir());
      assert.equal(await readFile(path.join(copy, 'lib', 'libpq.so.5'), 'utf8'), 'code');
      assert.equal((await stat(path.join(copy, 'lib', 'libpq.so.5'))).mode & 0o777, 0o644);
      assert.equal((await stat(path.join(copy, 'lib'))).mode & 0o777, 0o755);
      await linkLibraries(path.join(bundle, 'native'));
      await linkLibraries(path.join(bundle, 'native'));
      assert.equal(await readlink(path.join(bundle, 'native', 'lib', 'libpq.so.5')), 'libpq.so.5.18');
    });
  });

  describe('whoever runs it', () => {
    it('works for an ordinary user, and for root in the same folder afterwards', async function () {
      if (!isRoot) this.skip(); // the other tests run as an ordinary user then
      const dataDir = await newDataDir(NOBODY);
      const first = await startChild(dataDir, NOBODY);
      if (first.report.failure?.includes('EACCES')) this.skip();
      assert.equal(first.report.failure, undefined);
      await query(first.report.url, MAKE_TABLE);
      first.child.send('stop');
      await once(first.child, 'exit');

      const asRoot = await start({ dataDir });
      assert.deepEqual(await query(asRoot.url, READ_TABLE), [{ n: 42 }]);
      await asRoot.stop();
      const again = await startChild(dataDir, NOBODY);
      assert.equal(again.report.failure, undefined);
    });

    it('works for root in a folder that others cannot enter', async function () {
      if (!isRoot) this.skip();
      const dataDir = await newDataDir(undefined, true);
      const lines: string[] = [];
      const first = await start({ dataDir, log: (line) => lines.push(line) });
      await query(first.url, MAKE_TABLE);
      const elsewhere = await realpath(path.join(dataDir, 'postgres-18'));
      assert.ok(lines.some((line) => line.endsWith(`the database goes to ${elsewhere}`)));
      await first.stop();
      const second = await start({ dataDir });
      assert.deepEqual(await query(second.url, READ_TABLE), [{ n: 42 }]);
      await second.stop();
      await rm(elsewhere, { recursive: true });
    });
  });
});
