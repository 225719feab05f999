import assert from 'node:assert/strict';
import type { Readable } from 'node:stream';
import { parse } from 'csv-parse/sync';
import fc from 'fast-check';
import { createPageReader } from '../../../src/modules/marketplace/reports/cursor.ts';
import { ventasReport, type OrderRow } from '../../../src/modules/marketplace/reports/export.ts';
import { salesByDay } from '../../../src/modules/marketplace/reports/read-model.ts';
import { until } from '../../support/service.ts';
import { addSeller, addUser, type SignedIn } from './rest-support.ts';
import {
  BILLED,
  inPesos,
  ofPeriod,
  openReportsBench,
  orders,
  period,
  SOLD,
  splitByHand,
  type Order,
  type Placed,
  type ReportsBench,
  type Split,
} from './reports-support.ts';

type Item = Record<string, unknown>;
interface Report {
  ordenes: Item[];
  totales: Record<string, unknown>;
}

const RATES = [
  [210, '21'],
  [105, '10,5'],
  [270, '27'],
  [0, '0'],
] as const;

const add = (splits: readonly Split[]): Split =>
  splits.reduce((sum, { net, total }) => ({ net: sum.net + net, total: sum.total + total }), { net: 0n, total: 0n });
const amounts = ({ net, total }: Split) => ({
  subtotal: inPesos(net),
  iva: inPesos(total - net),
  total: inPesos(total),
});
const comma = (cents: bigint) => `${cents / 100n},${String(cents % 100n).padStart(2, '0')}`;
const columns = ({ net, total }: Split) => [net, total - net, total].map(comma);
const harmless = (text: string) => (/^'*[=+\-@\t\r\n＝＋－＠]/.test(text) ? `'${text}` : text);
const ddmmaaaa = (fecha: string) =>
  new Date(Date.parse(fecha) - 3 * 3_600_000).toISOString().slice(0, 10).split('-').reverse().join('/');

describe('a tenant downloads its reports', () => {
  let bench: ReportsBench;
  before(async () => (bench = await openReportsBench()));
  after(() => bench.close());

  const get = (who: SignedIn, name: string, query: object) =>
    bench.app.agent.get(`/api/reports/${name}`).set(who.auth).query(query);
  const json = async (who: SignedIn, name: string, query: object): Promise<Report> =>
    (
      await get(who, name, query)
        .expect(200)
        .expect('Content-Type', /^application\/json/)
    ).body.data as Report;
  const csv = async (who: SignedIn, name: string, query: object): Promise<string[][]> => {
    const { text } = await get(who, name, { ...query, formato: 'csv' })
      .expect(200)
      .expect('Content-Type', 'text/csv; charset=utf-8');
    assert.ok(text.startsWith('\uFEFF'), 'no byte order mark');
    assert.ok(text.endsWith('\r\n'));
    return parse(text, { bom: true, delimiter: ';', recordDelimiter: '\r\n' });
  };
  const nameOf = ({ shop, comercioId }: Placed) =>
    bench.shops[shop]?.comercios[0] === comercioId ? `'=Centro; "A"` : 'Sucursal';
  const identity = (order: Placed) => [ddmmaaaa(order.fecha), String(order.id), order.pedidoId, nameOf(order)];
  const sale = (fields: Partial<Order> = {}): Order => ({
    shop: 0,
    seller: 0,
    estado: 'finalizada',
    fecha: '2024-05-05T12:00:00.000Z',
    direccion: 'Calle 1',
    lines: [{ cantidad: 2, precio: 45_050, rate: 210, nombre: 'Pizza' }],
    ...fields,
  });
  const MAY = { desde: '2024-05-01', hasta: '2024-05-31' };
  const idsOf = ({ ordenes }: Report) => ordenes.map(({ orden_id, pedidoId }) => orden_id ?? pedidoId);

  it('which agree with the events to the cent, in both forms', async () => {
    await fc.assert(
      fc.asyncProperty(orders, period, async (data, days) => {
        const placed = await bench.place(data);
        const query = { desde: days.fechaDesde, hasta: days.fechaHasta };
        const sent = {
          ventas: (await bench.ask('ventas.mes', days)).payloads.flatMap(({ ventas }) => ventas as Item[]),
          iva: (await bench.ask('iva.pedido', days)).payloads.flatMap(({ pedidos }) => pedidos as Item[]),
        };
        for (const { admin, tenantId } of bench.shops) {
          const mine = (states: readonly string[]) =>
            ofPeriod(placed, query.desde, query.hasta, states).filter((one) => one.tenantId === tenantId);
          const sold = mine(SOLD);
          const ids = new Set(mine(BILLED).map(({ id }) => id));
          const ventas = await json(admin, 'ventas', query);
          assert.deepEqual(
            ventas.ordenes.map(({ pedido_externo, ...item }) => item),
            sent.ventas.filter(({ orden_id }) => ids.has(orden_id as number)),
          );
          const sums = add(sold.map(({ lines }) => splitByHand(lines).order));
          assert.deepEqual(ventas.totales, { cantidad: sold.length, ...amounts(sums) });
          const [, ...rows] = await csv(admin, 'ventas', query);
          assert.deepEqual(
            rows,
            sold.map((one) => [...identity(one), harmless(one.direccion), ...columns(splitByHand(one.lines).order)]),
          );

          const iva = await json(admin, 'iva', query);
          assert.deepEqual(
            iva.ordenes.map(({ alicuotas, ...item }) => item),
            sent.iva.filter(({ pedidoId }) => ids.has(pedidoId as number)),
          );
          await checkRates(mine(BILLED), iva, await csv(admin, 'iva', query));
        }
      }),
      { numRuns: 25 },
    );
  });

  const checkRates = async (billed: readonly Placed[], { ordenes, totales }: Report, [header, ...rows]: string[][]) => {
    const splits = billed.map(({ lines }) => splitByHand(lines));
    const told = (rates: Map<number, Split>) =>
      [270, 210, 105, 0].flatMap((rate) => {
        const split = rates.get(rate);
        return split ? [{ alicuota: rate / 10, ...amounts(split) }] : [];
      });
    assert.deepEqual(
      ordenes.map(({ alicuotas }) => alicuotas),
      splits.map(({ rates }) => told(rates)),
    );
    const sums = new Map(
      [270, 210, 105, 0].flatMap((rate) => {
        const all = splits.flatMap(({ rates }) => rates.get(rate) ?? []);
        return all.length > 0 ? [[rate, add(all)]] : [];
      }),
    );
    const expected = { cantidad: billed.length, ...amounts(add(splits.map(({ order }) => order))) };
    assert.deepEqual(totales, billed.length > 0 ? { ...expected, alicuotas: told(sums) } : expected);
    assert.deepEqual(header, [
      'Fecha',
      'Orden',
      'Pedido',
      'Comercio',
      ...RATES.flatMap(([, name]) => [`Neto ${name} %`, `IVA ${name} %`]),
      'Neto',
      'IVA',
      'Total',
    ]);
    assert.deepEqual(
      rows,
      billed.map((one, n) => {
        const { rates, order } = splits[n] as (typeof splits)[number];
        const pairs = RATES.flatMap(([rate]) => columns(rates.get(rate) ?? { net: 0n, total: 0n }).slice(0, 2));
        return [...identity(one), ...pairs, ...columns(order)];
      }),
    );
  };

  it('as a file with a name, in Spanish, by the days of Buenos Aires', async () => {
    await bench.place([
      sale({ fecha: '2024-05-01T02:59:59.999Z' }),
      sale({ fecha: '2024-05-01T03:00:00.000Z' }),
      sale({ fecha: '2024-06-01T02:59:59.999Z' }),
    ]);
    const { headers, text } = await get(bench.shops[0].admin, 'ventas', { ...MAY, formato: 'csv' }).expect(200);
    assert.equal(headers['content-disposition'], 'attachment; filename="ventas_2024-05-01_2024-05-31.csv"');
    assert.equal(
      text,
      [
        '\uFEFF"Fecha";"Orden";"Pedido";"Comercio";"Dirección de entrega";"Neto";"IVA";"Total"',
        `01/05/2024;2;"P-2";"'=Centro; ""A""";"Calle 1";744,63;156,37;901,00`,
        `31/05/2024;3;"P-3";"'=Centro; ""A""";"Calle 1";744,63;156,37;901,00`,
        '',
      ].join('\r\n'),
    );
  });

  it('with a header and no rows, or zeros, where nothing was sold', async () => {
    await bench.place([]);
    assert.equal((await csv(bench.shops[0].admin, 'iva', MAY)).length, 1);
    assert.deepEqual(await json(bench.shops[0].admin, 'ventas', MAY), {
      ...MAY,
      ordenes: [],
      totales: { cantidad: 0, subtotal: 0, iva: 0, total: 0 },
    });
  });

  it('an operator those of their sellers, and nobody those of another tenant', async () => {
    const [a, b] = bench.shops;
    await bench.place([sale(), sale({ seller: 1 }), sale({ shop: 1 })]);
    const operator = await addUser(bench.app, a.admin, { rol: 'operador', comercios_ids: [a.comercios[1]] });
    const without = await addUser(bench.app, a.admin, {
      rol: 'operador',
      comercios_ids: [await addSeller(bench.app, a.admin)],
    });
    for (const name of ['ventas', 'iva']) {
      assert.deepEqual(idsOf(await json(a.admin, name, MAY)), [1, 2]);
      assert.deepEqual(idsOf(await json(operator, name, MAY)), [2]);
      assert.deepEqual(idsOf(await json(without, name, MAY)), []);
      assert.deepEqual(idsOf(await json(b.admin, name, MAY)), [3]);
      assert.deepEqual(
        (await csv(operator, name, MAY)).slice(1).map((row) => row[1]),
        ['2'],
      );
      assert.deepEqual(
        (await csv(b.admin, name, MAY)).slice(1).map((row) => row[1]),
        ['3'],
      );
    }
  });

  it('only with two days of the calendar in their order, a known form, and a token', async () => {
    const wrong = [
      {},
      { desde: '2024-05-01' },
      { hasta: '2024-05-01' },
      { desde: '2024-05-02', hasta: '2024-05-01' },
      { desde: '2023-02-29', hasta: '2023-03-01' },
      { desde: '0000-01-01', hasta: '2023-03-01' },
      { desde: '2024-5-1', hasta: '2024-05-31' },
      { ...MAY, formato: 'xls' },
      { desde: ['2024-05-01', '2024-05-02'], hasta: '2024-05-31' },
    ];
    for (const query of wrong) await get(bench.shops[0].admin, 'iva', query).expect(400);
    await bench.app.agent.get('/api/reports/ventas').query(MAY).expect(401);
  });

  it('whole, over many pages, and again after readers that left', async () => {
    await bench.place(Array.from({ length: 1203 }, (_, n) => sale({ seller: n % 2 })));
    const { admin } = bench.shops[0];
    for (let n = 0; n < 8; n += 1) {
      const request = get(admin, 'ventas', MAY);
      const leave = (res: unknown) => void (res as Readable).once('data', () => void request.abort());
      await assert.rejects(request.buffer(true).parse(leave), /abort/i);
    }
    assert.deepEqual(
      idsOf(await json(admin, 'ventas', MAY)),
      Array.from({ length: 1203 }, (_, n) => n + 1),
    );
    assert.equal((await csv(admin, 'iva', MAY)).length, 1204);
  });

  it('also while others stopped half-way and stay', async () => {
    await bench.place(Array.from({ length: 2003 }, () => sale()));
    const { tenantId } = bench.shops[0];
    const read = createPageReader(bench.app.deps.database, 100);
    const pages = () => read<OrderRow>(tenantId, ventasReport.sql, [MAY.desde, MAY.hasta, tenantId, null]);
    const stalled = Array.from({ length: 6 }, () => pages()[Symbol.asyncIterator]());
    const begun = await Promise.all(stalled.map((one) => one.next()));
    assert.ok(begun.every(({ value }) => (value as OrderRow[]).length === 500));
    let seen = 0;
    for await (const rows of pages()) seen += rows.length;
    assert.equal(seen, 2003);
    const { pool } = bench.app.deps.database;
    await until('the last of them is out of patience too', () => pool.idleCount === pool.totalCount);
    for (const one of stalled) await assert.rejects(async () => { while (!(await one.next()).done); }, /did not answer/);
  });

  it('as of one moment, whatever is cancelled or sold while it is read', async () => {
    await bench.place(Array.from({ length: 1203 }, () => sale()));
    const { database } = bench.app.deps;
    const { tenantId } = bench.shops[0];
    const change = (sql: string) => database.transaction('system', (trx) => trx.run(sql));
    const seen: number[] = [];
    for await (const rows of createPageReader(database)<OrderRow>(tenantId, ventasReport.sql, [
      MAY.desde,
      MAY.hasta,
      tenantId,
      null,
    ])) {
      if (seen.length === 0)
        await change(
          `UPDATE orders SET estado = CASE WHEN orden_id > 1100 THEN 'cancelada' ELSE estado END, fecha_creacion = fecha_creacion + '1 h'`,
        );
      seen.push(...rows.map(({ ordenId }) => ordenId));
    }
    assert.deepEqual(
      seen,
      Array.from({ length: 1203 }, (_, n) => n + 1),
    );
    assert.equal((await json(bench.shops[0].admin, 'ventas', MAY)).totales['cantidad'], 1100);
  });

  it('and the panel draws the same sales by day', async () => {
    await fc.assert(
      fc.asyncProperty(
        orders,
        period,
        fc.constantFrom(null, [0], [1], []),
        async (data, { fechaDesde, fechaHasta }, sellers) => {
          const placed = await bench.place(data);
          const { tenantId, comercios } = bench.shops[0];
          const only = sellers && sellers.map((index) => comercios[index]);
          const days = new Map<string, { dia: string; ordenes: number; total: number }>();
          for (const one of ofPeriod(placed, fechaDesde, fechaHasta, SOLD)) {
            if (one.tenantId !== tenantId || only?.includes(one.comercioId) === false) continue;
            const dia = ddmmaaaa(one.fecha).split('/').reverse().join('-');
            const sum = days.get(dia) ?? { dia, ordenes: 0, total: 0 };
            days.set(dia, {
              dia,
              ordenes: sum.ordenes + 1,
              total: sum.total + Number(splitByHand(one.lines).order.total),
            });
          }
          const told = await bench.app.deps.database.transaction({ tenantId }, (trx) =>
            salesByDay(trx, tenantId, only, fechaDesde, fechaHasta),
          );
          assert.deepEqual(told, [...days.values()]);
        },
      ),
      { numRuns: 40 },
    );
  });
});
