import { BYTE_ORDER_MARK } from '../../../kernel/csv.ts';
import { csvLine, csvPesos, csvText } from './csv.ts';
import { BILLED, createdOn, FINALISED, itemsOf, localDay, ofTenant, PEDIDO, VENTA, type Report } from './report-sql.ts';
import { pesosText, type Range } from './rules.ts';

/** An order as a report's cursor gives it; amounts in cents. */
export interface OrderRow {
  /** The order as JSON text, the same as accounting gets plus what only its tenant sees. */
  item: string;
  ordenId: number;
  pedidoId: string;
  /** dd/mm/aaaa. */
  dia: string;
  comercio: string;
  direccion: string;
  subtotal: number;
  total: number;
  /** [rate in per cent, net, total]; empty where the report does not tell rates apart. */
  rates: Array<[number, number, number]>;
}

export interface TenantReport {
  name: 'ventas' | 'iva';
  /** $1, $2: the days; $3: the tenant; $4: an operator's sellers or null. */
  sql: string;
  header: readonly string[];
  cells(row: OrderRow): string[];
}

const RATES = [21, 10.5, 27, 0];

const forTenant = (report: Report, state: string, rates: string) =>
  `${itemsOf(
    report,
    `${state} AND ${createdOn('$1', '$2')} AND ${ofTenant('$3', '$4')}`,
    `, o.orden_id AS "ordenId", o.pedido_id AS "pedidoId",
     to_char(${localDay('o.fecha_creacion')}, 'DD/MM/YYYY') AS dia,
     (SELECT c.nombre FROM sellers c WHERE c.tenant_id = o.tenant_id AND c.comercio_id = o.comercio_id) AS comercio,
     o.direccion_entrega AS direccion, s.subtotal, s.total, ${rates} AS rates`,
  )} ORDER BY o.fecha_creacion, o.orden_id`;

const identity = ({ dia, ordenId, pedidoId, comercio }: OrderRow) => [
  dia,
  String(ordenId),
  csvText(pedidoId),
  csvText(comercio),
];
const IDENTITY = ['Fecha', 'Orden', 'Pedido', 'Comercio'];

const sums = ({ subtotal, total }: OrderRow) => [subtotal, total - subtotal, total].map(csvPesos);
const SUMS = ['Neto', 'IVA', 'Total'];

export const ventasReport: TenantReport = {
  name: 'ventas',
  sql: forTenant({ ...VENTA, members: `${VENTA.members}, o.pedido_id AS pedido_externo` }, FINALISED, `'[]'::json`),
  header: [...IDENTITY, 'Dirección de entrega', ...SUMS],
  cells: (row) => [...identity(row), csvText(row.direccion), ...sums(row)],
};

/** As a book of IVA on sales: a pair of columns for each rate. */
export const ivaReport: TenantReport = {
  name: 'iva',
  sql: forTenant({ ...PEDIDO, members: `${PEDIDO.members}, s.alicuotas` }, BILLED, 's.rates'),
  header: [...IDENTITY, ...RATES.flatMap((rate) => [`Neto ${rateName(rate)}`, `IVA ${rateName(rate)}`]), ...SUMS],
  cells: (row) => [
    ...identity(row),
    ...RATES.flatMap((rate) => {
      const [, net, total] = row.rates.find(([own]) => own === rate) ?? [rate, 0, 0];
      return [net, total - net].map(csvPesos);
    }),
    ...sums(row),
  ],
};

function rateName(rate: number): string {
  return `${String(rate).replace('.', ',')} %`;
}

/** `{success, data: {desde, hasta, ordenes, totales}}`, a page of orders at a time; the totals come last. */
export async function* asJson(pages: AsyncIterable<OrderRow[]>, { desde, hasta }: Range): AsyncIterable<string> {
  const totals = createTotals();
  let before = `{"success":true,"data":{"desde":"${desde}","hasta":"${hasta}","ordenes":[`;
  for await (const rows of pages) {
    rows.forEach(totals.add);
    yield before + rows.map(({ item }) => item).join(',');
    before = ',';
  }
  yield `${before === ',' ? '' : before}],"totales":${totals.text()}}}`;
}

export const CSV = 'text/csv; charset=utf-8';

/** What a downloaded report is called. */
export const csvName = ({ name }: TenantReport, { desde, hasta }: Range): string => `${name}_${desde}_${hasta}.csv`;

export async function* asCsv(pages: AsyncIterable<OrderRow[]>, { header, cells }: TenantReport): AsyncIterable<string> {
  let before = BYTE_ORDER_MARK + csvLine(header.map(csvText));
  for await (const rows of pages) {
    yield before + rows.map((row) => csvLine(cells(row))).join('');
    before = '';
  }
  if (before !== '') yield before;
}

/** Adds up without end and without loss. */
function createTotals() {
  const zero = () => ({ net: 0n, total: 0n });
  const [all, byRate] = [zero(), new Map<number, ReturnType<typeof zero>>()];
  let count = 0;
  const text = ({ net, total }: typeof all) =>
    `"subtotal":${pesosText(net, '.')},"iva":${pesosText(total - net, '.')},"total":${pesosText(total, '.')}`;
  const add = (to: typeof all, net: number, total: number) => {
    to.net += BigInt(net);
    to.total += BigInt(total);
  };
  return {
    add({ subtotal, total, rates }: OrderRow): void {
      count += 1;
      add(all, subtotal, total);
      for (const [rate, net, gross] of rates) {
        if (!byRate.has(rate)) byRate.set(rate, zero());
        add(byRate.get(rate) as typeof all, net, gross);
      }
    },
    text(): string {
      const rates = [...byRate].sort(([a], [b]) => b - a).map(([rate, sum]) => `{"alicuota":${rate},${text(sum)}}`);
      return `{"cantidad":${count},${text(all)}${rates.length > 0 ? `,"alicuotas":[${rates.join()}]` : ''}}`;
    },
  };
}
