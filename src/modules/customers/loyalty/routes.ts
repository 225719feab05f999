import { created, endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import { customerPath, movementsQuery, pageOf, tag, type CustomersDeps } from '../ports.ts';
import { requireCustomer } from '../profiles/read-model.ts';
import { findSettings } from '../settings/read-model.ts';
import { calendarOf } from './calendar.ts';
import { changePoints } from './commands.ts';
import { findPoints, listExpiring, listPointMovements } from './read-model.ts';
import { adjustBody, calendarAnswer, pointMovementsAnswer, pointsAnswer, shownPoints, spendBody } from './schemas.ts';

export const pointEndpoints = (deps: CustomersDeps): Endpoint[] => [spend(deps), adjust(deps), calendar(deps), movements(deps)];

const AGAIN = 'Repetirlo con la misma `reference` no tiene otro efecto: con 200 vienen los puntos como están ahora.';

const spend = (deps: CustomersDeps): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/v1/customers/:customer_id/points/spend',
    tag,
    summary: 'Gastar puntos',
    description: `Los que vencen primero se gastan primero. ${AGAIN}`,
    access: deps.users,
    params: customerPath,
    body: spendBody,
    example: { points: 50, reference: 'canje_1', note: 'Remera' },
    answers: { 200: pointsAnswer, 201: pointsAnswer },
    problems: [404, 409],
    async handle({ user: { tenantId }, params: { customer_id: customerId }, body: { points, reference, note } }) {
      const asked = { tenantId, customerId, points: -points, kind: 'spent' as const, reference, note: note ?? undefined };
      const fresh = await changePoints(deps, asked);
      const body = await shown(deps, tenantId, customerId);
      return fresh ? created(body) : ok(body);
    },
  });

const adjust = (deps: CustomersDeps): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/v1/customers/:customer_id/points/adjustments',
    tag,
    summary: 'Dar o quitar puntos a mano',
    description: `Los que se dan vencen como los de una compra de hoy y no cuentan para el nivel. ${AGAIN}`,
    access: deps.admins,
    params: customerPath,
    body: adjustBody,
    example: { points: 100, reference: 'reclamo_7', reason: 'Pedido demorado' },
    answers: { 200: pointsAnswer, 201: pointsAnswer },
    problems: [404, 409],
    async handle({ user: { tenantId }, params: { customer_id: customerId }, body: { points, reference, reason } }) {
      const fresh = await changePoints(deps, { tenantId, customerId, points, kind: 'adjusted', reference, note: reason });
      const body = await shown(deps, tenantId, customerId);
      return fresh ? created(body) : ok(body);
    },
  });

const calendar = ({ database, users, clock }: CustomersDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/customers/:customer_id/points/expiry',
    tag,
    summary: 'Qué puntos vencen qué día',
    access: users,
    params: customerPath,
    answers: { 200: calendarAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params: { customer_id: customerId } }) {
      const lots = await database.transaction({ tenantId }, async (trx) => {
        await requireCustomer(trx, tenantId, customerId);
        return listExpiring(trx, tenantId, customerId, clock());
      });
      const days = calendarOf(lots).map(({ day, points, lots: ofDay }) => ({
        expires_on: day,
        points,
        lots: ofDay.map(({ expiresAt, ...lot }) => ({ ...lot, expires_at: expiresAt })),
      }));
      return ok({ days });
    },
  });

const movements = ({ database, users }: CustomersDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/customers/:customer_id/points/movements',
    tag,
    summary: 'Los movimientos de puntos, del más nuevo al más viejo',
    access: users,
    params: customerPath,
    query: movementsQuery,
    answers: { 200: pointMovementsAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params: { customer_id: customerId }, query: { before, limit } }) {
      const found = await database.transaction({ tenantId }, async (trx) => {
        await requireCustomer(trx, tenantId, customerId);
        return listPointMovements(trx, tenantId, customerId, { before, limit: limit + 1 });
      });
      const { page, next_before } = pageOf(found, limit);
      const shownPage = page.map(({ pointsAfter, debtAfter, recordedAt, ...movement }) => ({
        ...movement, points_after: pointsAfter, debt_after: debtAfter, recorded_at: recordedAt,
      }));
      return ok({ movements: shownPage, next_before });
    },
  });

const shown = ({ database, clock }: CustomersDeps, tenantId: number, customerId: string) =>
  database.transaction({ tenantId }, async (trx) => {
    const { settings } = await findSettings(trx, tenantId);
    return shownPoints(await findPoints(trx, tenantId, customerId, clock()), settings);
  });
