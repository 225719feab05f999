import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import type { HubSimulator } from '../scripts/hub-simulator/index.ts';
import { compose } from './compose.ts';
import { ConfigError, readConfig, type Config } from './config.ts';
import { causeOf } from './kernel/errors.ts';
import { startEmbeddedPostgres } from './kernel/embedded-postgres/index.ts';
import { createLogger, type Logger } from './kernel/logger.ts';
import { migrate } from './kernel/migrate.ts';
import { closeServer, listen } from './kernel/server.ts';

/** Something this process started and has to end, newest first. */
type Ending = { name: string; end: () => Promise<void> };

const DRAIN_MS = 8000;

async function main(): Promise<void> {
  const config = readConfig();
  const log = createLogger(config.LOG_LEVEL);
  const endings: Ending[] = [];
  const starting = start(config, log, endings);
  stopOnSignal(starting, log, endings);
  try {
    await starting;
  } catch (error) {
    log.error(`[START] ${causeOf(error)}`);
    process.exitCode = 1;
    await end('a failed start', log, endings);
  }
}

async function start(config: Config, log: Logger, endings: Ending[]): Promise<void> {
  const databaseUrl = config.DATABASE_URL ?? (await embeddedDatabase(config, log, endings));
  const applied = await migrate(databaseUrl);
  if (applied.length > 0) log.info(`[START] ${applied.length} migrations applied`);
  const simulator = config.HUB_URL === undefined ? await hubSimulator(config, log, endings) : undefined;
  const hubUrl = config.HUB_URL ?? (simulator as HubSimulator).url;
  const service = compose({ ...config, DATABASE_URL: databaseUrl, HUB_URL: hubUrl, JWT_SECRET: await jwtSecret(config) }, log);
  endings.push({ name: 'service', end: () => service.stop() });
  await service.start();
  const server = createServer({ keepAliveTimeout: 65_000 }, service.listener);
  const port = await listen(server, config.PORT, config.HOST);
  endings.push({
    name: 'listener',
    end: () => {
      service.quiesce();
      return closeServer(server, DRAIN_MS);
    },
  });
  const address = `http://${config.HOST === '0.0.0.0' ? 'localhost' : config.HOST}:${port}`;
  simulator?.setCallbackUrl(config.CALLBACK_URL ?? callbackAt(config, address));
  announce(config, { address, databaseUrl, hubUrl }, log);
}

const callbackAt = ({ CALLBACK_TOKEN }: Config, address: string) => `${address}/callback${CALLBACK_TOKEN ? `/${CALLBACK_TOKEN}` : ''}`;

async function embeddedDatabase(config: Config, log: Logger, endings: Ending[]): Promise<string> {
  const starting = startEmbeddedPostgres({ dataDir: config.DATA_DIR, log: (message) => log.info(`[POSTGRES] ${message}`) });
  // Known before it runs: told to end meanwhile, we wait for it and stop it, for it would outlive us.
  endings.push({ name: 'embedded PostgreSQL', end: () => starting.then((postgres) => postgres.stop(), () => undefined) });
  return (await starting).url;
}

async function hubSimulator(config: Config, log: Logger, endings: Ending[]): Promise<HubSimulator> {
  const { startHubSimulator } = await import('../scripts/hub-simulator/index.ts');
  const simulator = await startHubSimulator({ port: config.HUB_SIMULATOR_PORT, username: config.HUB_USERNAME, password: config.HUB_PASSWORD });
  endings.push({ name: 'hub simulator', end: () => simulator.close() });
  log.info(`[START] the hub simulator takes the hub's place at ${simulator.url}`);
  return simulator;
}

/** The secret of the access tokens; in development one is made up once and kept, so that a restart signs nobody out. */
async function jwtSecret(config: Config): Promise<string> {
  if (config.JWT_SECRET !== undefined) return config.JWT_SECRET;
  const file = join(config.DATA_DIR, 'jwt.secret');
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined && kept.length >= 32) return kept;
  const secret = randomBytes(32).toString('base64url');
  await mkdir(config.DATA_DIR, { recursive: true });
  await writeFile(file, secret, { mode: 0o600 });
  return secret;
}

/** Ends everything on the first signal, once the start is through: what it began can be ended then. A second one does not wait. */
function stopOnSignal(starting: Promise<void>, log: Logger, endings: Ending[]): void {
  let signalled = false;
  const stop = (signal: string) => {
    if (signalled) process.exit(1);
    signalled = true;
    void starting.then(
      () => end(signal, log, endings),
      () => undefined, // a failed start ends itself
    );
  };
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stop(signal));
}

/** Ends what was started, newest first, and the process with it. */
async function end(reason: string, log: Logger, endings: Ending[]): Promise<void> {
  log.info(`[STOP] ${reason}: finishing what is under way`);
  for (const { name, end: endOne } of endings.reverse()) {
    await endOne().catch((error: unknown) => log.error(`[STOP] ${name}: ${causeOf(error)}`));
  }
  log.info('[STOP] done');
  setImmediate(() => process.exit()); // after the last lines
}

function announce(config: Config, { address, databaseUrl, hubUrl }: { address: string; databaseUrl: string; hubUrl: string }, log: Logger): void {
  const database = new URL(databaseUrl);
  log.info(`[START] database    ${database.host}${database.pathname}${config.DATABASE_URL ? '' : ` (embedded, data in ${config.DATA_DIR})`}`);
  log.info(`[START] hub         ${hubUrl}${config.HUB_URL ? '' : ' (the simulator; GET /_sim tells what it can do)'}`);
  log.info(`[START] service     ${address}   callback ${callbackAt(config, address)}   health ${address}/readyz`);
  if (!config.production) log.info('[START] try         npm run demo   (in another terminal: one day of a shop against this service)');
}

main().catch((error: unknown) => {
  console.error(error instanceof ConfigError ? `marketplace-service cannot start: ${error.message}` : error);
  process.exitCode = 1;
});
