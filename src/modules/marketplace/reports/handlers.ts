import { done, refused, type Outcome } from '../../../events/outcome.ts';
import type { Topic } from '../../../events/topic.ts';
import type { Work } from '../../../events/work.ts';
import { totalsByTenant } from './read-model.ts';
import { BILLED, createdOn, FINALISED, itemsOf, packed, PEDIDO, VENTA } from './report-sql.ts';
import { readRange, type Range } from './rules.ts';
import {
  ivaRespuesta,
  ordenesByTenantRespuesta,
  ventaMesRespuesta,
  type IvaPedido,
  type OrdenesByTenantPedido,
  type VentasMes,
} from './topics.ts';

/** Room for the envelope `{"topic":…,"payload":…}`, the list's name and the numbers of the part. */
const ENVELOPE_BYTES = 200;

const refusedDates = (problem: string): Outcome => refused('fechas_invalidas', `no se responde: ${problem}`);

/** Answers each request for a period's sales; a wrong or reversed range is remarked upon and gets no answer. */
export const answerMonthlySales =
  (maxMessageBytes: number) =>
  async (request: VentasMes, work: Work): Promise<Outcome> => {
    const range = readRange(request.fechaDesde, request.fechaHasta);
    if ('problem' in range) return refusedDates(range.problem);
    const ventas = { list: 'ventas', items: itemsOf(VENTA, `${FINALISED} AND ${createdOn('$1', '$2')}`) };
    const rest = { ...request, timestamp: work.now.toISOString() }; // the request's own dates and traceData go back
    publishParts(work, ventaMesRespuesta, ventas, range, rest, maxMessageBytes);
    return done();
  };

/** Answers each request for a period's IVA, likewise. */
export const answerIva =
  (maxMessageBytes: number) =>
  async (request: IvaPedido, work: Work): Promise<Outcome> => {
    const range = readRange(request.fechaDesde, request.fechaHasta);
    if ('problem' in range) return refusedDates(range.problem);
    const pedidos = { list: 'pedidos', items: itemsOf(PEDIDO, `${BILLED} AND ${createdOn('$1', '$2')}`) };
    publishParts(work, ivaRespuesta, pedidos, range, request, maxMessageBytes);
    return done();
  };

/** Answers with the totals of one tenant, or of every one in a message each; no dates: of all time. */
export async function answerOrdersByTenant(request: OrdenesByTenantPedido, work: Work): Promise<Outcome> {
  const { tenant_id, ...rest } = request;
  const range = readRange(request.fechaDesde, request.fechaHasta);
  if ('problem' in range) return refusedDates(range.problem);
  const tenants = await totalsByTenant(work.trx, range, tenant_id ?? null);
  if (tenants.length === 0 && tenant_id != null) {
    return refused('tenant_desconocido', `no se responde: no hay ningún tenant ${tenant_id}`);
  }
  for (const { tenantId, ordenes, total, promedio } of tenants) {
    work.publish(ordenesByTenantRespuesta, {
      tenant_id: tenantId,
      totales: { cantidad_ordenes: ordenes, monto_total: total, promedio_por_orden: promedio },
      timestamp: work.now.toISOString(),
      ...rest,
    });
  }
  return done();
}

/**
 * The whole answer is made, cut to parts and put into the outbox by one statement: a month of eighty thousand orders
 * costs this process nothing, and shows one moment. It may take longer than statements are allowed otherwise; it locks
 * no row, so nobody waits for it but who asks the same.
 */
function publishParts<Payload>(
  work: Work,
  topic: Topic<Payload>,
  { list, items }: { list: string; items: string },
  { desde, hasta }: Range,
  rest: object,
  maxMessageBytes: number,
): void {
  const members = JSON.stringify(rest).slice(1, -1);
  const room = maxMessageBytes - Buffer.byteLength(members) - ENVELOPE_BYTES;
  work.write(() => work.trx.run(`SET LOCAL statement_timeout = '10min'`));
  work.publishSelected(topic, topic.subject(rest as Payload) ?? topic.name, {
    text: packed(list, items, '$3', '$4'),
    values: [desde, hasta, room, members],
  });
}
