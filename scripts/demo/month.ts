import { balanceFor } from '../hub-simulator/index.ts';
import type { PublishedEvent } from '../hub-simulator/index.ts';
import type { Hub } from './hub.ts';
import type { Json } from './rest.ts';
import { pesos } from './show.ts';
import { needOrder, type Shop, type Stage } from './stage.ts';

interface Amounts {
  subtotal: number;
  monto_iva: number;
  total: number;
}

interface Venta extends Amounts {
  orden_id: number;
  comercio_id: number;
  productos: Array<Amounts & { cantidad: number; precio_unitario: number }>;
}

/** The accounting module asks for the month. */
export async function monthlySales(stage: Stage, shop: Shop, startedAt: Date): Promise<void> {
  const { show, hub, run } = stage;
  // Two months only when the demo runs over the end of one.
  const [fechaDesde, fechaHasta] = [monthOf(startedAt).first, monthOf(new Date()).last];
  show.in(`ventas.mes  ${fechaDesde} – ${fechaHasta}`);
  const { status, body } = await hub.ask({ ask: 'ventas.mes', fechaDesde, fechaHasta });
  if (status !== 200) throw new Error(`accounting got no answer: ${status} ${JSON.stringify(body).slice(0, 300)}`);
  const sales = await allParts(hub, body.answer as PublishedEvent);
  const ours = sales.filter(({ comercio_id }) => comercio_id === shop.comercioId);
  show.out(`venta.mes.respuesta  ${sales.length} sales, ${ours.length} of this shop`);
  for (const { orden_id, subtotal, monto_iva, total } of ours)
    show.out(`  order ${orden_id}: ${pesos(subtotal)} + IVA ${pesos(monto_iva)} = ${pesos(total)}`);
  const finished = [await needOrder(stage, shop, `${run}-core`), await needOrder(stage, shop, `${run}-temprano`)];
  const expected = finished.map(({ orden_id, total }) => `${orden_id}: ${pesos(total)}`).sort();
  const reported = ours.map(({ orden_id, total }) => `${orden_id}: ${pesos(total)}`).sort();
  show.db(`finalizada: order ${expected.join(', order ')}`);
  show.check('the delivered orders are reported, and no others', expected.join() === reported.join(), reported);
  const wrong = sales.filter((sale) => !addsUp(sale));
  show.check(
    'subtotal + IVA = total, per line and per order, and lines add up to their order, to the cent',
    wrong.length === 0,
    wrong[0],
  );
}

interface Taxed {
  pedidoId: number;
  subtotal: number;
  montoIva: number;
  total: number;
}

/** The accounting module asks for the month's IVA and the tenant's totals; the tenant sees the very same figures. */
export async function tax(stage: Stage, shop: Shop, startedAt: Date): Promise<void> {
  const { show, hub, rest, run } = stage;
  const [fechaDesde, fechaHasta] = [monthOf(startedAt).first, monthOf(new Date()).last];
  const traceData = { originModule: 'demo', traceId: run };
  const isOurs = (topic: string) => (event: PublishedEvent) =>
    event.topic === topic && (event.payload.traceData as Json | undefined)?.traceId === run;
  show.in(`iva.pedido  ${fechaDesde} – ${fechaHasta}`);
  await hub.deliver({ topic: 'iva.pedido', payload: { fechaDesde, fechaHasta, traceData } });
  const [first] = await hub.hears('iva.respuesta', isOurs('iva.respuesta'));
  const parts = await hub.hears('all parts', isOurs('iva.respuesta'), Number(first?.payload.partes ?? 1));
  const answered = parts.flatMap(({ payload }) => payload.pedidos as Taxed[]);
  const { data } = await rest.need('GET', `/api/reports/iva?desde=${fechaDesde}&hasta=${fechaHasta}`);
  const { ordenes, totales } = data as { ordenes: Taxed[]; totales: { cantidad: number; total: number } };
  show.out(`iva.respuesta  ${answered.length} orders; GET /api/reports/iva  ${ordenes.length} of this tenant`);
  const figures = ({ pedidoId, subtotal, montoIva, total }: Taxed) => [pedidoId, subtotal, montoIva, total].join();
  const told = new Set(answered.map(figures));
  show.check(
    'what the tenant reads is in what accounting got, to the cent',
    ordenes.length > 0 && ordenes.every((order) => told.has(figures(order))),
    ordenes.find((order) => !told.has(figures(order))),
  );
  show.in(`ordenesbytenant.pedido  tenant ${shop.tenantId}`);
  await hub.deliver({ topic: 'ordenesbytenant.pedido', payload: { tenant_id: shop.tenantId, traceData } });
  const [counted] = await hub.hears('ordenesbytenant.respuesta', isOurs('ordenesbytenant.respuesta'));
  const { cantidad_ordenes, monto_total } = counted?.payload.totales as Json;
  show.out(`ordenesbytenant.respuesta  ${String(cantidad_ordenes)} orders, ${pesos(Number(monto_total))}`);
  show.check(
    "the tenant's totals are the sum of its orders",
    cantidad_ordenes === totales.cantidad && monto_total === totales.total,
    { totales, counted: counted?.payload },
  );
}

