import type { RequestHandler, Router } from 'express';
import { badRequest, notFound, unauthorized } from '../../../kernel/errors.ts';
import { parseBody } from '../../../kernel/rest/validation.ts';
import type { ModuleDeps } from '../../module.ts';
import { access, currentIdentity, currentUser } from '../access.ts';
import { listSellers, sellerNames } from '../sellers/read-model.ts';
import { createAccounts, withTokens, type Accounts } from './accounts.ts';
import { createPasswordCheck } from './passwords.ts';
import { findAccount, findLogin, findRefreshSession } from './read-model.ts';
import { assignSellers, endRefreshToken } from './repository.ts';
import { refuseSuspended } from './rules.ts';
import { loginBody, newUserBody, refreshBody } from './schemas.ts';
import { hashRefreshToken } from './tokens.ts';

/** Tabs share one storage and may refresh at the same moment: the token they both hold lives that much longer. */
const REFRESH_GRACE_MS = 60_000;

/** Section 2 of the REST contract, but for the registration of a tenant. */
export const userRoutes =
  (deps: ModuleDeps) =>
  (router: Router): void => {
    const guard = access(deps);
    const accounts = createAccounts(deps);
    router.post('/auth/login', login(deps, accounts));
    router.post('/auth/refresh', refresh(deps, accounts));
    router.post('/auth/register-internal', guard.admin, registerInternal(deps, accounts));
    router.get('/auth/profile', guard.token, profile(deps));
  };

function login({ database }: ModuleDeps, accounts: Accounts): RequestHandler {
  const passwordMatches = createPasswordCheck();
  return async (req, res) => {
    const { email, password } = parseBody(loginBody, req);
    const found = await database.transaction({ tenantId: 0 }, (trx) => findLogin(trx, email));
    const matches = await passwordMatches(found?.passwordHash, password);
    if (found === undefined || !matches) throw unauthorized('El correo o la contraseña no son correctos.');
    const { tenantId, usuarioId } = found;
    const { account, tokens } = await database.transaction({ tenantId }, (trx) =>
      accounts.signIn(trx, tenantId, usuarioId),
    );
    const { nombre, rol } = account;
    res.json({
      success: true,
      message: 'Sesión iniciada.',
      user: { usuario_id: usuarioId, nombre, email: account.email, rol, tenant_id: tenantId },
      tenant_id: tenantId,
      ...withTokens(tokens),
    });
  };
}

const refresh =
  ({ database, clock }: ModuleDeps, accounts: Accounts): RequestHandler =>
  async (req, res) => {
    const hash = hashRefreshToken(parseBody(refreshBody, req).refreshToken);
    const now = clock();
    const found = await database.transaction({ tenantId: 0 }, (trx) => findRefreshSession(trx, hash, now));
    if (found === undefined) throw unauthorized('La sesión venció. Hay que iniciar sesión de nuevo.');
    const { tenantId, usuarioId } = found;
    const { tokens } = await database.transaction({ tenantId }, async (trx) => {
      await endRefreshToken(trx, tenantId, hash, new Date(now.getTime() + REFRESH_GRACE_MS));
      return accounts.signIn(trx, tenantId, usuarioId);
    });
    res.json({ success: true, message: 'Sesión renovada.', ...withTokens(tokens) });
  };

/** No message here but that of a taken address may contain the word "email" (see `insertUser`). */
const registerInternal =
  ({ database }: ModuleDeps, accounts: Accounts): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    const { nombre, email, password, rol, comercios_ids } = parseBody(newUserBody, req);
    const comercios = rol === 'admin' ? [] : [...new Set(comercios_ids)];
    const passwordHash = await accounts.hashPassword(password);
    const usuario_id = await database.transaction({ tenantId }, async (trx) => {
      const known = await sellerNames(trx, tenantId, comercios);
      if (known.length < comercios.length) throw badRequest('Algún comercio de la lista no existe en tu negocio.');
      const usuarioId = await accounts.create(trx, { tenantId, nombre, email, passwordHash, rol });
      await assignSellers(trx, tenantId, usuarioId, comercios);
      return usuarioId;
    });
    res.status(201).json({ success: true, message: 'Usuario creado.', usuario_id });
  };

const profile =
  ({ database }: ModuleDeps): RequestHandler =>
  async (req, res) => {
    const { tenantId, usuarioId } = currentIdentity(req);
    const data = await database.transaction({ tenantId }, async (trx) => {
      const account = await findAccount(trx, tenantId, usuarioId);
      if (account === undefined) throw notFound('El usuario ya no existe.');
      refuseSuspended(account);
      const sellers = await listSellers(trx, tenantId, { only: account.rol === 'admin' ? null : account.comercios });
      return {
        usuario_id: usuarioId,
        tenant_id: tenantId,
        nombre: account.nombre,
        email: account.email,
        rol: account.rol,
        tenant: { nombre: account.tenantNombre, razon_social: account.razonSocial, estado: account.tenantEstado },
        comercios: sellers.map(({ horarios: _horarios, tenant_id: _tenant, ...seller }) => seller),
      };
    });
    res.json({ success: true, data });
  };
