import express from 'express';
import supertest from 'supertest';
import type TestAgent from 'supertest/lib/agent.js';
import { readConfig } from '../../../src/config.ts';
import { createCommands } from '../../../src/events/commands.ts';
import { noProbe } from '../../../src/events/probe.ts';
import { createRegistry } from '../../../src/events/registry.ts';
import { openDatabase } from '../../../src/kernel/database.ts';
import { createNotifications } from '../../../src/kernel/notifications.ts';
import { createOfflineLocator, type Geocoder } from '../../../src/kernel/geocoding/index.ts';
import { createLogger } from '../../../src/kernel/logger.ts';
import { docsRoutes } from '../../../src/kernel/rest/docs.ts';
import { createLimits } from '../../../src/kernel/rest/limits.ts';
import { openApiDocument } from '../../../src/kernel/rest/openapi.ts';
import { restRouter } from '../../../src/kernel/rest/router.ts';
import { statusEndpoint } from '../../../src/kernel/rest/status.ts';
import { loadModules } from '../../../src/modules.ts';
import type { ModuleDeps } from '../../../src/modules/module.ts';
import { checkContract } from '../../support/contract.ts';
import { cloneDatabase } from '../../support/database.ts';
import { UNLIMITED } from '../../support/service.ts';

export const ORIGIN = 'https://panel.example';

const JWT_SECRET = 'a secret of at least thirty-two bytes';
export interface RestApp {
  agent: TestAgent;
  databaseUrl: string;
  deps: ModuleDeps;
  /** The service's clock, which tests may move. */
  time: { now: Date };
  /** What the outbox holds for a topic, oldest first. */
  published(
    topic: string,
  ): Promise<Array<{ payload: Record<string, unknown>; ordering_key: string; tenant_id: number }>>;
  close(): Promise<void>;
}

/** The REST side of the service over a database of its own, or that of another instance, with no relay and no hub. */
export async function openRestApp(
  settings: Record<string, string> = {},
  { geocoder = createOfflineLocator(), beside }: { geocoder?: Geocoder; beside?: RestApp } = {},
): Promise<RestApp> {
  const cloned = beside ? { url: beside.databaseUrl, drop: async () => undefined } : await cloneDatabase();
  const log = createLogger('error');
  log.silent = true;
  const time = beside?.time ?? { now: new Date() };
  const clock = () => time.now;
  const database = openDatabase(cloned.url, { max: 8, onError: () => undefined });
  const core = { registry: createRegistry(), log, probe: noProbe, clock, parkTtlMs: 1000 };
  const config = readConfig({ JWT_SECRET, CORS_ORIGINS: ORIGIN, ...UNLIMITED, ...settings });
  const deps: ModuleDeps = {
    config,
    database,
    commands: createCommands(database, core),
    receive: () => Promise.reject(new Error('nothing is delivered here')),
    notifications: createNotifications(database, log),
    replies: { expect: () => Promise.reject(new Error('no hub here')), forget: () => undefined, close: () => undefined },
    clock,
    log,
    geocoder,
    limits: createLimits(config, { database, clock, log }),
    hubOutage: async () => undefined,
  };
  const modules = loadModules(deps);
  const endpoints = [statusEndpoint(database, clock), ...modules.flatMap((module) => module.endpoints ?? [])];
  const document = openApiDocument(endpoints, 'test');
  const app = express();
  app.disable('etag');
  app.set('trust proxy', config.TRUST_PROXY ? 1 : false);
  app.use(docsRoutes(endpoints, 'test'));
  app.use(restRouter({ origins: deps.config.CORS_ORIGINS, maxBodyBytes: deps.config.MAX_BODY_BYTES, log, endpoints }));
  const contract = checkContract(app, () => document);
  return {
    databaseUrl: cloned.url,
    agent: supertest(contract.listener),
    deps,
    time,
    published: (topic) =>
      database.transaction('system', (trx) =>
        trx.rows('SELECT payload, ordering_key, tenant_id FROM outbox WHERE topic = $1 ORDER BY message_id', [topic]),
      ),
    async close() {
      await database.close();
      await cloned.drop();
      contract.assertKept();
    },
  };
}

let registered = 0;

/** A registration as the client's form sends it, with an address nobody has yet. */
export const registration = (fields: Record<string, unknown> = {}) => ({
  nombre: 'Mi Negocio',
  razon_social: 'Mi Negocio S.A.',
  cuenta_bancaria: '1234567890123456789012',
  email: `admin${(registered += 1)}@ejemplo.com`,
  telefono: '1155550000',
  nombre_usuario: 'Ana',
  password: 'secreto1',
  calle: 'Av. Corrientes',
  numero: '1234',
  ciudad: 'Buenos Aires',
  provincia: 'CABA',
  codigo_postal: '1043',
  ...fields,
});

export interface SignedIn {
  tenantId: number;
  email: string;
  token: string;
  refreshToken: string;
  auth: { Authorization: string };
}

/** A new tenant whose admin is signed in. */
export async function registerTenant({ agent }: RestApp, fields: Record<string, unknown> = {}): Promise<SignedIn> {
  const body = registration(fields);
  const res = await agent.post('/api/auth/register-tenant').send(body).expect(201);
  const { accessToken: token, refreshToken } = res.body.tokens as { accessToken: string; refreshToken: string };
  return {
    tenantId: res.body.tenant_id as number,
    email: String(body.email),
    token,
    refreshToken,
    auth: { Authorization: `Bearer ${token}` },
  };
}

/** A user of that tenant, signed in. */
export async function addUser(app: RestApp, admin: SignedIn, fields: Record<string, unknown>): Promise<SignedIn> {
  const email = `usuario${(registered += 1)}@ejemplo.com`;
  const password = 'otro secreto';
  await app.agent
    .post('/api/auth/register-internal')
    .set(admin.auth)
    .send({ nombre: 'Beto', email, password, ...fields })
    .expect(201);
  const res = await app.agent.post('/api/auth/login').send({ email, password }).expect(200);
  const { accessToken: token, refreshToken } = res.body.tokens as { accessToken: string; refreshToken: string };
  return { tenantId: admin.tenantId, email, token, refreshToken, auth: { Authorization: `Bearer ${token}` } };
}

/** A seller with no address and closed all week. */
export async function addSeller(
  { agent }: RestApp,
  admin: SignedIn,
  fields: Record<string, unknown> = {},
): Promise<number> {
  const res = await agent
    .post('/api/sellers')
    .set(admin.auth)
    .send({ nombre: 'Sucursal', ...fields })
    .expect(201);
  return res.body.data.comercio_id as number;
}

export async function addProduct(
  { agent }: RestApp,
  admin: SignedIn,
  fields: Record<string, unknown> = {},
): Promise<string> {
  const res = await agent
    .post('/api/products')
    .set(admin.auth)
    .send({ nombre_producto: 'Pizza', precio: 850.5, ...fields })
    .expect(201);
  return res.body.producto.producto_id as string;
}

/** Exactly what the client does with an access token. */
export const clientDecode = (token: string): Record<string, unknown> =>
  JSON.parse(atob(token.split('.')[1] ?? '')) as Record<string, unknown>;
