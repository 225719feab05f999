import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startService, type Service } from '../scripts/demo/service.ts';

interface Played {
  code: number | null;
  output: string;
}

/** Plays the demo as a person would, with a clean environment. */
async function play(
  settings: Record<string, string>,
  whileRunning: (output: string, interrupt: () => void) => void = () => undefined,
  words: readonly string[] = [],
): Promise<Played> {
  const { PATH, HOME } = process.env;
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/demo/main.ts', ...words], {
    env: { PATH, HOME, ...settings },
  });
  let output = '';
  const add = (chunk: Buffer) => {
    output += chunk.toString();
    whileRunning(output, () => child.kill('SIGINT'));
  };
  child.stdout.on('data', add);
  child.stderr.on('data', add);
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, output };
}

describe('npm run demo, alone', () => {
  let folder: string;
  /** Ports on which nothing listens, so that it has to start a service of its own. */
  const alone = () => ({ PORT: '1', HUB_SIMULATOR_PORT: '2', TMPDIR: folder });
  const scratchFolders = () => readdirSync(folder).filter((name) => name.startsWith('marketplace-demo-')).length;

  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'marketplace-test-'));
    chmodSync(folder, 0o755); // the database may run as another user
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  it('starts a service of its own, plays the day, proves the ledger and leaves nothing behind', async () => {
    let most = 0;
    const { code, output } = await play(alone(), () => (most = Math.max(most, scratchFolders())));
    assert.match(output, /^\d+ checks passed, 0 failed$/m, output);
    assert.equal(code, 0);
    assert.match(output, /started for this demo/);
    assert.match(output, /ledger steps, as many announcements of stock/);
    assert.deepEqual([most, scratchFolders()], [1, 0]);
  });

  it("plays an online shop's orders without a broker, up to the refund", async () => {
    const { code, output } = await play(alone(), undefined, ['ordering']);
    assert.match(output, /^\d+ checks passed, 0 failed$/m, output);
    assert.equal(code, 0);
    assert.match(output, /local delivery, since RABBITMQ_URL is not set/);
    assert.match(output, /the money goes back/);
    assert.equal(scratchFolders(), 0);
  });

  it('plays the checkout', async () => {
    const { code, output } = await play(alone(), undefined, ['checkout']);
    assert.match(output, /^\d+ checks passed, 0 failed$/m, output);
    assert.equal(code, 0);
    assert.equal(scratchFolders(), 0);
  });

  it('says which stories there are', async () => {
    const { code, output } = await play(alone(), undefined, ['weather']);
    assert.equal(code, 1);
    assert.match(output, /there is no story weather; use day, ordering, checkout/);
  });

  it('ends its service on Ctrl-C too', async () => {
    let interrupted = false;
    const { code, output } = await play(alone(), (text, interrupt) => {
      if (interrupted || !text.includes('every dialect')) return;
      interrupted = true;
      interrupt();
    });
    assert.equal(code, 130);
    assert.match(output, /interrupted: tidying up\s*$/);
    assert.equal(scratchFolders(), 0);
  });
});

describe('npm run demo, against a running service', () => {
  let service: Service;
  const there = () => ({ DEMO_URL: service.url, DEMO_HUB_URL: service.hubUrl });

  before(async () => {
    service = await startService(process.env);
    await service.ready;
  });
  after(() => service.stop());

  it('is played twice at the same time, each with names of its own', async () => {
    const day = () => play({ ...there(), DATA_DIR: service.dataDir ?? '' });
    for (const { code, output } of await Promise.all([day(), day()])) {
      assert.match(output, /^\d+ checks passed, 0 failed$/m, output);
      assert.equal(code, 0);
      assert.match(output, /running already/);
    }
  });

  it('proves from outside alone when the database is out of reach', async () => {
    const { code, output } = await play({ ...there(), DATA_DIR: '/nowhere' });
    assert.equal(code, 0, output);
    assert.match(output, /proved from outside alone/);
  });

  it('ends with 1 when something is not as it should be', async () => {
    const faults = (body: object) =>
      fetch(`${service.hubUrl}/_sim/faults`, { method: 'POST', body: JSON.stringify(body) });
    await faults({ duplicateDeliveries: 1 }); // more deliveries than the demo ordered
    const { code, output } = await play(there());
    await faults({});
    assert.equal(code, 1);
    assert.match(output, /✗.*nine of them repeats/);
    assert.match(output, /checks passed, [1-9]\d* failed/);
  });

  it('says what is missing when the named service does not answer', async () => {
    const { code, output } = await play({ DEMO_URL: 'http://127.0.0.1:1' });
    assert.equal(code, 1);
    assert.match(output, /cannot be played there: http:\/\/127\.0\.0\.1:1\/readyz does not answer/);
  });
});
