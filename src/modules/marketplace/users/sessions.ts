import { randomUUID } from 'node:crypto';
import type { Sql } from '../../../kernel/database.ts';
import { unauthorized } from '../../../kernel/errors.ts';
import type { ModuleDeps } from '../../module.ts';
import { sellerNames } from '../sellers/read-model.ts';
import { findAccount, findPlaceInLine, findRefreshToken, type Account } from './read-model.ts';
import { endRefreshToken, endSession, insertRefreshToken, lockSession } from './repository.ts';
import { claimsOf, expiryOf, graceEnd, isLive, judgeRefresh, refuseSuspended, sessionOver } from './rules.ts';
import { createAccessTokens, createRefreshTokens, hashRefreshToken, type Tokens } from './tokens.ts';

export interface Session {
  account: Account;
  tokens: Tokens;
}

/** A session is what follows from one log-in: a line of refresh tokens, and the access tokens that name it. */
export interface Sessions {
  /** Begins one. @throws AppError 401 when the user or its tenant is gone, 403 when the tenant is suspended. */
  signIn(trx: Sql, tenantId: number, usuarioId: number): Promise<Session>;
  /** Fresh tokens for a refresh token; one used before ends its session. @throws AppError 401, 403 as `signIn`. */
  refresh(refreshToken: string): Promise<Session>;
  /** Whose refresh token it is, as the account is now. @throws AppError 401 when it is over, 403 as `signIn`. */
  resume(refreshToken: string): Promise<Account>;
  /** Ends the session of this refresh token at once, used and expired ones too; nothing when there is none. */
  logOut(refreshToken: string): Promise<void>;
  /** The same for the session that an access token names; one that is not valid names none. */
  logOutByAccessToken(accessToken: string): Promise<void>;
}

export type SessionDeps = Pick<ModuleDeps, 'config' | 'clock' | 'database' | 'limits'>;

export function createSessions({ config, clock, database, limits }: SessionDeps): Sessions {
  const accessTokens = createAccessTokens(config, clock);
  const refreshTokenOf = createRefreshTokens(config);
  const find = (refreshToken: string) =>
    database.transaction({ tenantId: 0 }, (trx) => findRefreshToken(trx, hashRefreshToken(refreshToken)));
  const end = (tenantId: number, sesionId: string) =>
    database.transaction({ tenantId }, (trx) => endSession(trx, tenantId, sesionId, clock()));

  const sessionOf = async (trx: Sql, account: Account, sesionId: string, refreshToken: string): Promise<Session> => {
    const sellers = await sellerNames(trx, account.tenantId, account.rol === 'admin' ? null : account.comercios);
    const accessToken = await accessTokens.sign({ ...claimsOf(account, sellers), sid: sesionId });
    return { account, tokens: { accessToken, refreshToken } };
  };

  const giveToken = async (trx: Sql, account: Account, sesionId: string, numero: number, sesionDesde: Date) => {
    const { tenantId, usuarioId } = account;
    const token = refreshTokenOf(sesionId, numero);
    const creadoEn = clock();
    const times = { sesionDesde, creadoEn, expiraEn: expiryOf(creadoEn, sesionDesde) };
    await insertRefreshToken(trx, { hash: hashRefreshToken(token), tenantId, usuarioId, sesionId, numero, ...times });
    return sessionOf(trx, account, sesionId, token);
  };

  return {
    async signIn(trx, tenantId, usuarioId) {
      return giveToken(trx, await activeAccount(trx, tenantId, usuarioId), randomUUID(), 0, clock());
    },

    async refresh(refreshToken) {
      const found = await find(refreshToken);
      if (found === undefined) throw sessionOver();
      const { tenantId, usuarioId, sesionId } = found;
      const hash = hashRefreshToken(refreshToken);
      const session = await database.transaction({ tenantId }, async (trx) => {
        await lockSession(trx, sesionId);
        const now = clock();
        const place = await findPlaceInLine(trx, tenantId, hash);
        const verdict = place === undefined ? 'expired' : judgeRefresh(place, now);
        if (verdict === 'stolen') await endSession(trx, tenantId, sesionId, now);
        // Returned and not thrown: what was ended stays so.
        if (place === undefined || verdict === 'expired' || verdict === 'stolen') return undefined;
        const account = await activeAccount(trx, tenantId, usuarioId);
        const { newest, sesionDesde } = place;
        if (verdict === 'newest') return sessionOf(trx, account, sesionId, refreshTokenOf(sesionId, newest.numero));
        await endRefreshToken(trx, tenantId, hash, graceEnd(now));
        return giveToken(trx, account, sesionId, newest.numero + 1, sesionDesde);
      });
      if (session === undefined) throw sessionOver();
      return session;
    },

    async resume(refreshToken) {
      const found = await find(refreshToken);
      if (found === undefined || !isLive(found, clock())) throw sessionOver();
      const { tenantId, usuarioId } = found;
      limits.tenant(tenantId);
      return database.transaction({ tenantId }, (trx) => activeAccount(trx, tenantId, usuarioId));
    },

    async logOut(refreshToken) {
      const found = await find(refreshToken);
      if (found !== undefined) await end(found.tenantId, found.sesionId);
    },

    async logOutByAccessToken(accessToken) {
      const named = await accessTokens.verify(accessToken).catch(() => undefined);
      if (named?.sesionId !== undefined) await end(named.tenantId, named.sesionId);
    },
  };
}

async function activeAccount(trx: Sql, tenantId: number, usuarioId: number): Promise<Account> {
  const account = await findAccount(trx, tenantId, usuarioId);
  if (account === undefined) throw unauthorized('La cuenta ya no existe.');
  refuseSuspended(account);
  return account;
}
