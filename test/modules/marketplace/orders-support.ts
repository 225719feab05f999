import assert from 'node:assert/strict';
import { createAccessTokens } from '../../../src/modules/marketplace/users/tokens.ts';
import { SECRET, startTestService, until, type TestService } from '../../support/service.ts';
import { openShop, proveStock, type Shop, type ShopOptions } from '../../support/shop.ts';

export interface Told {
  status: number;
  success?: boolean;
  code?: string;
  message?: string;
  replay: boolean;
}

export interface Counter extends Shop {
  /** A REST call as this shop's admin. */
  call(method: string, path: string, body?: unknown): Promise<{ status: number; body: Record<string, unknown> }>;
  /** Moves the order with this internal id, as the panel does. */
  move(ordenId: number, estado: string): Promise<{ status: number; body: Record<string, unknown> }>;
}

export interface OrdersBench {
  service: TestService;
  open(options?: ShopOptions): Promise<Counter>;
  /** Delivers an event and says what the hub was told. */
  tell(topic: string, payload: unknown, headers?: Record<string, string>): Promise<Told>;
  order(pedidoId: string): Promise<{ orden_id: number; estado: string } | undefined>;
  /** The amounts left of a shop's products, after a proof that they agree with the ledger. */
  stockOf(shop: Shop): Promise<number[]>;
  /** The steps announced at the hub for a product, once `count` of them arrived: [before, after]. */
  announced(shop: Shop, count: number, producto?: number): Promise<number[][]>;
  /** What became of the deliveries about this order, in their order. */
  outcomes(pedidoId: string): Promise<string[]>;
  close(): Promise<void>;
}

const isMine = (payload: Record<string, unknown>, shop: Shop, producto: number | undefined) => {
  const { comercio, producto: product } = payload as { comercio: { comercio_id: number }; producto: { producto_id: number } };
  return comercio.comercio_id === shop.comercioId && product.producto_id === producto;
};

/** The whole service, with what tests of orders need to ask it. */
export async function openOrdersBench(settings: Record<string, string> = {}): Promise<OrdersBench> {
  const service = await startTestService({ settings });
  const { database, hub } = service;
  const system = <Row extends object>(sql: string, values: unknown[]) => database.transaction('system', (trx) => trx.rows<Row>(sql, values));
  const steps = (shop: Shop, producto: number | undefined) =>
    hub.published('stock.actualizado').filter(({ payload }) => isMine(payload, shop, producto)).map(({ payload }) => {
      const { cantidad_anterior, cantidad_nueva } = payload['stock'] as Record<string, number>;
      return [cantidad_anterior as number, cantidad_nueva as number];
    });

  return {
    service,
    async open(options) {
      const shop = await openShop(database, options);
      const call = callAs(service, await adminOf(service, shop.tenantId));
      return { ...shop, call, move: (ordenId, estado) => call('PATCH', `/orders/${ordenId}`, { estado }) };
    },
    async tell(topic, payload, headers) {
      const { status, body, headers: answered } = await service.deliver(topic, payload, { dialect: 'random', headers });
      return { status, ...(body as object), replay: answered['idempotent-replay'] === 'true' };
    },
    order: async (pedidoId) => (await system<{ orden_id: number; estado: string }>('SELECT orden_id, estado FROM orders WHERE pedido_id = $1', [pedidoId]))[0],
    async stockOf(shop) {
      const proof = await proveStock(database, shop);
      for (const { producto, cantidad, sum, chained } of proof) assert.deepEqual([sum, chained], [cantidad, true], `the ledger of ${producto}`);
      return proof.map(({ cantidad }) => cantidad);
    },
    announced: (shop, count, producto = shop.productos[0]) =>
      until(`${count} stock events of product ${producto}`, () => {
        const seen = steps(shop, producto);
        return seen.length >= count ? seen : undefined;
      }),
    outcomes: async (pedidoId) =>
      (await system<{ outcome: string }>('SELECT outcome FROM events WHERE subject = $1 ORDER BY event_id', [`pedido:${pedidoId}`])).map(({ outcome }) => outcome),
    close: () => service.close(),
  };
}

async function adminOf({ database }: TestService, tenantId: number): Promise<string> {
  const { id } = await database.transaction('system', (trx) =>
    trx.one<{ id: number }>(
      `INSERT INTO users (tenant_id, nombre, email, password_hash, rol) VALUES ($1, 'Ana', $2, 'none', 'admin') RETURNING usuario_id AS id`,
      [tenantId, `ana${tenantId}@ejemplo.com`],
    ),
  );
  return createAccessTokens({ JWT_SECRET: SECRET }, () => new Date()).sign({ usuario_id: id, tenant_id: tenantId });
}

const callAs = ({ url }: TestService, token: string) => async (method: string, path: string, body?: unknown) => {
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' };
  const response = await fetch(`${url}/api${path}`, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
};
