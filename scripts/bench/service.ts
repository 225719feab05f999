import { createServer } from 'node:http';
import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { createLogger } from '../../src/kernel/logger.ts';
import { closeServer, listen } from '../../src/kernel/server.ts';
import { cpuMicroseconds, serveParent } from './child.ts';

/** The service as main.ts starts it, with settings from the environment and nothing embedded. */
const config = readConfig();
const { DATABASE_URL, HUB_URL, JWT_SECRET } = config;
if (DATABASE_URL === undefined || HUB_URL === undefined || JWT_SECRET === undefined) throw new Error('DATABASE_URL, HUB_URL and JWT_SECRET are needed');

const service = compose({ ...config, DATABASE_URL, HUB_URL, JWT_SECRET }, createLogger(config.LOG_LEVEL));
await service.start();
const server = createServer({ keepAliveTimeout: 65_000 }, service.listener);
const port = await listen(server, 0, '127.0.0.1');

serveParent(`http://127.0.0.1:${port}`, cpuMicroseconds, async () => {
  await closeServer(server, 2000);
  await service.stop();
});
