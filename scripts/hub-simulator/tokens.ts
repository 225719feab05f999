import { randomBytes, randomUUID } from 'node:crypto';
import { SignJWT } from 'jose';

export interface Tokens {
  issue(username: string): Promise<string>;
  /** Takes the whole Authorization header. */
  accepts(authorization: string | undefined): boolean;
  /** All tokens given so far become invalid. */
  forget(): void;
}

const LIFETIME_SECONDS = 90 * 24 * 3600;

/**
 * Gives out JWTs like the core hub's (HS256, 90 days). They are recognised by looking them up:
 * verifying a signature for every publish would be most of the simulator's work.
 */
export function createTokens(): Tokens {
  const secret = randomBytes(32);
  const expiries = new Map<string, number>();

  return {
    async issue(username) {
      const now = Math.floor(Date.now() / 1000);
      const token = await new SignJWT({ username })
        .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
        .setSubject(username)
        .setJti(randomUUID()) // two logins in one second must give two tokens
        .setIssuedAt(now)
        .setExpirationTime(now + LIFETIME_SECONDS)
        .sign(secret);
      expiries.set(token, (now + LIFETIME_SECONDS) * 1000);
      return token;
    },
    accepts(authorization) {
      if (!authorization || !/^bearer /i.test(authorization)) return false;
      return (expiries.get(authorization.slice('bearer '.length).trim()) ?? 0) > Date.now();
    },
    forget() {
      expiries.clear();
    },
  };
}
