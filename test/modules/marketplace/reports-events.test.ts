import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  BILLED,
  half,
  inPesos,
  ofPeriod,
  openReportsBench,
  orders,
  period,
  SOLD,
  splitByHand,
  type Answers,
  type Placed,
  type ReportsBench,
} from './reports-support.ts';

const LIMITS = [1024, 3000, 9000, 1_048_576];
const ENVELOPE = 200;

const expectedPedido = (order: Placed) => {
  const { net, total } = splitByHand(order.lines).order;
  return {
    pedidoId: order.id,
    fecha: order.fecha,
    subtotal: inPesos(net),
    montoIva: inPesos(total - net),
    total: inPesos(total),
    pedido_externo: order.pedidoId,
  };
};

const expectedVenta = (order: Placed, producto: number) => {
  const { lines, order: sums } = splitByHand(order.lines);
  return {
    orden_id: order.id,
    comercio_id: order.comercioId,
    fecha_creacion: order.fecha,
    subtotal: inPesos(sums.net),
    monto_iva: inPesos(sums.total - sums.net),
    total: inPesos(sums.total),
    direccion_entrega: order.direccion,
    productos: order.lines.map((line, index) => {
      const { net, total } = lines[index] as (typeof lines)[number];
      return {
        producto_id: producto,
        nombre: line.nombre,
        cantidad: line.cantidad,
        precio_unitario: inPesos(BigInt(line.precio)),
        subtotal: inPesos(net),
        monto_iva: inPesos(total - net),
        total: inPesos(total),
      };
    }),
  };
};

