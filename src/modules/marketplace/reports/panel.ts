import { badRequest } from '../../../kernel/errors.ts';
import { dayOf } from '../../../kernel/es-ar.ts';
import type { PanelAnswer, PanelSection, Visit } from '../../../kernel/panel.ts';
import type { ModuleDeps } from '../../module.ts';
import type { ReadPages } from './cursor.ts';
import { asCsv, CSV, csvName, ivaReport, ventasReport, type OrderRow, type TenantReport } from './export.ts';
import { monthOf, type Month } from './panel-rules.ts';
import { salesPage } from './panel-views.ts';
import { salesByDay } from './read-model.ts';

/** The month's sales, of one seller or of all that the visitor has. */
export function salesPanel(
  { database, clock }: Pick<ModuleDeps, 'database' | 'clock'>,
  readPages: ReadPages,
): PanelSection {
  const monthAsked = ({ query }: Visit) => askedMonth(query['mes'] ?? dayOf(clock()).slice(0, 7));

  const show = async (visit: Visit): Promise<PanelAnswer> => {
    const { tenantId } = visit.user;
    const month = monthAsked(visit);
    const { comercio, only } = await askedSellers(visit);
    const sales = await database.transaction({ tenantId }, (trx) =>
      salesByDay(trx, tenantId, only, month.desde, month.hasta),
    );
    return {
      title: 'Ventas',
      content: salesPage({ month, comercio, sales }),
      comercio,
      allSellers: true,
      keep: { mes: month.mes },
    };
  };

  /** The same file as over REST, for whoever has no token at hand. */
  const download =
    (report: TenantReport) =>
    async (visit: Visit): Promise<PanelAnswer> => {
      const { tenantId } = visit.user;
      const month = monthAsked(visit);
      const { only } = await askedSellers(visit);
      const pages = readPages<OrderRow>(tenantId, report.sql, [month.desde, month.hasta, tenantId, only]);
      return { file: { name: csvName(report, month), mediaType: CSV, stream: asCsv(pages, report) } };
    };

  return {
    label: 'Ventas',
    path: '/ventas',
    order: 3,
    routes: [
      { method: 'get', path: '/ventas', handle: show },
      { method: 'get', path: '/ventas/ventas.csv', handle: download(ventasReport) },
      { method: 'get', path: '/ventas/iva.csv', handle: download(ivaReport) },
    ],
  };
}

function askedMonth(text: unknown): Month {
  const month = typeof text === 'string' ? monthOf(text) : undefined;
  if (month === undefined) throw badRequest('El mes se escribe AAAA-MM, por ejemplo 2024-01.');
  return month;
}

/** All sellers unless one is asked for; for an operator, all are those assigned. */
async function askedSellers(visit: Visit): Promise<{ comercio: number | 'todos'; only: number[] | null }> {
  const { rol, comercios } = visit.user;
  if (visit.query['comercio'] === undefined || visit.query['comercio'] === 'todos') {
    return { comercio: 'todos', only: rol === 'admin' ? null : comercios };
  }
  const { comercio_id: comercio } = await visit.seller();
  return { comercio, only: [comercio] };
}
