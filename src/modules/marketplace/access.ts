import { forbidden, notFound, unauthorized } from '../../kernel/errors.ts';
import type { Access } from '../../kernel/rest/endpoint.ts';
import type { ModuleDeps } from '../module.ts';
import { findSellerRef, sellerExists, type SellerRef } from './sellers/read-model.ts';
import { findCaller, type Account } from './users/read-model.ts';
import { refuseEnded } from './users/rules.ts';
import { createAccessTokens, type Identity } from './users/tokens.ts';

export type { SellerRef } from './sellers/read-model.ts';
export { createAccounts, type Accounts } from './users/accounts.ts';
export { closeAccounts } from './users/repository.ts';

/** Who asks. Role and sellers are those of this moment, not those of the token. */
export type AuthUser = Pick<Account, 'usuarioId' | 'tenantId' | 'rol' | 'nombre' | 'email' | 'comercios'>;

export interface Guard {
  /** A valid token, no more; for the one answer that differs when the user is gone. */
  token: Access<Identity>;
  /** 401 without a valid token of a session and a user that still stand, 403 when the tenant is suspended, 429. */
  user: Access<AuthUser>;
  /** As `user`, and 403 for whoever is not an admin. */
  admin: Access<AuthUser>;
  /** The seller, if the caller may work with it. @throws AppError 404 unknown, 403 another tenant's or not assigned. */
  seller(user: AuthUser, comercioId: number): Promise<SellerRef>;
  /** An order of one's own tenant stays at hand after its seller was archived. @throws AppError 403 for an operator of others. */
  order(user: AuthUser, order: { comercio_id: number }): void;
}

type Deps = Pick<ModuleDeps, 'config' | 'clock' | 'database' | 'limits'>;

/** Who may do what, for the routes of all marketplace modules. */
export function access(deps: Deps): Guard {
  const tokens = createAccessTokens(deps.config, deps.clock);
  const signedIn = async (token: string) => accountOf(deps, await tokens.verify(token));
  return {
    token: { note: 'quien tenga un token', caller: (token) => tokens.verify(token) },
    user: { note: 'cualquier usuario del negocio', caller: signedIn },
    admin: {
      note: 'administradores',
      caller: async (token) => {
        const account = await signedIn(token);
        if (account.rol !== 'admin') throw forbidden('Esta acción es solo para administradores.');
        return account;
      },
    },
    seller: (user, comercioId) => accessibleSeller(deps, user, comercioId),
    order: (user, { comercio_id }) => {
      if (user.rol !== 'admin' && !user.comercios.includes(comercio_id)) throw forbidden('No tenés acceso a esta orden.');
    },
  };
}

async function accountOf({ database, clock, limits }: Deps, identity: Identity): Promise<Account> {
  const { tenantId } = identity;
  const account = await database.transaction({ tenantId }, (trx) => findCaller(trx, identity, clock()));
  if (account === undefined) throw unauthorized('La cuenta ya no existe.');
  refuseEnded(account);
  limits.tenant(tenantId); // only now: whoever was shut out must not use up what the others may still ask
  return account;
}

async function accessibleSeller({ database }: Deps, user: AuthUser, comercioId: number): Promise<SellerRef> {
  const { tenantId } = user;
  const seller = await database.transaction({ tenantId }, (trx) => findSellerRef(trx, tenantId, comercioId));
  if (seller !== undefined && (user.rol === 'admin' || user.comercios.includes(comercioId))) return seller;
  // Row-level security shows another tenant's seller as missing; only the service itself can tell the two apart.
  const exists = seller !== undefined || (await database.transaction('system', (trx) => sellerExists(trx, comercioId)));
  throw exists ? forbidden('No tenés acceso a este comercio.') : notFound('El comercio no existe.');
}
