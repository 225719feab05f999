import { createHmac, timingSafeEqual } from 'node:crypto';

/** The methods of WebSub §7.1; anything else is refused, not guessed. */
const METHODS = new Map([
  ['sha1', 20],
  ['sha256', 32],
  ['sha384', 48],
  ['sha512', 64],
]);

/**
 * Checks `X-Hub-Signature: method=hex` over the raw body against several secrets (old and new, while they rotate).
 * A signature of another length is refused before it is compared: never by prefix, never with an exception. All
 * secrets are tried in constant time, so the answer's time tells nothing about which one was near.
 */
export function isSigned(rawBody: Buffer, header: string | undefined, secrets: readonly string[]): boolean {
  const [, method, hex] = /^([a-z0-9]+)=([0-9a-f]+)$/i.exec(header?.trim() ?? '') ?? [];
  const length = METHODS.get(method?.toLowerCase() ?? '');
  if (method === undefined || hex === undefined || length === undefined || hex.length !== length * 2) return false;
  const given = Buffer.from(hex, 'hex');
  let matches = false;
  for (const secret of secrets) {
    const expected = createHmac(method.toLowerCase(), secret).update(rawBody).digest();
    if (timingSafeEqual(expected, given)) matches = true;
  }
  return matches;
}

/** What a hub that signs would send; for tests and for the simulator. */
export const sign = (rawBody: Buffer | string, secret: string, method = 'sha256'): string =>
  `${method}=${createHmac(method, secret).update(rawBody).digest('hex')}`;
