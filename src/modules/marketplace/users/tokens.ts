import { createHash, createSecretKey, randomBytes } from 'node:crypto';
import { CompactSign, jwtVerify } from 'jose';
import { z } from 'zod';
import type { Config } from '../../../config.ts';
import type { Clock } from '../../../kernel/clock.ts';
import { unauthorized } from '../../../kernel/errors.ts';
import { asciiJson } from './rules.ts';

/** Long, since the client hangs on one page at every expiry; what it grants is read anew at each request. */
const ACCESS_SECONDS = 8 * 3600;
const ISSUER = 'marketplace-service';
const AUDIENCE = 'marketplace-client';

const identity = z.object({ usuario_id: z.int().positive(), tenant_id: z.int().positive() });

export interface Tokens {
  accessToken: string;
  refreshToken: string;
}

/** Whom an access token names; whether that user still exists is for the database to say. */
export interface Identity {
  usuarioId: number;
  tenantId: number;
}

export interface AccessTokens {
  /** Signs the claims; the text of the payload is ASCII, which is all that the client's `atob` can read. */
  sign(claims: object): Promise<string>;
  /** @throws AppError 401 for a token that is not ours or has expired. */
  verify(token: string): Promise<Identity>;
}

/** @throws Error without JWT_SECRET. */
export function createAccessTokens(config: Pick<Config, 'JWT_SECRET'>, clock: Clock): AccessTokens {
  if (config.JWT_SECRET === undefined)
    throw new Error('JWT_SECRET is not set; compose gives a generated one in development');
  const key = createSecretKey(config.JWT_SECRET, 'utf8');
  return {
    sign: (claims) => {
      const iat = Math.floor(clock().getTime() / 1000);
      const payload = asciiJson({ ...claims, iat, exp: iat + ACCESS_SECONDS, iss: ISSUER, aud: AUDIENCE });
      return new CompactSign(Buffer.from(payload, 'latin1')).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(key);
    },
    verify: async (token) => {
      try {
        const expected = { algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE, currentDate: clock() };
        const { usuario_id, tenant_id } = identity.parse((await jwtVerify(token, key, expected)).payload);
        return { usuarioId: usuario_id, tenantId: tenant_id };
      } catch {
        throw unauthorized('La sesión venció o no es válida. Hay que iniciar sesión de nuevo.');
      }
    },
  };
}

/** A refresh token says nothing; whoever reads the table cannot use what stands there. */
export function newRefreshToken(): { token: string; hash: Buffer } {
  const token = randomBytes(32).toString('base64url');
  return { token, hash: hashRefreshToken(token) };
}

export const hashRefreshToken = (token: string): Buffer => createHash('sha256').update(token).digest();
