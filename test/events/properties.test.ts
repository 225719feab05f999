import { strict as assert } from 'node:assert';
import fc from 'fast-check';
import { registration } from '../modules/marketplace/rest-support.ts';
import { startTestService, type TestService } from '../support/service.ts';
import { orderOf, proveStock, type Shop } from '../support/shop.ts';

/** What may happen to one pedidoId: the hub's events, and its tenant's move to `listo`. */
type Step = 'creado' | 'entregado' | 'cancelado' | 'listo';
type Estado = 'pendiente' | 'listo' | 'finalizada' | 'cancelada';

const QUANTITY = 2;
const RUNS = 25;
const steps = fc.array(fc.constantFrom<Step>('creado', 'entregado', 'cancelado', 'listo'), { minLength: 1, maxLength: 8 });

/** The reading in a few lines: where this sequence must end; undefined when the order never came. */
function expectedEnd(sequence: readonly Step[]): Estado | undefined {
  let estado: Estado | undefined;
  const seen = new Set<Step>();
  const waiting: Step[] = [];
  const apply = (step: Step): boolean => {
    if (step === 'cancelado' && (estado === 'pendiente' || estado === 'listo')) estado = 'cancelada';
    else if (step === 'entregado' && estado === 'listo') estado = 'finalizada';
    else return estado === 'finalizada' || estado === 'cancelada'; // refused for good, or goes on waiting
    return true;
  };
  const wake = () => {
    for (const step of waiting.splice(0)) if (!apply(step)) waiting.push(step);
  };
  for (const step of sequence) {
    if (step !== 'listo' && seen.has(step)) continue; // the same fact again
    seen.add(step);
    if (step === 'creado') estado = 'pendiente';
    else if (step === 'listo') estado = estado === 'pendiente' ? 'listo' : estado;
    else if (!apply(step)) waiting.push(step);
    wake();
  }
  return estado;
}

interface Answer {
  tenant_id: number;
  tokens: { accessToken: string };
  data: { comercio_id: number };
  producto: { producto_id: string };
}

describe('whatever happens to an order, in whatever order', () => {
  let service: TestService;
  let shop: Shop;
  let auth: { authorization: string };
  let runs = 0;
  const call = async (method: string, path: string, body: unknown) => {
    const response = await fetch(`${service.url}/api${path}`, {
      method, headers: { 'content-type': 'application/json', ...auth }, body: JSON.stringify(body),
    });
    return { status: response.status, body: (await response.json()) as Answer };
  };

  before(async () => {
    service = await startTestService({ settings: { ROLES: 'web' } });
    const { body: registered } = await call('POST', '/auth/register-tenant', registration());
    auth = { authorization: `Bearer ${registered.tokens.accessToken}` };
    const comercioId = Number((await call('POST', '/sellers', { nombre: 'Centro' })).body.data.comercio_id);
    const producto = Number((await call('POST', '/products', { nombre_producto: 'Pizza', precio: 450.75 })).body.producto.producto_id);
    shop = { tenantId: registered.tenant_id, comercioId, email: '', productos: [producto] };
    assert.equal((await call('PATCH', `/sellers/${comercioId}/products/${producto}/stock`, { cantidad_stock: 10_000 })).status, 200);
  });
  after(() => service.close());

  const orderOfPedido = (pedidoId: string) =>
    service.database.transaction('system', (trx) =>
      trx.maybe<{ ordenId: number; estado: Estado }>('SELECT orden_id AS "ordenId", estado FROM orders WHERE pedido_id = $1', [pedidoId]),
    );

  const take = async (pedidoId: string, step: Step): Promise<void> => {
    if (step === 'listo') {
      const order = await orderOfPedido(pedidoId);
      if (order === undefined) return;
      const { status } = await call('PATCH', `/orders/${order.ordenId}`, { estado: 'listo' });
      assert.ok([200, 409].includes(status), `the tenant was answered ${status}`);
      return;
    }
    const payload = step === 'creado' ? orderOf(shop, pedidoId, { cantidad: QUANTITY }) : { pedidoId };
    const { status, body } = await service.deliver(`pedido.${step}`, payload, { dialect: 'random' });
    assert.ok(status === 200 || status === 204, `${step} was answered ${status} ${JSON.stringify(body)}`);
  };

  /** What the order took is off the shelf, unless it gave it back; and the shelf agrees with its ledger. */
  const proveStockOf = async (pedidoId: string, estado: Estado | undefined): Promise<void> => {
    const { taken } = await service.database.transaction('system', (trx) =>
      trx.one<{ taken: number }>(
        `SELECT coalesce(-sum(delta), 0)::int AS taken FROM stock_ledger JOIN orders USING (tenant_id, orden_id) WHERE pedido_id = $1`, [pedidoId],
      ),
    );
    assert.equal(taken, estado === undefined || estado === 'cancelada' ? 0 : QUANTITY, `stock taken by a ${estado} order`);
    for (const { cantidad, sum, chained } of await proveStock(service.database, shop)) {
      assert.deepEqual({ sum, chained }, { sum: cantidad, chained: true });
    }
  };

  it('one after another, it ends where the reading says', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const pedidoId = `sequence-${(runs += 1)}`;
        for (const step of sequence) await take(pedidoId, step);
        const estado = (await orderOfPedido(pedidoId))?.estado;
        assert.equal(estado, expectedEnd(sequence));
        await proveStockOf(pedidoId, estado);
      }),
      { numRuns: RUNS },
    );
  });

  it('all at once, it ends where one of the orders would have ended, with all that waited applied', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (sequence) => {
        const pedidoId = `at-once-${(runs += 1)}`;
        await Promise.all(sequence.map((step) => take(pedidoId, step)));
        const estado = (await orderOfPedido(pedidoId))?.estado;
        const has = (step: Step) => sequence.includes(step);
        assert.equal(estado !== undefined, has('creado'));
        if (has('creado') && has('cancelado')) assert.ok(estado === 'cancelada' || estado === 'finalizada');
        if (estado === 'cancelada') assert.ok(has('cancelado'));
        if (estado === 'finalizada') assert.ok(has('listo') && has('entregado'));
        if (estado === 'listo') assert.ok(has('listo') && !has('entregado'));
        await proveStockOf(pedidoId, estado);
      }),
      { numRuns: RUNS },
    );
  });

  it('many orders of one product at once: the stock is what was there less what was taken', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(steps, { minLength: 2, maxLength: 12 }), async (stories) => {
        const pedidos = stories.map((story) => ({ pedidoId: `crowd-${(runs += 1)}`, story }));
        await Promise.all(pedidos.map(async ({ pedidoId, story }) => {
          for (const step of story) await take(pedidoId, step);
        }));
        for (const { pedidoId, story } of pedidos) {
          const estado = (await orderOfPedido(pedidoId))?.estado;
          assert.equal(estado, expectedEnd(story), `${pedidoId}: ${story.join(', ')}`);
          await proveStockOf(pedidoId, estado);
        }
      }),
      { numRuns: RUNS },
    );
  });
});
