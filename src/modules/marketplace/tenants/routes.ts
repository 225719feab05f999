import { forbidden, notFound } from '../../../kernel/errors.ts';
import { endpoint, ok, type Access, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import type { ModuleDeps } from '../../module.ts';
import { access, closeAccounts } from '../access.ts';
import { change } from './change.ts';
import { findTenant, tenantExists } from './read-model.ts';
import { register } from './registration.ts';
import { lockTenant, markTenantDeleted } from './repository.ts';
import {
  changedTenantAnswer,
  deletedTenantAnswer,
  newTenantBody,
  tenantAnswer,
  tenantChangesBody,
  tenantParams,
  tenantsAnswer,
  tenantsQuery,
} from './schemas.ts';
import { tenantEliminado } from './topics.ts';

/** Registration (2.2) and section 3 of the REST contract, but for the balance. */
export const tenantEndpoints = (deps: ModuleDeps): Endpoint[] => [
  register(deps),
  list(deps),
  create(deps),
  edit(deps),
  remove(deps),
];

const tag = 'Negocios';

/** In the shape of a list, though there is one. */
const list = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/tenants',
    tag,
    summary: 'El propio negocio',
    access: access(deps).admin,
    query: tenantsQuery,
    answers: { 200: tenantsAnswer },
    async handle({ user: { tenantId }, query: { page: currentPage = 1 } }) {
      const tenant = await deps.database.transaction({ tenantId }, (trx) => findTenant(trx, tenantId));
      const data = currentPage === 1 && tenant !== undefined ? [tenant] : [];
      return ok({ data, pagination: { totalItems: 1, totalPages: 1, currentPage } });
    },
  });

const NOBODY = 'Solo un superadministrador puede crear negocios así, y nadie tiene ese rol: usá el registro.';

/** Documented for super admins, a role that no token carries: everyone who is signed in is refused. */
function create(deps: ModuleDeps): Endpoint {
  const { user } = access(deps);
  const superAdmin: Access<never> = {
    note: 'superadministradores, un rol que hoy no tiene nadie',
    caller: async (token) => {
      await user.caller(token);
      throw forbidden(NOBODY);
    },
  };
  return endpoint({
    method: 'post',
    path: '/api/tenants',
    tag,
    summary: 'Crear un negocio sin usuario',
    description: 'Responde siempre 403: para registrar un negocio está `POST /api/auth/register-tenant`.',
    access: superAdmin,
    body: newTenantBody,
    answers: { 201: tenantAnswer },
    handle: async () => {
      throw forbidden(NOBODY);
    },
  });
}

const edit = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'patch',
    path: '/api/tenants/:tenantId',
    tag,
    summary: 'Cambiar datos del propio negocio',
    description:
      'Una dirección que cambia se vuelve a ubicar. `email` es el contacto del negocio; ' +
      'el administrador sigue entrando con el suyo.',
    access: access(deps).admin,
    params: tenantParams,
    body: tenantChangesBody,
    answers: { 200: changedTenantAnswer },
    problems: [404, 409],
    async handle({ user: { tenantId }, params, body }) {
      await refuseOthers(deps, tenantId, params.tenantId);
      return ok(await change(deps, tenantId, body));
    },
  });

/** Soft: what it sold stays in the reports. Nobody of it can sign in, and its people's addresses are free again. */
const remove = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'delete',
    path: '/api/tenants/:tenantId',
    tag,
    summary: 'Dar de baja el propio negocio',
    description: 'Desde entonces no vende y nadie suyo inicia sesión; su historia queda en los reportes.',
    access: access(deps).admin,
    params: tenantParams,
    answers: { 200: deletedTenantAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params }) {
      await refuseOthers(deps, tenantId, params.tenantId);
      await deps.commands.run({ tenantId }, async (work) => {
        const tenant = await lockTenant(work.trx, tenantId);
        if (tenant === undefined) throw notFound('El negocio no existe.');
        await markTenantDeleted(work.trx, tenantId, work.now);
        await closeAccounts(work.trx, tenantId, work.now);
        const { nombre } = tenant;
        work.publish(tenantEliminado, { tenant_id: tenantId, nombre, timestamp: work.now.toISOString() });
      });
      return ok({ success: true as const, message: 'El negocio se dio de baja.', tenant_id: tenantId });
    },
  });

/** @throws AppError 403 for another's tenant, 404 for one that does not exist. */
async function refuseOthers({ database }: ModuleDeps, own: number, asked: number): Promise<void> {
  if (asked === own) return;
  const exists = await database.transaction('system', (trx) => tenantExists(trx, asked));
  throw exists ? forbidden('No tenés acceso a este negocio.') : notFound('El negocio no existe.');
}
