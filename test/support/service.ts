import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type DeliverRequest, type DeliveryResult, type HubSimulator, startHubSimulator } from '../../scripts/hub-simulator/index.ts';
import { compose, type Service, type ServiceConfig } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import type { Probe } from '../../src/events/probe.ts';
import { type Database, openDatabase } from '../../src/kernel/database.ts';
import { createLogger, type Logger } from '../../src/kernel/logger.ts';
import { closeServer } from '../../src/kernel/server.ts';
import type { OpenApiDocument } from '../../src/kernel/rest/openapi.ts';
import { checkContract } from './contract.ts';
import { cloneDatabase } from './database.ts';

export const SECRET = 'a secret of at least thirty-two bytes';

/** Tests register, log in and ask more in a minute than people do. */
export const UNLIMITED = {
  RATE_LIMIT_LOGIN_PER_MINUTE: '0',
  RATE_LIMIT_REGISTER_PER_MINUTE: '0',
  RATE_LIMIT_FAILED_LOGINS: '0',
  RATE_LIMIT_CHECKOUT_PER_MINUTE: '0',
  RATE_LIMIT_TENANT_PER_MINUTE: '0',
};

export interface TestService {
  url: string;
  hub: HubSimulator;
  /** A connection of the test's own, to look at what is in the database. */
  database: Database;
  databaseUrl: string;
  service: Service;
  deliver(topic: string, payload: unknown, options?: Partial<DeliverRequest>): Promise<DeliveryResult>;
  close(): Promise<void>;
}

export interface TestServiceOptions {
  settings?: Record<string, string>;
  probe?: Probe;
  /** Another service's database and hub, to run a second instance beside it. */
  beside?: TestService;
  /** Hears what it logs, level and line. */
  heard?: (level: string, line: string) => void;
}

/** The whole service in this process: a database of its own, the hub simulator, a real listener. */
export async function startTestService({ settings = {}, probe, beside, heard }: TestServiceOptions = {}): Promise<TestService> {
  const cloned = beside ? undefined : await cloneDatabase();
  const databaseUrl = beside?.databaseUrl ?? (cloned as { url: string }).url;
  const hub = beside?.hub ?? (await startHubSimulator({ port: 0 }));
  const log = createLogger('error');
  log.silent = process.env.TEST_LOG === undefined;
  const config: ServiceConfig = {
    ...readConfig({ JWT_SECRET: SECRET, ...UNLIMITED, ...settings }),
    DATABASE_URL: databaseUrl,
    HUB_URL: hub.url,
    JWT_SECRET: SECRET,
  };
  const service = compose(config, heard ? heardBy(heard) : log, probe);
  await service.start();
  let document: OpenApiDocument | undefined;
  const contract = checkContract(service.listener, () => document);
  const server = createServer(contract.listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const described = await fetch(`${url}/docs/openapi.json`); // a process without the web role has none
  if (described.ok) document = (await described.json()) as OpenApiDocument;
  if (beside === undefined) hub.setCallbackUrl(`${url}/callback`);
  const database = openDatabase(databaseUrl, { max: 4, onError: () => undefined });
  return {
    url,
    hub,
    database,
    databaseUrl,
    service,
    async deliver(topic, payload, options = {}) {
      const [first] = await hub.deliver({ topic, payload, callbackUrl: `${url}/callback`, ...options });
      if (first === undefined) throw new Error('nothing was delivered');
      return first;
    },
    async close() {
      await closeServer(server, 2000, 0);
      await service.stop();
      if (beside === undefined) await hub.close();
      await database.close();
      await cloned?.drop();
      contract.assertKept();
    },
  };
}

const heardBy = (heard: (level: string, line: string) => void): Logger => {
  const at = (level: string) => (line: unknown) => heard(level, String(line));
  return { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') } as unknown as Logger;
};

/** Waits for a condition, not for a time. @throws Error naming what did not come, with what was last seen. */
export async function until<T>(what: string, look: () => T | Promise<T>, patienceMs = 15_000): Promise<NonNullable<T>> {
  const deadline = Date.now() + patienceMs;
  for (;;) {
    const seen = await look();
    if (seen) return seen;
    if (Date.now() > deadline) throw new Error(`${what}: it did not happen within ${patienceMs} ms`);
    await new Promise((resolve) => setTimeout(resolve, 15));
  }
}
