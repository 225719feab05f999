import { badRequest, notFound } from '../../../kernel/errors.ts';
import { bearerOf } from '../../../kernel/rest/auth.ts';
import { created, endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import { addressKey, limited } from '../../../kernel/rest/limits.ts';
import type { ModuleDeps } from '../../module.ts';
import { access } from '../access.ts';
import { listSellers, sellerNames } from '../sellers/read-model.ts';
import { createAccounts, withTokens, type Accounts } from './accounts.ts';
import { findCaller } from './read-model.ts';
import { assignSellers } from './repository.ts';
import { refuseEnded } from './rules.ts';
import {
  loginAnswer,
  loginBody,
  logoutAnswer,
  logoutBody,
  newUserAnswer,
  newUserBody,
  profileAnswer,
  refreshAnswer,
  refreshBody,
} from './schemas.ts';

/** Section 2 of the REST contract, but for the registration of a tenant. */
export const userEndpoints = (deps: ModuleDeps): Endpoint[] => {
  const accounts = createAccounts(deps);
  return [
    login(deps, accounts),
    refresh(deps, accounts),
    logout(accounts),
    registerInternal(deps, accounts),
    profile(deps),
  ];
};

const tag = 'Sesiones y usuarios';

const login = ({ limits }: ModuleDeps, accounts: Accounts): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/auth/login',
    tag,
    summary: 'Iniciar sesión',
    before: [limited(limits.logIn)],
    body: loginBody,
    example: { email: 'ana@ejemplo.com', password: 'secreto1' },
    answers: { 200: loginAnswer },
    problems: [401, 403],
    async handle({ body: { email, password }, req }) {
      const { account, tokens } = await accounts.logIn(email, password, addressKey(req.ip ?? ''));
      const { usuarioId, tenantId, nombre, rol } = account;
      return ok({
        success: true as const,
        message: 'Sesión iniciada.',
        user: { usuario_id: usuarioId, nombre, email: account.email, rol, tenant_id: tenantId },
        tenant_id: tenantId,
        ...withTokens(tokens),
      });
    },
  });

const refresh = ({ limits }: ModuleDeps, accounts: Accounts): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/auth/refresh',
    tag,
    summary: 'Renovar la sesión',
    description:
      'Cada `refreshToken` se usa una vez; durante un minuto más devuelve lo mismo a quien lo repita. ' +
      'Después, repetirlo termina la sesión.',
    before: [limited(limits.refresh)],
    body: refreshBody,
    answers: { 200: refreshAnswer },
    problems: [401, 403],
    async handle({ body }) {
      const { tokens } = await accounts.refresh(body.refreshToken);
      return ok({ success: true as const, message: 'Sesión renovada.', ...withTokens(tokens) });
    },
  });

/** Whoever signs out wants to be out: whatever the tokens are good for, the answer is the same. */
const logout = (accounts: Accounts): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/auth/logout',
    tag,
    summary: 'Cerrar la sesión',
    description: 'Termina la sesión del `refreshToken` y la del token de acceso, si viene uno. No dice si existían.',
    body: logoutBody,
    answers: { 200: logoutAnswer },
    async handle({ body, req }) {
      const accessToken = bearerOf(req);
      if (body?.refreshToken) await accounts.logOut(body.refreshToken);
      if (accessToken !== undefined) await accounts.logOutByAccessToken(accessToken);
      return ok({ success: true as const, message: 'Sesión cerrada.' });
    },
  });

/** No message here but that of a taken address may contain the word "email" (see `insertUser`). */
const registerInternal = (deps: ModuleDeps, accounts: Accounts): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/auth/register-internal',
    tag,
    summary: 'Crear un usuario del negocio',
    access: access(deps).admin,
    body: newUserBody,
    example: { nombre: 'Beto', email: 'beto@ejemplo.com', password: 'secreto2', rol: 'operador', comercios_ids: [1] },
    answers: { 201: newUserAnswer },
    problems: [409],
    async handle({ user: { tenantId }, body: { nombre, email, password, rol, comercios_ids } }) {
      const comercios = rol === 'admin' ? [] : [...new Set(comercios_ids)];
      const passwordHash = await accounts.hashPassword(password);
      const usuario_id = await deps.database.transaction({ tenantId }, async (trx) => {
        const known = await sellerNames(trx, tenantId, comercios);
        if (known.length < comercios.length) throw badRequest('Algún comercio de la lista no existe en tu negocio.');
        const usuarioId = await accounts.create(trx, { tenantId, nombre, email, passwordHash, rol });
        await assignSellers(trx, tenantId, usuarioId, comercios);
        return usuarioId;
      });
      return created({ success: true as const, message: 'Usuario creado.', usuario_id });
    },
  });

const profile = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/auth/profile',
    tag,
    summary: 'Quién soy',
    access: access(deps).token,
    answers: { 200: profileAnswer },
    problems: [404],
    async handle({ user }) {
      const { tenantId, usuarioId } = user;
      const data = await deps.database.transaction({ tenantId }, async (trx) => {
        const account = await findCaller(trx, user, deps.clock());
        if (account === undefined) throw notFound('El usuario ya no existe.');
        refuseEnded(account);
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
      return ok({ success: true as const, data });
    },
  });
