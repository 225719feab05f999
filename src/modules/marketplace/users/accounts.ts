import type { Sql } from '../../../kernel/database.ts';
import { unauthorized } from '../../../kernel/errors.ts';
import type { ModuleDeps } from '../../module.ts';
import { sellerNames } from '../sellers/read-model.ts';
import { hashPassword } from './passwords.ts';
import { findAccount, type Account } from './read-model.ts';
import { insertRefreshToken, insertUser } from './repository.ts';
import { claimsOf, refuseSuspended } from './rules.ts';
import { createAccessTokens, newRefreshToken, type Tokens } from './tokens.ts';

const REFRESH_MS = 7 * 86_400_000;

export interface Session {
  account: Account;
  tokens: Tokens;
}

/** What other modules of this context may do to users: registering a tenant makes its first admin and signs it in. */
export interface Accounts {
  /** Takes milliseconds: before the transaction, not in it. */
  hashPassword: typeof hashPassword;
  create: typeof insertUser;
  /** @throws AppError 401 when the user or its tenant is gone, 403 when the tenant is suspended. */
  signIn(trx: Sql, tenantId: number, usuarioId: number): Promise<Session>;
}

export function createAccounts({ config, clock }: Pick<ModuleDeps, 'config' | 'clock'>): Accounts {
  const accessTokens = createAccessTokens(config, clock);
  return {
    hashPassword,
    create: insertUser,
    async signIn(trx, tenantId, usuarioId) {
      const account = await findAccount(trx, tenantId, usuarioId);
      if (account === undefined) throw unauthorized('La cuenta ya no existe.');
      refuseSuspended(account);
      const { token: refreshToken, hash } = newRefreshToken();
      const now = clock();
      await insertRefreshToken(trx, {
        hash,
        tenantId,
        usuarioId,
        createdAt: now,
        expiresAt: new Date(now.getTime() + REFRESH_MS),
      });
      const sellers = await sellerNames(trx, tenantId, account.rol === 'admin' ? null : account.comercios);
      return { account, tokens: { accessToken: await accessTokens.sign(claimsOf(account, sellers)), refreshToken } };
    },
  };
}

/** Tokens as the client wants them: login and registration are read nested, refresh at the top level. */
export const withTokens = (tokens: Tokens) => ({ tokens, ...tokens });
