import type { Sql } from '../../../kernel/database.ts';
import { badRequest } from '../../../kernel/errors.ts';
import { created, endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import { findCredit, shownCredit } from '../credit/read-model.ts';
import { findPoints, shownPoints } from '../loyalty/read-model.ts';
import { customerPath, tag, type CustomersDeps } from '../ports.ts';
import { findStatistics, shownSegment } from '../purchases/read-model.ts';
import { findSettings, type Tier } from '../settings/read-model.ts';
import { listCustomers, type CustomerFilter } from './list.ts';
import { findContacts, isCustomer, unknownCustomer } from './read-model.ts';
import { writeContact } from './repository.ts';
import { customerAnswer, customersAnswer, customersQuery, profileBody, shownListed, shownStatistics } from './schemas.ts';

export const profileEndpoints = (deps: CustomersDeps): Endpoint[] => [list(deps), show(deps), put(deps)];

const list = ({ database, users }: CustomersDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/customers',
    tag,
    summary: 'Clientes, por su identificador',
    access: users,
    query: customersQuery,
    answers: { 200: customersAnswer },
    async handle({ user: { tenantId }, query: { segment, tier, after, limit } }) {
      const customers = await database.transaction({ tenantId }, async (trx) => {
        const { settings } = await findSettings(trx, tenantId);
        const filter: CustomerFilter = { segment, tier: tier === undefined ? undefined : within(settings.tiers, tier), after, limit: limit + 1 };
        return (await listCustomers(trx, tenantId, filter)).map((one) => shownListed(one, settings));
      });
      const page = customers.slice(0, limit);
      return ok({ customers: page, next: customers.length > limit ? (page.at(-1)?.customer_id ?? null) : null });
    },
  });

/** @throws AppError 400 for a tier that the tenant does not have. */
function within(tiers: readonly Tier[], name: string): { from: Tier; below?: Tier } {
  const index = tiers.findIndex((tier) => tier.name === name);
  const from = tiers[index];
  if (from === undefined) throw badRequest(`tier: los niveles son ${tiers.map((tier) => tier.name).join(', ')}.`);
  return { from, below: tiers[index + 1] };
}

const show = (deps: CustomersDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/customers/:customer_id',
    tag,
    summary: 'Un cliente: cómo se lo ubica, qué compró, sus puntos, su segmento y su crédito',
    access: deps.users,
    params: customerPath,
    answers: { 200: customerAnswer },
    problems: [404],
    handle: async ({ user: { tenantId }, params: { customer_id } }) =>
      ok(await deps.database.transaction({ tenantId }, (trx) => shown(trx, tenantId, customer_id, deps.clock()))),
  });

const put = (deps: CustomersDeps): Endpoint =>
  endpoint({
    method: 'put',
    path: '/api/v1/customers/:customer_id',
    tag,
    summary: 'Anotar un cliente, o cambiar cómo se lo ubica',
    description: 'Lo que falte queda vacío. El identificador es el que usan los otros servicios; `settings` no puede ser uno.',
    access: deps.users,
    params: customerPath,
    body: profileBody,
    example: { name: 'Juana Pérez', email: 'juana@ejemplo.com', phone: '1155550000', device_token: null },
    answers: { 200: customerAnswer, 201: customerAnswer },
    async handle({ user: { tenantId }, params: { customer_id: customerId }, body }) {
      const { known, customer } = await deps.commands.run({ tenantId }, async (work) => {
        const known = await isCustomer(work.trx, tenantId, customerId);
        await deps.lockCustomer(work, tenantId, customerId, { make: true });
        const { name = null, email = null, phone = null, device_token: deviceToken = null } = body;
        await writeContact(work.trx, tenantId, { customerId, name, email, phone, deviceToken }, work.now);
        return { known, customer: await shown(work.trx, tenantId, customerId, work.now) };
      });
      return known ? ok(customer) : created(customer);
    },
  });

/** @throws AppError 404 unknown, or another tenant's, which row-level security hides. */
async function shown(trx: Sql, tenantId: number, customerId: string, now: Date) {
  const contact = (await findContacts(trx, tenantId, [customerId])).get(customerId);
  if (contact === undefined) throw unknownCustomer();
  const { settings } = await findSettings(trx, tenantId);
  const statistics = await findStatistics(trx, tenantId, customerId);
  return {
    customer_id: customerId,
    name: contact.name,
    email: contact.email,
    phone: contact.phone,
    device_token: contact.deviceToken,
    statistics: shownStatistics(statistics),
    points: shownPoints(await findPoints(trx, tenantId, customerId, now), settings),
    segment: shownSegment(statistics),
    credit: shownCredit(await findCredit(trx, tenantId, customerId)),
  };
}
