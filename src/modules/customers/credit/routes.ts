import { created, endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import { customerPath, movementsQuery, pageOf, tag, type CustomersDeps } from '../ports.ts';
import { requireCustomer } from '../profiles/read-model.ts';
import { changeLimit, moveCredit } from './commands.ts';
import { findCredit, listCreditMovements } from './read-model.ts';
import { adjustBody, creditAnswer, creditMovementsAnswer, limitBody, shownCredit, shownCreditMovement, useBody } from './schemas.ts';

export const creditEndpoints = (deps: CustomersDeps): Endpoint[] => [use(deps), adjust(deps), limit(deps), movements(deps)];

const AGAIN = 'Repetirlo con la misma `reference` no tiene otro efecto: con 200 viene la cuenta como está ahora.';

const use = (deps: CustomersDeps): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/v1/customers/:customer_id/credit/use',
    tag,
    summary: 'Usar crédito',
    description: `Primero se usa el saldo a favor. ${AGAIN}`,
    access: deps.users,
    params: customerPath,
    body: useBody,
    example: { amount: 1500.5, reference: 'venta_12', note: 'Cuenta corriente' },
    answers: { 200: creditAnswer, 201: creditAnswer },
    problems: [404, 409],
    async handle({ user: { tenantId }, params: { customer_id: customerId }, body: { amount: amountCents, reference, note } }) {
      const fresh = await moveCredit(deps, { tenantId, customerId, kind: 'used', amountCents, reference, note: note ?? undefined });
      const body = await shown(deps, tenantId, customerId);
      return fresh ? created(body) : ok(body);
    },
  });

const adjust = (deps: CustomersDeps): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/v1/customers/:customer_id/credit/adjustments',
    tag,
    summary: 'Devolver crédito a mano',
    description: `Como un pago: libera lo usado, y lo que sobra queda a favor del cliente. ${AGAIN}`,
    access: deps.admins,
    params: customerPath,
    body: adjustBody,
    example: { amount: 1500.5, reference: 'devolucion_12', reason: 'Venta anulada' },
    answers: { 200: creditAnswer, 201: creditAnswer },
    problems: [404, 409],
    async handle({ user: { tenantId }, params: { customer_id: customerId }, body: { amount: amountCents, reference, reason } }) {
      const fresh = await moveCredit(deps, { tenantId, customerId, kind: 'adjusted', amountCents, reference, note: reason });
      const body = await shown(deps, tenantId, customerId);
      return fresh ? created(body) : ok(body);
    },
  });

const limit = (deps: CustomersDeps): Endpoint =>
  endpoint({
    method: 'put',
    path: '/api/v1/customers/:customer_id/credit/limit',
    tag,
    summary: 'Fijar el límite de crédito de un cliente',
    description: 'Uno menor que lo usado no cobra nada: solo no deja usar más.',
    access: deps.admins,
    params: customerPath,
    body: limitBody,
    example: { limit: 50_000, reason: 'Cliente de confianza' },
    answers: { 200: creditAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params: { customer_id: customerId }, body }) {
      await changeLimit(deps, { tenantId, customerId }, body.limit, body.reason ?? undefined);
      return ok(await shown(deps, tenantId, customerId));
    },
  });

const movements = ({ database, users }: CustomersDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/customers/:customer_id/credit/movements',
    tag,
    summary: 'Los movimientos del crédito, del más nuevo al más viejo',
    access: users,
    params: customerPath,
    query: movementsQuery,
    answers: { 200: creditMovementsAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params: { customer_id: customerId }, query: { before, limit: size } }) {
      const found = await database.transaction({ tenantId }, async (trx) => {
        await requireCustomer(trx, tenantId, customerId);
        return listCreditMovements(trx, tenantId, customerId, { before, limit: size + 1 });
      });
      const { page, next_before } = pageOf(found, size);
      return ok({ movements: page.map(shownCreditMovement), next_before });
    },
  });

const shown = ({ database }: CustomersDeps, tenantId: number, customerId: string) =>
  database.transaction({ tenantId }, async (trx) => shownCredit(await findCredit(trx, tenantId, customerId)));
