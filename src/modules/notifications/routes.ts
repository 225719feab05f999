import type { Commands } from '../../events/commands.ts';
import type { Database } from '../../kernel/database.ts';
import { together } from '../../kernel/database.ts';
import { notFound } from '../../kernel/errors.ts';
import { endpoint, ok, type Access, type Endpoint } from '../../kernel/rest/endpoint.ts';
import { findTenant } from '../marketplace/tenants/read-model.ts';
import { findNotification, listNotifications, type NotificationView } from './read-model.ts';
import { retry } from './retry.ts';
import { notificationAnswer, notificationParams, notificationsAnswer, notificationsQuery } from './schemas.ts';
import { render, type Rendered } from './templates.ts';

/** Who asks over REST: any user of a tenant. */
export interface Caller {
  tenantId: number;
}

export interface RouteDeps {
  database: Database;
  commands: Commands;
  users: Access<Caller>;
}

const PAGE = 50;
const tag = 'Notificaciones';

export const notificationEndpoints = (deps: RouteDeps): Endpoint[] => [list(deps), show(deps), again(deps)];

const list = ({ database, users }: RouteDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/notifications',
    tag,
    summary: 'Lo que se les avisa a los clientes',
    description:
      'De lo más nuevo a lo más viejo, con cada envío: por correo, y al teléfono de quien tenga la app. ' +
      '`state` deja solo los que tienen algún envío así.',
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

const show = (deps: RouteDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/notifications/:notification_id',
    tag,
    summary: 'Un aviso, con su texto',
    access: deps.users,
    params: notificationParams,
    answers: { 200: notificationAnswer },
    problems: [404],
    handle: async ({ user: { tenantId }, params: { notification_id } }) => ok(await shown(deps, tenantId, notification_id)),
  });

const again = (deps: RouteDeps): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/v1/notifications/:notification_id/retry',
    tag,
    summary: 'Volver a enviar lo que no llegó',
    description: 'Los envíos `failed` y `undeliverable`, a donde el cliente se encuentra ahora.',
    access: deps.users,
    params: notificationParams,
    answers: { 200: notificationAnswer },
    problems: [404, 409],
    async handle({ user: { tenantId }, params: { notification_id } }) {
      await retry(deps.commands, tenantId, await shown(deps, tenantId, notification_id));
      return ok(await shown(deps, tenantId, notification_id));
    },
  });

/** @throws AppError 404 unknown or another tenant's. */
async function shown(
  { database }: RouteDeps, tenantId: number, id: number,
): Promise<NotificationView & { rendered: Omit<Rendered, 'summary'> }> {
  const [notice, tenant] = await database.transaction({ tenantId }, (trx) =>
    together([findNotification(trx, tenantId, id), findTenant(trx, tenantId)]),
  );
  if (notice === undefined || tenant === undefined) throw notFound('El aviso no existe.');
  const { subject, text, html } = render(notice, tenant.nombre);
  return { ...notice, rendered: { subject, text, html } };
}
