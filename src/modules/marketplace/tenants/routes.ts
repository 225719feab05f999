import type { RequestHandler, Router } from 'express';
import { forbidden, notFound } from '../../../kernel/errors.ts';
import { parseBody } from '../../../kernel/rest/validation.ts';
import type { ModuleDeps } from '../../module.ts';
import { access, createAccounts, currentUser, parseId } from '../access.ts';
import { findTenant, tenantExists } from './read-model.ts';
import { insertTenant, lockTenant, nextTenantId, updateTenant } from './repository.ts';
import { announcementOf, applyChanges, defaultOrganization } from './rules.ts';
import { registrationBody, tenantChangesBody } from './schemas.ts';
import { tenantCreado } from './topics.ts';

/** Registration (2.2) and section 3 of the REST contract, but for the balance. */
export const tenantRoutes =
  (deps: ModuleDeps) =>
  (router: Router): void => {
    const guard = access(deps);
    router.post('/auth/register-tenant', register(deps));
    router.get('/tenants', guard.admin, list(deps));
    router.patch('/tenants/:tenantId', guard.admin, change(deps));
  };

/** The tenant, its first admin, their session and the announcement: all of them or none. */
function register(deps: ModuleDeps): RequestHandler {
  const { config, database, commands } = deps;
  const accounts = createAccounts(deps);
  return async (req, res) => {
    const { nombre_usuario: nombre, password, organization_id, ...fields } = parseBody(registrationBody, req);
    const passwordHash = await accounts.hashPassword(password);
    const tenantId = await database.transaction({ tenantId: 0 }, nextTenantId);
    const { account, tokens } = await commands.run({ tenantId }, async (work) => {
      const fresh = {
        ...fields,
        tenant_id: tenantId,
        organization_id: organization_id ?? defaultOrganization(tenantId),
        sitio_web: fields.sitio_web ?? null,
        instagram: fields.instagram ?? null,
        preparacion: config.DEFAULT_PREPARATION,
      };
      const tenant = await insertTenant(work.trx, fresh, work.now);
      const usuarioId = await accounts.create(work.trx, {
        tenantId,
        nombre,
        email: tenant.email,
        passwordHash,
        rol: 'admin',
      });
      work.publish(tenantCreado, announcementOf(tenant, work.now));
      return accounts.signIn(work.trx, tenantId, usuarioId);
    });
    const user = { usuario_id: account.usuarioId, nombre: account.nombre, email: account.email, rol: account.rol };
    res
      .status(201)
      .json({ success: true, message: 'Negocio registrado.', user, tenant_id: tenantId, tokens, ...tokens });
  };
}

/** The caller's own tenant and no other, in the shape of a list; pages that make no sense are the first. */
const list =
  ({ database }: ModuleDeps): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    const { page } = req.query;
    const currentPage = typeof page === 'string' && /^[1-9]\d{0,8}$/.test(page) ? Number(page) : 1;
    const tenant = await database.transaction({ tenantId }, (trx) => findTenant(trx, tenantId));
    const data = currentPage === 1 && tenant !== undefined ? [tenant] : [];
    res.json({ data, pagination: { totalItems: 1, totalPages: 1, currentPage } });
  };

const change =
  ({ database, commands }: ModuleDeps): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    const asked = parseId(req.params['tenantId'], 'tenant_id');
    if (asked !== tenantId) {
      const exists = await database.transaction('system', (trx) => tenantExists(trx, asked));
      throw exists ? forbidden('No tenés acceso a este negocio.') : notFound('El negocio no existe.');
    }
    const changes = parseBody(tenantChangesBody, req);
    const tenant = await commands.run({ tenantId }, async (work) => {
      const current = await lockTenant(work.trx, tenantId);
      if (current === undefined) throw notFound('El negocio no existe.');
      return updateTenant(work.trx, applyChanges(current, changes), work.now);
    });
    res.json(tenant);
  };
