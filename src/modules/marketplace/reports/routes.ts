import type { z } from 'zod';
import { endpoint, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import type { ModuleDeps } from '../../module.ts';
import { access } from '../access.ts';
import type { ReadPages } from './cursor.ts';
import { asCsv, asJson, CSV, csvName, ivaReport, ventasReport, type OrderRow, type TenantReport } from './export.ts';
import { ivaAnswer, reportQuery, ventasAnswer } from './schemas.ts';

/** What accounting is told by events, for the tenant itself: the same figures, from the same SQL. */
export const reportEndpoints = (deps: ModuleDeps, readPages: ReadPages): Endpoint[] => [
  download(deps, readPages, ventasReport, ventasAnswer, 'Las ventas finalizadas de un período'),
  download(
    deps,
    readPages,
    ivaReport,
    ivaAnswer,
    'El IVA de los pedidos de un período, menos los cancelados y rechazados',
  ),
];

function download(
  deps: ModuleDeps,
  readPages: ReadPages,
  report: TenantReport,
  answer: z.ZodType,
  summary: string,
): Endpoint {
  return endpoint({
    method: 'get',
    path: `/api/reports/${report.name}`,
    tag: 'Reportes',
    summary,
    description:
      'Por fecha de creación, hora de Buenos Aires, ambas fechas inclusive. Un operador ve solo sus comercios. ' +
      'El CSV separa con punto y coma, usa coma decimal y fechas dd/mm/aaaa.',
    access: access(deps).user,
    query: reportQuery,
    answers: { 200: answer },
    also: { mediaType: 'text/csv', description: 'Para una planilla de cálculo.' },
    async handle({ user: { tenantId, rol, comercios }, query: { desde, hasta, formato } }) {
      const status = 200 as const;
      const only = rol === 'admin' ? null : comercios;
      const pages = readPages<OrderRow>(tenantId, report.sql, [desde, hasta, tenantId, only]);
      if (formato === 'json') return { status, stream: asJson(pages, { desde, hasta }) };
      const headers = {
        'Content-Type': CSV,
        'Content-Disposition': `attachment; filename="${csvName(report, { desde, hasta })}"`,
      };
      return { status, headers, stream: asCsv(pages, report) };
    },
  });
}
