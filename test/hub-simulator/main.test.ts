import assert from 'node:assert/strict';
import type { ChildProcess } from 'node:child_process';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { call, listenOnFreePort, stop, until } from './support.ts';

function run(port: number): { child: ChildProcess; output: () => string } {
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/hub-simulator/main.ts'], {
    env: { HUB_SIMULATOR_PORT: String(port) },
  });
  let text = '';
  child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (text += chunk.toString()));
  return { child, output: () => text };
}

describe('npm run hub', () => {
  it('says where it is and what to try, and ends quickly on SIGTERM', async () => {
    const { child, output } = run(0);
    await until(() => output().includes('DELETE'), 15_000);
    const url = /listens on (\S+)/.exec(output())?.[1] ?? '';
    assert.equal((await call(`${url}/_sim`)).body.callbackUrl, 'http://127.0.0.1:3000/callback');
    const begun = Date.now();
    child.kill('SIGTERM');
    assert.deepEqual(await once(child, 'exit'), [0, null]);
    assert.ok(Date.now() - begun < 1000);
  });

  it('names the variable to change when the port is taken', async () => {
    const other = createServer();
    const { child, output } = run(await listenOnFreePort(other));
    assert.deepEqual(await once(child, 'exit'), [1, null]);
    assert.match(output(), /port is in use.*HUB_SIMULATOR_PORT/);
    await stop(other);
  });
});