const cents = (amount: number) => Math.round(amount * 100);
const sums = ({ subtotal, monto_iva, total }: Amounts) => cents(subtotal) + cents(monto_iva) === cents(total);

function addsUp(sale: Venta): boolean {
  const { productos } = sale;
  const over = (pick: (line: Venta['productos'][number]) => number) =>
    productos.reduce((all, line) => all + cents(pick(line)), 0);
  return (
    [sale, ...productos].every(sums) &&
    productos.every((line) => cents(line.total) === line.cantidad * cents(line.precio_unitario)) &&
    over((line) => line.total) === cents(sale.total) &&
    over((line) => line.subtotal) === cents(sale.subtotal) &&
    over((line) => line.monto_iva) === cents(sale.monto_iva)
  );
}

/** An answer too large for one message comes in parts that bear one timestamp. */
async function allParts(hub: Hub, answer: PublishedEvent): Promise<Venta[]> {
  const { partes = 1, timestamp } = answer.payload;
  const parts = await hub.hears(
    'all parts of the answer',
    ({ topic, payload }) => topic === answer.topic && payload.timestamp === timestamp,
    Number(partes),
  );
  return parts.slice(0, Number(partes)).flatMap(({ payload }) => payload.ventas as Venta[]);
}

/** The first and last day of the month that a moment lies in, as Buenos Aires counts days. */
function monthOf(moment: Date): { first: string; last: string } {
  const day = new Intl.DateTimeFormat('en-CA', { timeZone: 'America/Argentina/Buenos_Aires' }).format(moment);
  const [year, month] = day.split('-').map(Number) as [number, number];
  const last = new Date(Date.UTC(year, month, 0)).getUTCDate();
  return { first: `${day.slice(0, 8)}01`, last: day.slice(0, 8) + String(last) };
}

/** The tenant looks at its balance; the payments module answers through the hub. */
export async function balance({ show, rest, hub }: Stage, { email }: Shop): Promise<void> {
  show.in('GET /api/tenants/balance');
  const { fiatBalance, cryptoBalance } = await rest.need('GET', '/api/tenants/balance');
  const [request] = await hub.hears(
    'get.balances.request',
    ({ topic, payload }) => topic === 'get.balances.request' && payload.email === email,
  );
  const { originModule, traceId } = request?.payload.traceData as Json;
  show.out(`get.balances.request  ${String(originModule)} ${String(traceId)}, answered by get.balances.response`);
  show.out(`200 fiat ${String(fiatBalance)}, crypto ${String(cryptoBalance)}`);
  const told = balanceFor(String(traceId));
  show.check(
    'the balance is what payments answered to this very request',
    fiatBalance === told.fiatBalance && cryptoBalance === told.cryptoBalance,
    { fiatBalance, cryptoBalance, told },
  );
}
