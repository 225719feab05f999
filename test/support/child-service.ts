/**
 * The service as a process of its own, for tests that kill it. Loads everything, says so, and starts when it is told;
 * told a crash point, it kills itself there, the `pass`-th time it comes by from then on.
 */
import { createServer } from 'node:http';
import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import type { CrashPoint, Probe } from '../../src/events/probe.ts';
import { createLogger } from '../../src/kernel/logger.ts';
import { closeServer, listen } from '../../src/kernel/server.ts';

/** What the test may tell it. */
export type Word = 'start' | 'stop' | { crashAt: CrashPoint; pass: number };

const { DATABASE_URL = '', HUB_URL = '', JWT_SECRET = '', ...rest } = process.env;
const config = { ...readConfig(rest), DATABASE_URL, HUB_URL, JWT_SECRET };

let crash: { crashAt: CrashPoint; pass: number } | undefined;
const probe: Probe = (point) => {
  if (point !== crash?.crashAt) return;
  crash.pass -= 1;
  if (crash.pass === 0) process.kill(process.pid, 'SIGKILL');
};

async function start(): Promise<() => Promise<void>> {
  const service = compose(config, createLogger(config.LOG_LEVEL), probe);
  await service.start();
  const server = createServer(service.listener);
  await listen(server, config.PORT, config.HOST);
  return async () => {
    await closeServer(server, 2000);
    await service.stop();
  };
}

let stop = async (): Promise<void> => undefined;
process.on('message', (word: Word) => {
  if (word === 'start') {
    void start().then((end) => {
      stop = end;
      process.send?.('started');
    });
  } else if (word === 'stop') void stop().then(() => process.exit(0));
  else {
    crash = word;
    process.send?.('armed');
  }
});
process.on('disconnect', () => process.exit(1)); // whoever started it is gone
process.send?.('loaded');
