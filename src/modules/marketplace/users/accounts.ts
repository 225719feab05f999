import { unauthorized } from '../../../kernel/errors.ts';
import { createPasswordCheck, hashPassword, type PasswordCheck } from './passwords.ts';
import { findLogin } from './read-model.ts';
import { insertUser } from './repository.ts';
import { createSessions, type Session, type SessionDeps, type Sessions } from './sessions.ts';
import type { Tokens } from './tokens.ts';

export type { Session } from './sessions.ts';

/**
 * What others may do to users: registering a tenant makes its first admin and signs it in; the panel signs people in
 * and holds their sessions by the refresh token.
 */
export interface Accounts extends Sessions {
  /** Takes milliseconds: before the transaction, not in it. */
  hashPassword: typeof hashPassword;
  create: typeof insertUser;
  /**
   * Neither the answer nor its time tells whether the address has an account.
   * @param address where it comes from (`addressKey`).
   * @throws AppError 401 for a wrong account or password, 403 when the tenant is suspended, 429 after too many of them.
   */
  logIn(email: string, password: string, address: string): Promise<Session>;
}

export function createAccounts(deps: SessionDeps, passwordMatches: PasswordCheck = createPasswordCheck()): Accounts {
  const { database, limits } = deps;
  const sessions = createSessions(deps);
  return {
    ...sessions,
    hashPassword,
    create: insertUser,
    async logIn(email, password, address) {
      // Counted before the password is looked at, or a thousand guesses at once would all find the count at nothing.
      await limits.failedLogIns.take(email, address);
      const found = await database.transaction({ tenantId: 0 }, (trx) => findLogin(trx, email));
      const matches = await passwordMatches(found?.passwordHash, password);
      if (found === undefined || !matches) throw unauthorized('El correo o la contraseña no son correctos.');
      await limits.failedLogIns.giveBack(email, address);
      const { tenantId, usuarioId } = found;
      return database.transaction({ tenantId }, (trx) => sessions.signIn(trx, tenantId, usuarioId));
    },
  };
}

/** Tokens as the client wants them: login and registration are read nested, refresh at the top level. */
export const withTokens = (tokens: Tokens) => ({ tokens, ...tokens });
