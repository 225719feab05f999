import { createHash, createHmac, createSecretKey } from 'node:crypto';
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

const identity = z.object({ usuario_id: z.int().positive(), tenant_id: z.int().positive(), sid: z.uuid().optional() });

export interface Tokens {
  accessToken: string;
  refreshToken: string;
}

/** Whom an access token names; whether that user still exists is for the database to say. */
export interface Identity {
  usuarioId: number;
  tenantId: number;
  /** Tokens of the release before sessions have none; they are good for the hours until they expire. */
  sesionId?: string;
}

export interface AccessTokens {
  /** Signs the claims; the text of the payload is ASCII, which is all that the client's `atob` can read. */
  sign(claims: object): Promise<string>;
  /** @throws AppError 401 for a token that is not ours or has expired. */
  verify(token: string): Promise<Identity>;
}

/** @throws Error without JWT_SECRET. */
export function createAccessTokens(config: Pick<Config, 'JWT_SECRET'>, clock: Clock): AccessTokens {
  const key = createSecretKey(secretOf(config), 'utf8');
  return {
    sign: (claims) => {
      const iat = Math.floor(clock().getTime() / 1000);
      const payload = asciiJson({ ...claims, iat, exp: iat + ACCESS_SECONDS, iss: ISSUER, aud: AUDIENCE });
      return new CompactSign(Buffer.from(payload, 'latin1')).setProtectedHeader({ alg: 'HS256', typ: 'JWT' }).sign(key);
    },
    verify: async (token) => {
      try {
        const expected = { algorithms: ['HS256'], issuer: ISSUER, audience: AUDIENCE, currentDate: clock() };
        const { usuario_id, tenant_id, sid } = identity.parse((await jwtVerify(token, key, expected)).payload);
        return { usuarioId: usuario_id, tenantId: tenant_id, sesionId: sid };
      } catch {
        throw unauthorized('La sesión venció o no es válida. Hay que iniciar sesión de nuevo.');
      }
    },
  };
}

/**
 * Refresh tokens of a session, by number. They say nothing, and whoever lacks the secret cannot tell one from the one
 * before; the service can, so that all who use one token within its grace are given the same next one.
 * @throws Error without JWT_SECRET.
 */
export function createRefreshTokens(config: Pick<Config, 'JWT_SECRET'>): (sesionId: string, numero: number) => string {
  // A key of their own: what is signed as one thing must never be good as another.
  const key = createHmac('sha256', secretOf(config)).update('refresh tokens').digest();
  return (sesionId, numero) => createHmac('sha256', key).update(`${sesionId} ${numero}`).digest('base64url');
}

/** What the table holds: whoever reads it cannot use what stands there. */
export const hashRefreshToken = (token: string): Buffer => createHash('sha256').update(token).digest();

function secretOf({ JWT_SECRET }: Pick<Config, 'JWT_SECRET'>): string {
  if (JWT_SECRET === undefined) throw new Error('JWT_SECRET is not set; compose gives a generated one in development');
  return JWT_SECRET;
}
