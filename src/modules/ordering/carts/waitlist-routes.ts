import { notFound } from '../../../kernel/errors.ts';
import { created, endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import type { OrderingDeps } from '../ports.ts';
import { newWaitBody, waitAnswer, waitlistAnswer, waitlistQuery, waitPath } from './schemas.ts';
import { deleteWait, listWaits, putOnWaitlist } from './waitlist-repository.ts';

const tag = 'Lista de espera';
const PAGE = 50;

export const waitlistEndpoints = (deps: OrderingDeps): Endpoint[] => [enter(deps), list(deps), leave(deps)];

const enter = ({ commands, users }: OrderingDeps): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/v1/waitlist',
    tag,
    summary: 'Esperar a que vuelva a haber',
    description: 'Se avisa una vez. Quien ya espera lo mismo recibe su anotación, con 200.',
    access: users,
    body: newWaitBody,
    example: { customer_id: 'cus_1', variant_id: 'var_789', warehouse_id: 'wh_101' },
    answers: { 200: waitAnswer, 201: waitAnswer },
    async handle({ user: { tenantId }, body }) {
      const { entry, added } = await commands.run({ tenantId }, ({ trx, now }) =>
        putOnWaitlist(trx, tenantId, body, now),
      );
      return added ? created(entry) : ok(entry);
    },
  });

const list = ({ database, users }: OrderingDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/waitlist',
    tag,
    summary: 'Quiénes esperan',
    description: 'De lo más nuevo a lo más viejo; también a quienes ya se les avisó, con la fecha en `notified_at`.',
    access: users,
    query: waitlistQuery,
    answers: { 200: waitlistAnswer },
    async handle({ user: { tenantId }, query: { limit = PAGE, ...filter } }) {
      // One more than is shown tells whether there is a next page.
      const found = await database.transaction({ tenantId }, (trx) =>
        listWaits(trx, tenantId, { ...filter, limit: limit + 1 }),
      );
      const waitlist = found.slice(0, limit);
      const next_before = found.length > limit ? (waitlist.at(-1)?.waitlist_id ?? null) : null;
      return ok({ waitlist, next_before });
    },
  });

const leave = ({ commands, users }: OrderingDeps): Endpoint =>
  endpoint({
    method: 'delete',
    path: '/api/v1/waitlist/:waitlist_id',
    tag,
    summary: 'Dejar de esperar',
    access: users,
    params: waitPath,
    answers: { 200: waitAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params: { waitlist_id } }) {
      const entry = await commands.run({ tenantId }, ({ trx }) => deleteWait(trx, tenantId, waitlist_id));
      if (entry === undefined) throw notFound('La anotación no existe.');
      return ok(entry);
    },
  });
