import { endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import { customerPath, movementsQuery, pageOf, tag, type CustomersDeps } from '../ports.ts';
import { requireCustomer } from '../profiles/read-model.ts';
import { findStatistics, listPurchaseMovements } from './read-model.ts';
import { purchasesAnswer, segmentAnswer, shownPurchase, shownSegment } from './schemas.ts';

export const purchaseEndpoints = (deps: CustomersDeps): Endpoint[] => [segment(deps), movements(deps)];

const segment = ({ database, users }: CustomersDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/customers/:customer_id/segment',
    tag,
    summary: 'Por qué un cliente es de su segmento',
    description: 'Con las cifras y los umbrales con los que se decidió.',
    access: users,
    params: customerPath,
    answers: { 200: segmentAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params: { customer_id: customerId } }) {
      const statistics = await database.transaction({ tenantId }, async (trx) => {
        await requireCustomer(trx, tenantId, customerId);
        return findStatistics(trx, tenantId, customerId);
      });
      return ok(shownSegment(statistics));
    },
  });

const movements = ({ database, users }: CustomersDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/customers/:customer_id/purchases',
    tag,
    summary: 'Las compras de un cliente y las que se cancelaron, de la más nueva a la más vieja',
    access: users,
    params: customerPath,
    query: movementsQuery,
    answers: { 200: purchasesAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params: { customer_id: customerId }, query: { before, limit } }) {
      const found = await database.transaction({ tenantId }, async (trx) => {
        await requireCustomer(trx, tenantId, customerId);
        return listPurchaseMovements(trx, tenantId, customerId, { before, limit: limit + 1 });
      });
      const { page, next_before } = pageOf(found, limit);
      return ok({ movements: page.map(shownPurchase), next_before });
    },
  });
