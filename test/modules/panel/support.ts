import assert from 'node:assert/strict';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { hashPassword } from '../../../src/modules/marketplace/users/passwords.ts';
import { startTestService, type TestService } from '../../support/service.ts';
import { openShop, orderOf, type Shop, type ShopOptions } from '../../support/shop.ts';

export const PASSWORD = 'una clave larga';

export interface Person {
  email: string;
  usuarioId: number;
}

export interface PanelShop extends Shop {
  admin: Person;
}

export interface PanelBench {
  service: TestService;
  open(options?: ShopOptions): Promise<PanelShop>;
  addSeller(shop: PanelShop, nombre: string): Promise<Shop>;
  addOperator(shop: PanelShop, comercios: number[]): Promise<Person>;
  /** The hub tells of an order; answers our number of it. */
  order(shop: Shop, pedidoId: string, fields?: Record<string, unknown>): Promise<number>;
  estado(ordenId: number): Promise<string>;
  stock(shop: Shop, producto?: number): Promise<number>;
  /** A REST call with this person's token. */
  rest(
    person: Person,
    method: string,
    path: string,
    body?: unknown,
  ): Promise<{ status: number; body: Record<string, unknown> }>;
  /** The text of what a GET over REST answers this person. */
  restText(person: Person, path: string): Promise<string>;
  close(): Promise<void>;
}

/** The whole service with people who can sign in. */
export async function openPanelBench(settings: Record<string, string> = {}): Promise<PanelBench> {
  const service = await startTestService({ settings });
  const { database } = service;
  const passwordHash = await hashPassword(PASSWORD); // once: it is slow on purpose
  let people = 0;
  const addPerson = (tenantId: number, rol: string): Promise<Person> =>
    database.transaction('system', (trx) =>
      trx.one<Person>(
        `INSERT INTO users (tenant_id, nombre, email, password_hash, rol) VALUES ($1, 'Ana', $2, $3, $4)
         RETURNING usuario_id AS "usuarioId", email`,
        [tenantId, `persona${(people += 1)}@ejemplo.com`, passwordHash, rol],
      ),
    );
  const value = async <T>(sql: string, values: unknown[]): Promise<T> =>
    (await database.transaction('system', (trx) => trx.one<{ value: T }>(sql, values))).value;

  return {
    service,
    async open(options) {
      const shop = await openShop(database, options);
      return { ...shop, admin: await addPerson(shop.tenantId, 'admin') };
    },
    async addSeller({ tenantId, productos, email }, nombre) {
      const comercioId = await value<number>(
        'INSERT INTO sellers (tenant_id, nombre) VALUES ($1, $2) RETURNING comercio_id AS value',
        [tenantId, nombre],
      );
      return { tenantId, comercioId, productos, email };
    },
    async addOperator({ tenantId }, comercios) {
      const person = await addPerson(tenantId, 'operador');
      await database.transaction('system', (trx) =>
        trx.run('INSERT INTO user_sellers (tenant_id, usuario_id, comercio_id) SELECT $1, $2, unnest($3::int[])', [
          tenantId,
          person.usuarioId,
          comercios,
        ]),
      );
      return person;
    },
    async order(shop, pedidoId, fields = {}) {
      const told = await service.deliver('pedido.creado', { ...orderOf(shop, pedidoId), ...fields });
      assert.ok([200, 204].includes(told.status), JSON.stringify(told));
      return value<number>('SELECT orden_id AS value FROM orders WHERE pedido_id = $1', [pedidoId]);
    },
    estado: (ordenId) => value('SELECT estado AS value FROM orders WHERE orden_id = $1', [ordenId]),
    stock: (shop, producto = shop.productos[0]) =>
      value('SELECT cantidad AS value FROM stock WHERE comercio_id = $1 AND producto_id = $2', [
        shop.comercioId,
        producto,
      ]),
    async restText({ email }, path) {
      const json = { 'content-type': 'application/json' };
      const body = JSON.stringify({ email, password: PASSWORD });
      const login = await fetch(`${service.url}/api/auth/login`, { method: 'POST', headers: json, body });
      const { accessToken } = (await login.json()) as { accessToken: string };
      const headers = { authorization: `Bearer ${accessToken}` };
      // As bytes: text() would take the byte order mark away.
      return Buffer.from(await (await fetch(`${service.url}/api${path}`, { headers })).arrayBuffer()).toString();
    },
    async rest({ email }, method, path, body) {
      const send = async (verb: string, where: string, json: unknown, headers: Record<string, string> = {}) => {
        const response = await fetch(`${service.url}/api${where}`, {
          method: verb,
          headers: { 'content-type': 'application/json', ...headers },
          body: json === undefined ? undefined : JSON.stringify(json),
        });
        return { status: response.status, body: (await response.json()) as Record<string, unknown> };
      };
      const { accessToken } = (await send('POST', '/auth/login', { email, password: PASSWORD })).body;
      return send(method, path, body, { authorization: `Bearer ${String(accessToken)}` });
    },
    close: () => service.close(),
  };
}

export interface Visitor {
  page: Page;
  context: BrowserContext;
  /** What the browser complained of: errors, refused by the Content-Security-Policy, failed to load. */
  complaints: string[];
  close(): Promise<void>;
}

export interface VisitorOptions {
  phone?: boolean;
  /** Another instance's address. */
  at?: string;
}

/** A person with a browser of their own, not signed in. */
export async function visitorAt(
  browser: Browser,
  url: string,
  { phone = false }: VisitorOptions = {},
): Promise<Visitor> {
  const context = await browser.newContext({
    baseURL: url,
    locale: 'es-AR',
    viewport: phone ? { width: 390, height: 844 } : { width: 1280, height: 800 },
    hasTouch: phone,
    isMobile: phone,
  });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) complaints.push(`${message.type()}: ${message.text()}`);
  });
  page.on('pageerror', (error) => complaints.push(`exception: ${error.message}`));
  page.on('requestfailed', (request) => {
    const failure = request.failure()?.errorText ?? '';
    // A poll given up for a button or another page is nobody's trouble.
    if (failure !== 'net::ERR_ABORTED') complaints.push(`failed: ${request.url()} ${failure}`);
  });
  return { page, context, complaints, close: () => context.close() };
}

/** Signs in by the form, as people do. */
export async function signIn(page: Page, person: Person, password = PASSWORD): Promise<void> {
  await page.goto('/panel/login');
  await page.getByLabel('Correo').fill(person.email);
  await page.getByLabel('Contraseña').fill(password);
  await page.getByRole('button', { name: 'Entrar' }).click();
}

/** Somebody signed in, at the orders. */
export async function signedIn(
  browser: Browser,
  url: string,
  person: Person,
  options: VisitorOptions = {},
): Promise<Visitor> {
  const visitor = await visitorAt(browser, options.at ?? url, options);
  await signIn(visitor.page, person);
  await visitor.page.getByRole('heading', { name: 'Pedidos', level: 1 }).waitFor();
  return visitor;
}

/** Non-breaking spaces, which Intl puts into amounts, as plain ones. */
export const plain = (text: string | null): string =>
  (text ?? '')
    .replace(/\u00a0|\u202f/g, ' ')
    .replace(/\s+/g, ' ')
    .trim();
