import type { Request, RequestHandler } from 'express';
import { forbidden, notFound, unauthorized } from '../../kernel/errors.ts';
import { authenticate, userOf } from '../../kernel/rest/auth.ts';
import type { ModuleDeps } from '../module.ts';
import { findSellerRef, sellerExists, type SellerRef } from './sellers/read-model.ts';
import { findAccount, type Account } from './users/read-model.ts';
import { refuseSuspended } from './users/rules.ts';
import { createAccessTokens, type Identity } from './users/tokens.ts';

export { parseId } from '../../kernel/rest/parse-id.ts';
export type { SellerRef } from './sellers/read-model.ts';
export { createAccounts, type Accounts } from './users/accounts.ts';

/** Who asks. Role and sellers are those of this moment, not those of the token. */
export type AuthUser = Pick<Account, 'usuarioId' | 'tenantId' | 'rol' | 'nombre' | 'email' | 'comercios'>;

/** The caller, on a route behind `guard.user` or `guard.admin`. */
export const currentUser = (req: Request): AuthUser => userOf<AuthUser>(req);

/** Whom the token names, on a route behind `guard.token`. */
export const currentIdentity = (req: Request): Identity => userOf<Identity>(req);

export interface Guard {
  /** A valid token, no more; for the one answer that differs when the user is gone. */
  token: RequestHandler;
  /** 401 without a valid token of a user who still exists, 403 when its tenant is suspended. */
  user: RequestHandler;
  /** As `user`, and 403 for whoever is not an admin. */
  admin: RequestHandler;
  /** The seller, if the caller may work with it. @throws AppError 404 unknown, 403 another tenant's or not assigned. */
  seller(user: AuthUser, comercioId: number): Promise<SellerRef>;
}

type Deps = Pick<ModuleDeps, 'config' | 'clock' | 'database'>;

/** Who may do what, for the routes of all marketplace modules. */
export function access(deps: Deps): Guard {
  const tokens = createAccessTokens(deps.config, deps.clock);
  const signedIn = async (token: string) => accountOf(deps, await tokens.verify(token));
  return {
    token: authenticate((token) => tokens.verify(token)),
    user: authenticate(signedIn),
    admin: authenticate(async (token) => {
      const account = await signedIn(token);
      if (account.rol !== 'admin') throw forbidden('Esta acción es solo para administradores.');
      return account;
    }),
    seller: (user, comercioId) => accessibleSeller(deps, user, comercioId),
  };
}

async function accountOf({ database }: Deps, { tenantId, usuarioId }: Identity): Promise<Account> {
  const account = await database.transaction({ tenantId }, (trx) => findAccount(trx, tenantId, usuarioId));
  if (account === undefined) throw unauthorized('La cuenta ya no existe.');
  refuseSuspended(account);
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
