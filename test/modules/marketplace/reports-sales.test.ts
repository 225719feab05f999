import assert from 'node:assert/strict';
import { until } from '../../support/service.ts';
import { orderOf } from '../../support/shop.ts';
import { openOrdersBench, type Counter, type OrdersBench } from './orders-support.ts';

const TOPIC = 'venta.mes.respuesta';
interface Sales extends Record<string, unknown> {
  ventas: Array<Record<string, unknown> & { orden_id: number; total: number; subtotal: number; monto_iva: number; productos: Array<Record<string, number>> }>;
  parte?: number;
  partes?: number;
}

describe("accounting's question for a month's sales", () => {
  let bench: OrdersBench;
  let shop: Counter;
  before(async () => {
    bench = await openOrdersBench({ HUB_MAX_MESSAGE_BYTES: '4096' });
    shop = await bench.open({ productos: 3, stock: 1000 });
  });
  after(() => bench.close());

  const answers = () => bench.service.hub.published(TOPIC);
  /** The next answers to a question. The parts of one come in order, so the last ends them. */
  const ask = async (question: object, topic = 'ventas.mes'): Promise<Sales[]> => {
    const seen = answers().length;
    const told = await bench.tell(topic, question);
    assert.equal(told.status, 204, JSON.stringify(told));
    return until('the answer', () => {
      const fresh = answers().slice(seen).map(({ payload }) => payload as unknown as Sales);
      return fresh[0] && fresh.length === (fresh[0].partes ?? 1) ? fresh : undefined;
    });
  };
  const idsOf = (parts: Sales[]) => parts.flatMap(({ ventas }) => ventas.map(({ orden_id }) => orden_id));

  /** An order created at this moment, in this state. */
  const sell = async (id: string, fecha: string, estado = 'finalizada', order: object = orderOf(shop, id)): Promise<number> => {
    const told = await bench.tell('pedido.creado', order);
    assert.ok(told.status === 204 || told.success, JSON.stringify(told));
    await bench.service.database.transaction('system', (trx) =>
      trx.run('UPDATE orders SET fecha_creacion = $2, estado = $3 WHERE pedido_id = $1', [id, fecha, estado]),
    );
    return (await bench.order(id))?.orden_id ?? 0;
  };

  it('is answered with the days of Buenos Aires, both inclusive, to the second', async () => {
    await sell('BEFORE', '2024-01-01T02:59:59.999Z');
    const first = await sell('FIRST', '2024-01-01T03:00:00Z');
    const last = await sell('LAST', '2024-02-01T02:59:59.999Z');
    await sell('AFTER', '2024-02-01T03:00:00Z');
    assert.deepEqual(idsOf(await ask({ fechaDesde: '2024-01-01', fechaHasta: '2024-01-31' })), [first, last]);
    assert.deepEqual(idsOf(await ask({ fechaDesde: '2024-01-31', fechaHasta: '2024-01-31' })), [last]);
    assert.deepEqual(idsOf(await ask({ fechaDesde: '2024-01-01', fechaHasta: '2024-01-01' }, 'ventas.por_mes')), [first]);
  });

  it('counts orders that are finalizada, of every tenant, and no other', async () => {
    const elsewhere = await bench.open();
    const mine = await sell('S-finalizada', '2024-03-10T12:00:00Z');
    const theirs = await sell('S-theirs', '2024-03-10T12:00:01Z', 'finalizada', orderOf(elsewhere, 'S-theirs'));
    for (const estado of ['pendiente', 'aceptada', 'rechazada', 'listo', 'cancelada']) await sell(`S-${estado}`, '2024-03-10T12:00:00Z', estado);
    assert.deepEqual(idsOf(await ask({ fechaDesde: '2024-03-10', fechaHasta: '2024-03-10' })), [mine, theirs]);
  });

  it('repeats the dates and the traceData of the request, and answers with empty sales for an empty month', async () => {
    const traceData = { originModule: 'accounting', traceId: 'abc', extra: { n: 1 } };
    const [answer] = await ask({ fechaDesde: '1999-01-01', fechaHasta: '1999-01-31', traceData });
    const { timestamp, ...rest } = answer as Sales;
    assert.deepEqual(rest, { ventas: [], fechaDesde: '1999-01-01', fechaHasta: '1999-01-31', traceData });
    assert.equal(typeof timestamp, 'string');
    const [plain] = await ask({ fechaDesde: '1999-01-01', fechaHasta: '1999-01-31' });
    assert.deepEqual(Object.keys(plain as Sales).sort(), ['fechaDesde', 'fechaHasta', 'timestamp', 'ventas']);
  });

  it('is answered every time it is asked', async () => {
    const question = { fechaDesde: '1998-01-01', fechaHasta: '1998-01-31' };
    for (let n = 0; n < 3; n += 1) assert.equal((await ask(question)).length, 1);
  });

  it('is remarked upon and not answered when its dates are wrong or reversed', async () => {
    const seen = answers().length;
    const wrong = [['2024-02-01', '2024-01-01'], ['2024-02-30', '2024-03-01'], ['ayer', 'hoy'], ['', ''], ['2024-01', '2024-02']];
    for (const [fechaDesde, fechaHasta] of wrong) {
      const told = await bench.tell('ventas.mes', { fechaDesde, fechaHasta });
      assert.deepEqual([told.status, told.success, told.code], [200, false, 'fechas_invalidas'], `${fechaDesde} ${fechaHasta}`);
    }
    assert.equal((await bench.tell('ventas.mes', {})).code, 'contenido_invalido');
    await ask({ fechaDesde: '1998-01-01', fechaHasta: '1998-01-31' }); // what was published before it would have come before it
    assert.equal(answers().length, seen + 1);
  });

  it('is answered with net and IVA that add up, over several rates, lines to their order', async () => {
    await bench.service.database.transaction('system', async (trx) => {
      await trx.run('UPDATE products SET iva_pct = 10.5 WHERE producto_id = $1', [shop.productos[1]]);
      await trx.run('UPDATE products SET iva_pct = 0 WHERE producto_id = $1', [shop.productos[2]]);
    });
    const productos = [
      { producto_id: shop.productos[0], cantidad: 2, precio_unitario: 450.5 },
      { producto_id: shop.productos[1], cantidad: 1, precio_unitario: 100 },
      { producto_id: shop.productos[2], cantidad: 3, precio_unitario: 0.1 },
    ];
    const ordenId = await sell('RATES', '2024-05-05T12:00:00Z', 'finalizada', { ...orderOf(shop, 'RATES'), productos, total: 1001.3 });
    const [{ ventas } = { ventas: [] }] = await ask({ fechaDesde: '2024-05-01', fechaHasta: '2024-05-31' });
    const { fecha_creacion, ...venta } = ventas[0] ?? { fecha_creacion: '' };
    assert.equal(fecha_creacion, '2024-05-05T12:00:00.000Z');
    assert.deepEqual(venta, {
      orden_id: ordenId,
      comercio_id: shop.comercioId,
      subtotal: 835.43, // 901/1.21 = 744.63, 100/1.105 = 90.50, 0.30
      monto_iva: 165.87,
      total: 1001.3,
      direccion_entrega: 'Av. Corrientes 1234, CABA',
      productos: [
        { producto_id: shop.productos[0], nombre: 'Producto 1', cantidad: 2, precio_unitario: 450.5, subtotal: 744.63, monto_iva: 156.37, total: 901 },
        { producto_id: shop.productos[1], nombre: 'Producto 2', cantidad: 1, precio_unitario: 100, subtotal: 90.5, monto_iva: 9.5, total: 100 },
        { producto_id: shop.productos[2], nombre: 'Producto 3', cantidad: 3, precio_unitario: 0.1, subtotal: 0.3, monto_iva: 0, total: 0.3 },
      ],
    });
  });

  it('is answered in numbered parts when it does not fit, each within the limit, with all sales once', async () => {
    const ids: number[] = [];
    for (let n = 0; n < 40; n += 1) ids.push(await sell(`PART-${n}`, `2024-07-01T12:00:${String(n).padStart(2, '0')}Z`));
    const parts = await ask({ fechaDesde: '2024-07-01', fechaHasta: '2024-07-31', traceData: { traceId: 't' } });
    assert.ok(parts.length > 1, 'it was not split');
    assert.deepEqual(parts.map(({ parte, partes }) => [parte, partes]), parts.map((_, n) => [n + 1, parts.length]));
    assert.deepEqual(idsOf(parts), ids);
    for (const payload of parts) {
      assert.deepEqual([payload['fechaDesde'], payload['traceData']], ['2024-07-01', { traceId: 't' }]);
      assert.ok(Buffer.byteLength(JSON.stringify({ topic: TOPIC, payload })) <= 4096);
    }
  });

  it('does not let a sender blow its own traceData up to thousands of answers', async () => {
    const told = await bench.tell('ventas.mes', { fechaDesde: '2024-07-01', fechaHasta: '2024-07-31', traceData: { x: 'y'.repeat(50_000) } });
    assert.ok(told.status < 300);
    const { bytes } = await bench.service.database.transaction('system', (trx) =>
      trx.one<{ bytes: number }>(`SELECT coalesce(sum(length(payload::text)), 0)::int AS bytes FROM outbox WHERE payload::text LIKE '%yyyyy%'`),
    );
    assert.ok(bytes < 200_000, `${bytes} bytes of answers to a question of 50 000`);
  });
});