describe("accounting's questions, answered by one statement each", () => {
  let bench: ReportsBench;
  before(async () => (bench = await openReportsBench()));
  after(() => bench.close());

  /** All items of an answer, after a look at its parts: numbered, within the limit, no more than needed, of one lane. */
  const wholeOf = ({ payloads, texts, keys }: Answers, list: string, limit: number): unknown[] => {
    const lists = payloads.map((payload) => payload[list] as unknown[]);
    const numbers = payloads.map(({ parte, partes }) => [parte, partes]);
    assert.deepEqual(
      numbers,
      payloads.length === 1 ? [[undefined, undefined]] : payloads.map((_, n) => [n + 1, payloads.length]),
    );
    assert.equal(new Set(keys).size, 1);
    texts.forEach((text, n) => {
      const bytes = Buffer.byteLength(text);
      assert.ok(bytes <= limit || lists[n]?.length === 1, `${bytes} bytes of ${limit}`);
      const [next] = lists[n + 1] ?? [];
      if (next !== undefined)
        assert.ok(bytes + Buffer.byteLength(JSON.stringify(next)) * 1.5 + ENVELOPE > limit, 'a part too many');
    });
    assert.ok(lists.length === 1 || lists.every(({ length }) => length > 0));
    return lists.flat();
  };

  it('are answered to the cent, whatever was sold and however small the parts', async () => {
    await fc.assert(
      fc.asyncProperty(orders, period, fc.constantFrom(...LIMITS), async (data, days, limit) => {
        const placed = await bench.place(data);
        const { fechaDesde, fechaHasta } = days;
        const iva = await bench.ask('iva.pedido', days, limit);
        const billed = ofPeriod(placed, fechaDesde, fechaHasta, BILLED);
        assert.deepEqual(wholeOf(iva, 'pedidos', limit), billed.map(expectedPedido));
        const sales = await bench.ask('ventas.mes', days, limit);
        const sold = ofPeriod(placed, fechaDesde, fechaHasta, SOLD);
        assert.deepEqual(
          wholeOf(sales, 'ventas', limit),
          sold.map((one) => expectedVenta(one, bench.shops[one.shop]?.producto as number)),
        );
        const totals = await bench.ask('ordenesbytenant.pedido', days, limit);
        assert.deepEqual(
          totals.payloads.map(({ tenant_id, totales }) => ({ tenant_id, totales })),
          bench.shops.map(({ tenantId }) => {
            const mine = billed.filter((one) => one.tenantId === tenantId);
            const sum = mine.reduce((all, one) => all + splitByHand(one.lines).order.total, 0n);
            return {
              tenant_id: tenantId,
              totales: {
                cantidad_ordenes: mine.length,
                monto_total: inPesos(sum),
                promedio_por_orden: half(sum, mine.length),
              },
            };
          }),
        );
      }),
      { numRuns: 80 },
    );
  });

  it('repeat what was asked, and say zero where there is nothing', async () => {
    await bench.place([]);
    const question = {
      fechaDesde: '1999-01-01',
      fechaHasta: '1999-01-31',
      traceData: { traceId: 'abc', nested: { n: [1, null] } },
    };
    const {
      payloads: [iva],
    } = await bench.ask('iva.pedido', question);
    assert.deepEqual(iva, { pedidos: [], ...question });
    const {
      payloads: [sales],
      told,
    } = await bench.ask('ventas.por_mes', question);
    assert.deepEqual(sales, { ventas: [], ...question, timestamp: sales?.['timestamp'] });
    assert.equal(told.state, 'done');
    const { payloads } = await bench.ask('ordenesbytenant.pedido', { ...question, tenant_id: bench.shops[1].tenantId });
    assert.deepEqual(payloads, [
      {
        tenant_id: bench.shops[1].tenantId,
        totales: { cantidad_ordenes: 0, monto_total: 0, promedio_por_orden: 0 },
        timestamp: payloads[0]?.['timestamp'],
        ...question,
      },
    ]);
  });

  it('are remarked upon and not answered when the dates are wrong or reversed, or the tenant is unknown', async () => {
    for (const topic of ['iva.pedido', 'ventas.mes', 'ordenesbytenant.pedido']) {
      for (const [fechaDesde, fechaHasta] of [
        ['2024-02-01', '2024-01-01'],
        ['2023-02-29', '2023-03-01'],
        ['ayer', 'hoy'],
        ['', ''],
      ]) {
        const { told, payloads } = await bench.ask(topic, { fechaDesde, fechaHasta });
        assert.deepEqual(
          [told, payloads],
          [{ state: 'refused', code: 'fechas_invalidas' }, []],
          `${topic} ${fechaDesde}`,
        );
      }
    }
    for (const topic of ['iva.pedido', 'ventas.mes'])
      assert.equal((await bench.ask(topic, {})).told.code, 'contenido_invalido');
    const unknown = await bench.ask('ordenesbytenant.pedido', { tenant_id: 2_000_000_000 });
    assert.deepEqual([unknown.told, unknown.payloads], [{ state: 'refused', code: 'tenant_desconocido' }, []]);
  });

  it('count for all time without dates, and for a deleted tenant as long as it has a history', async () => {
    const one = {
      shop: 0,
      seller: 0,
      estado: 'finalizada',
      direccion: 'x',
      lines: [{ cantidad: 1, precio: 5, rate: 210, nombre: 'y' }],
    };
    await bench.place([
      { ...one, fecha: '2011-05-05T12:00:00.000Z' },
      { ...one, fecha: '2024-05-05T12:00:00.000Z' },
    ]);
    const { database } = bench.app.deps;
    const deleted = (moment: string | null) =>
      database.transaction('system', (trx) => trx.run('UPDATE tenants SET eliminado_en = $1', [moment]));
    const counts = async (question: object) =>
      (await bench.ask('ordenesbytenant.pedido', question)).payloads.map(
        ({ totales }) => (totales as { cantidad_ordenes: number }).cantidad_ordenes,
      );
    assert.deepEqual(await counts({}), [2, 0]);
    assert.deepEqual(await counts({ fechaDesde: '2012-01-01' }), [1, 0]);
    assert.deepEqual(await counts({ fechaHasta: '2012-01-01', tenant_id: null }), [1, 0]);
    await deleted('2024-06-01');
    try {
      assert.deepEqual(await counts({}), [2]);
      assert.deepEqual(await counts({ tenant_id: bench.shops[1].tenantId }), [0]);
    } finally {
      await deleted(null);
    }
  });

  it('round an average half up', async () => {
    const price = (precio: number) => ({
      shop: 0,
      seller: 1,
      estado: 'listo',
      fecha: '2024-05-05T12:00:00.000Z',
      direccion: 'x',
      lines: [{ cantidad: 1, precio, rate: 0, nombre: 'y' }],
    });
    await bench.place([price(1), price(2)]);
    const {
      payloads: [answer],
    } = await bench.ask('ordenesbytenant.pedido', { tenant_id: bench.shops[0].tenantId });
    assert.deepEqual(answer?.['totales'], { cantidad_ordenes: 2, monto_total: 0.03, promedio_por_orden: 0.02 });
  });
});
