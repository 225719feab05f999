import { keepsTheContract, type Harness, type Told } from '../events/contract.ts';
import { startTestService } from '../support/service.ts';
import { openShop, orderOf } from '../support/shop.ts';
import type { DeliveryResult } from '../../scripts/hub-simulator/index.ts';

const told = ({ status, body, headers }: DeliveryResult): Told => ({
  settled: status >= 200 && status < 300,
  success: status === 204 || (body as { success?: boolean }).success === true,
  code: (body as { code?: string } | undefined)?.code,
  replay: headers['idempotent-replay'] === 'true',
});

async function overTheCallback(): Promise<Harness> {
  // Without jobs: the suite itself decides when a failed event is tried again.
  const service = await startTestService({ settings: { ROLES: 'web,relay' } });
  const shop = await openShop(service.database, { stock: 1000 });
  return {
    database: service.database,
    stock: 1000,
    async send(topic, payload, { times = 1, together = false } = {}) {
      const results = await service.hub.deliver({ topic, payload, dialect: 'random', times, concurrency: together ? times : 1 });
      return results.map(told);
    },
    fact: (id, quantity) => ({ topic: 'pedido.creado', payload: orderOf(shop, id, { cantidad: quantity }) }),
    effects: () => service.database.transaction('system', async (trx) => (await trx.one<{ n: number }>('SELECT count(*) AS n FROM orders')).n),
    async break(id) {
      const run = (sql: string) => service.database.pool.query(sql);
      await run(`ALTER TABLE orders ADD CONSTRAINT broken CHECK (pedido_id <> '${id}') NOT VALID`);
      return { heal: async () => void (await run('ALTER TABLE orders DROP CONSTRAINT broken')) };
    },
    close: () => service.close(),
  };
}

keepsTheContract('the hub', overTheCallback);
