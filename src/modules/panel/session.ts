import type { CookieOptions, Request, Response } from 'express';
import { AppError, unauthorized } from '../../kernel/errors.ts';
import type { PanelUser } from '../../kernel/panel.ts';
import { addressKey, type Limits } from '../../kernel/rest/limits.ts';
import { validate } from '../../kernel/rest/validation.ts';
import type { Accounts } from '../marketplace/access.ts';
import { credentials } from './schemas.ts';

/** As long as the refresh token in it (users/accounts.ts); after that one signs in again. */
const COOKIE_MS = 7 * 86_400_000;
const COOKIE = 'panel_sesion';
/** What a refresh token looks like; anything else is not worth a question to the database. */
const TOKEN = /^[\w-]{20,200}$/;

/** Sessions of the panel: a refresh token in a cookie that no script can read, looked up anew at each request. */
export interface Sessions {
  /** @throws AppError 401 without a session, 403 when the tenant is suspended. */
  user(req: Request): Promise<PanelUser>;
  /** @throws AppError 400 for an empty form, 401 for a wrong one, 403 when the tenant is suspended, 429. */
  begin(req: Request, res: Response): Promise<void>;
  /** Ends it here and, at once, on every instance. */
  end(req: Request, res: Response): Promise<void>;
}

export function createSessions(base: string, accounts: Accounts, limits: Pick<Limits, 'logIn'>): Sessions {
  const options = (req: Request): CookieOptions => ({
    httpOnly: true,
    sameSite: 'lax',
    path: base,
    secure: req.secure,
  });
  return {
    async user(req) {
      const token = tokenOf(req);
      if (token === undefined) throw unauthorized('Hay que iniciar sesión.');
      return accounts.resume(token);
    },
    async begin(req, res) {
      const { email, password } = validate(credentials, req.body);
      await limits.logIn(req);
      const { tokens } = await accounts.logIn(email, password, addressKey(req.ip ?? ''));
      const old = tokenOf(req);
      if (old !== undefined) await accounts.logOut(old); // whoever signs in again leaves no open session behind
      res.cookie(COOKIE, tokens.refreshToken, { ...options(req), maxAge: COOKIE_MS });
    },
    async end(req, res) {
      const token = tokenOf(req);
      if (token !== undefined) await accounts.logOut(token);
      res.clearCookie(COOKIE, options(req));
    },
  };
}

function tokenOf(req: Request): string | undefined {
  for (const pair of (req.headers.cookie ?? '').split(';')) {
    const [name, value] = pair.trim().split('=');
    if (name === COOKIE && value !== undefined && TOKEN.test(value)) return value;
  }
  return undefined;
}

export const isSignedOut = (error: unknown): boolean => error instanceof AppError && error.status === 401;
