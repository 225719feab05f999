import { endpoint, ok, type Endpoint } from '../../kernel/rest/endpoint.ts';
import type { OrderingDeps } from '../ordering/ports.ts';
import { listNotifications } from './read-model.ts';
import { notificationsAnswer, notificationsQuery } from './schemas.ts';

const PAGE = 50;

export const notificationEndpoints = (deps: Pick<OrderingDeps, 'database' | 'users'>): Endpoint[] => [list(deps)];

const list = ({ database, users }: Pick<OrderingDeps, 'database' | 'users'>): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/notifications',
    tag: 'Notificaciones',
    summary: 'Lo que hay que avisarles a los clientes',
    description: 'De lo más nuevo a lo más viejo. Todavía no se envían: quedan en `pending`.',
    access: users,
    query: notificationsQuery,
    answers: { 200: notificationsAnswer },
    async handle({ user: { tenantId }, query: { limit = PAGE, ...filter } }) {
      // One more than is shown tells whether there is a next page.
      const found = await database.transaction({ tenantId }, (trx) =>
        listNotifications(trx, tenantId, { ...filter, limit: limit + 1 }),
      );
      const notifications = found.slice(0, limit);
      const next_before = found.length > limit ? (notifications.at(-1)?.notification_id ?? null) : null;
      return ok({ notifications, next_before });
    },
  });
