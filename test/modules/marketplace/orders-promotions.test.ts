import assert from 'node:assert/strict';
import { openShop, orderOf, type Shop } from '../../support/shop.ts';
import { startTestService, type TestService } from '../../support/service.ts';
import { orderStory } from '../../../src/modules/marketplace/orders/story.ts';

/** Days of Buenos Aires, so many from today. */
const day = (offset: number) =>
  new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Argentina/Buenos_Aires' }).format(Date.now() + offset * 86_400_000);

describe('promotions and the total of an order', () => {
  let service: TestService;
  let shop: Shop;
  before(async () => {
    service = await startTestService();
    shop = await openShop(service.database, { productos: 2, precio: 450.75 });
  });
  after(() => service.close());

  const promote = (producto: number, tipo: 'monto' | 'porcentaje', valor: number, [from, to]: [number, number]) =>
    service.database.transaction({ tenantId: shop.tenantId }, async (trx) => {
      const { id } = await trx.one<{ id: number }>(
        `INSERT INTO promotions (tenant_id, nombre, tipo_promocion, valor_centesimos, fecha_inicio, fecha_fin)
         VALUES ($1, 'Semana del pan', $2, $3, $4, $5) RETURNING promocion_id AS id`,
        [shop.tenantId, tipo, valor, day(from), day(to)],
      );
      await trx.run('INSERT INTO promotion_products (promocion_id, producto_id, tenant_id) VALUES ($1, $2, $3)', [
        id, producto, shop.tenantId,
      ]);
      return id;
    });
  const lineOf = (pedidoId: string) =>
    service.database.transaction('system', (trx) =>
      trx.one<object>(
        `SELECT l.promocion_id, l.promocion, l.descuento_centavos, l.precio_centavos, l.precio_catalogo_centavos, l.iva_pct::text,
                o.total_centavos, o.total_informado_centavos
         FROM orders o JOIN order_lines l USING (tenant_id, orden_id) WHERE o.pedido_id = $1`,
        [pedidoId],
      ),
    );
  const story = async (pedidoId: string) => {
    const told = await service.database.transaction('system', (trx) => orderStory(trx, pedidoId, () => ''));
    return told?.entries.flatMap(({ controles }) => controles ?? []) ?? [];
  };

  it('explain a total below the sum: no warning, and the line keeps promotion, price and rate', async () => {
    const [producto] = shop.productos;
    const id = await promote(producto as number, 'porcentaje', 1000, [-1, 1]);
    await service.database.transaction('system', (trx) =>
      trx.run('UPDATE products SET iva_pct = 10.5 WHERE producto_id = $1', [producto]),
    );
    const answer = await service.deliver('pedido.creado', { ...orderOf(shop, 'P-1', { cantidad: 2 }), total: 811.34 });
    assert.equal(answer.status, 204);
    assert.deepEqual(await lineOf('P-1'), {
      promocion_id: id,
      promocion: 'Semana del pan',
      descuento_centavos: 9016, // 45.08 off each of two
      precio_centavos: 45075,
      precio_catalogo_centavos: 45075,
      iva_pct: '10.5',
      total_centavos: 90150,
      total_informado_centavos: 81134,
    });
    const check = (await story('P-1')).find(({ regla }) => regla === 'total');
    assert.equal(check?.cumple, true);
    assert.match(check?.detalle ?? '', /811,34, suma de los productos \$.901,50; la diferencia es «Semana del pan»: \$.90,16/);
  });

  it('explain a price that came reduced', async () => {
    const answer = await service.deliver('pedido.creado', orderOf(shop, 'P-2', { cantidad: 3, precio: 405.67 }));
    assert.equal(answer.status, 204);
    const check = (await story('P-2')).find(({ regla }) => regla === 'precio');
    assert.match(check?.detalle ?? '', /vino a \$.405,67 y el catálogo dice \$.450,75 por la promoción «Semana del pan»/);
  });

  it('explain nothing that they do not add up to, and the order stands with a warning', async () => {
    const answer = await service.deliver('pedido.creado', { ...orderOf(shop, 'P-3', { cantidad: 2 }), total: 811.33 });
    assert.deepEqual([answer.status, (answer.body as { success?: boolean })?.success, (answer.body as { code?: string })?.code], [200, true, 'total_distinto']);
    const check = (await story('P-3')).find(({ regla }) => regla === 'total');
    assert.deepEqual([check?.cumple, /ninguna promoción lo explica$/.test(check?.detalle ?? '')], [false, true]);
  });

  it('count only while they are in force, both days included, as Buenos Aires counts days', async () => {
    const [, producto] = shop.productos as [number, number];
    for (const [from, to, informed] of [[-5, -1, 400.75], [1, 5, 400.75], [0, 1, 350.75], [-1, 0, 300.75]] as const) {
      const off = Math.round((450.75 - informed) * 100);
      await promote(producto, 'monto', off, [from, to]);
      const order = orderOf(shop, `Q${from}${to}`, { producto });
      const answer = await service.deliver('pedido.creado', { ...order, total: informed });
      assert.equal(answer.status, from <= 0 && to >= 0 ? 204 : 200, `${from}..${to}`);
    }
  });
});
