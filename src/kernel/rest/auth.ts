import type { Request, RequestHandler } from 'express';
import { unauthorized } from '../errors.ts';

const BEARER = /^Bearer +(\S+)$/i;

/** Lets a request pass whose access token `verify` accepts; whatever `verify` throws is the answer. */
export const authenticate =
  <User>(verify: (token: string) => Promise<User>): RequestHandler =>
  async (req, res, next) => {
    res.locals['user'] = await verify(bearerToken(req));
    next();
  };

/** The access token that came along, whatever it is worth. */
export const bearerOf = (req: Request): string | undefined => BEARER.exec(req.headers.authorization ?? '')?.[1];

function bearerToken(req: Request): string {
  const token = bearerOf(req);
  if (token === undefined) throw unauthorized('Hay que iniciar sesión.');
  return token;
}
