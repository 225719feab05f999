import type { Request, RequestHandler } from 'express';
import { unauthorized } from '../errors.ts';

const BEARER = /^Bearer +(\S+)$/i;

/**
 * Lets a request pass whose access token `verify` accepts, and remembers what it returned for `userOf`.
 * The kernel knows neither tokens nor users: whatever `verify` throws is the answer.
 */
export const authenticate =
  <User>(verify: (token: string) => Promise<User>): RequestHandler =>
  async (req, res, next) => {
    res.locals['user'] = await verify(bearerToken(req));
    next();
  };

/** What `authenticate` found out about the caller. @throws Error on a route without it: a defect, hence a 500. */
export function userOf<User>(req: Request): User {
  const user = req.res?.locals['user'] as User | undefined;
  if (user === undefined) throw new Error(`${req.method} ${req.path} asks for the caller, but has no guard`);
  return user;
}

function bearerToken(req: Request): string {
  const token = BEARER.exec(req.headers.authorization ?? '')?.[1];
  if (token === undefined) throw unauthorized('Hay que iniciar sesión.');
  return token;
}
