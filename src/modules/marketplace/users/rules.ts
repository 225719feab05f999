import { forbidden, unauthorized } from '../../../kernel/errors.ts';
import type { SellerName } from '../sellers/read-model.ts';
import type { Account, Caller, PlaceInLine, RefreshToken } from './read-model.ts';

/** Everything that base64url would turn into `-` or `_`, or `atob` into garbage: one such name locks a tenant out. */
const UNSAFE = /[^\x20-\x7d]|[?>]/g;

/** JSON in the ASCII subset that the client's `atob` and `JSON.parse` read back exactly. */
export const asciiJson = (value: unknown): string =>
  JSON.stringify(value).replace(UNSAFE, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`);

/** Servers and proxies refuse headers over 16 KiB, and base64 adds a third. */
const MAX_CLAIMS = 9000;
const NAME_LENGTHS = [100, 24, 0];

/**
 * What the client reads from the access token. When the sellers would make it too long for a header their names are
 * cut, then the list: the client compares ids and reads names elsewhere, so a cut name harms less than a lock-out.
 */
export function claimsOf(account: Account, sellers: readonly SellerName[]): object {
  for (const length of NAME_LENGTHS) {
    const claims = claimsWith(
      account,
      sellers.map((seller) => ({ ...seller, nombre: seller.nombre.slice(0, length) })),
    );
    if (asciiJson(claims).length <= MAX_CLAIMS) return claims;
  }
  return claimsWith(
    account,
    sellers.slice(0, 150).map((seller) => ({ ...seller, nombre: '' })),
  );
}

const claimsWith = (account: Account, sellers: readonly SellerName[]) => ({
  usuario_id: account.usuarioId,
  tenant_id: account.tenantId,
  nombre: account.nombre,
  email: account.email,
  rol: account.rol,
  comercios: sellers.map(({ comercio_id, nombre }) => ({ comercio_id, nombre })),
  comercios_autorizados_id: sellers.map(({ comercio_id }) => comercio_id),
  tenant_nombre: account.tenantNombre,
  tenant: { nombre: account.tenantNombre, razon_social: account.razonSocial, estado: account.tenantEstado },
});

/** @throws AppError 403 when the tenant is suspended. */
export function refuseSuspended({ tenantEstado }: Pick<Account, 'tenantEstado'>): void {
  if (tenantEstado !== 'activo') throw forbidden('La cuenta del negocio está suspendida.');
}

/** @throws AppError 401 when the session was ended, 403 when the tenant is suspended. */
export function refuseEnded({ sesionTerminada, tenantEstado }: Pick<Caller, 'sesionTerminada' | 'tenantEstado'>): void {
  if (sesionTerminada) throw sessionOver();
  refuseSuspended({ tenantEstado });
}

export const sessionOver = () => unauthorized('La sesión terminó. Hay que iniciar sesión de nuevo.');

const DAY_MS = 86_400_000;
/** Left alone for a week a session ends; so does one that is a quarter of a year old, for who knows who holds it. */
const IDLE_DAYS = 7;
const SESSION_DAYS = 90;
/** Tabs share one storage and may refresh at the same moment: the token they all hold lives that much longer. */
const GRACE_MS = 60_000;

/** When a refresh token made now expires. */
export const expiryOf = (now: Date, sesionDesde: Date): Date =>
  new Date(Math.min(now.getTime() + IDLE_DAYS * DAY_MS, sesionDesde.getTime() + SESSION_DAYS * DAY_MS));

/** When a refresh token used now ends. */
export const graceEnd = (now: Date): Date => new Date(now.getTime() + GRACE_MS);

export const isLive = ({ expiraEn, revocadoEn }: Pick<RefreshToken, 'expiraEn' | 'revocadoEn'>, now: Date): boolean =>
  expiraEn > now && (revocadoEn === null || revocadoEn > now);

/**
 * What a refresh token is answered with.
 * - `next`: the next of its session, which is to be made;
 * - `newest`: the one that somebody else was given for it, since its grace still lasts;
 * - `expired`: nothing;
 * - `stolen`: nothing, and its session ends. It was used before, and whoever used it has another since: two hold this
 *   session, one of them a thief. All uses of a token lead to the same next one, so they cannot go on side by side.
 */
export type RefreshVerdict = 'next' | 'newest' | 'expired' | 'stolen';

export function judgeRefresh({ numero, expiraEn, revocadoEn, newest }: PlaceInLine, now: Date): RefreshVerdict {
  if (revocadoEn !== null && revocadoEn <= now) return 'stolen';
  if (expiraEn <= now) return 'expired';
  // A used one without a successor was used at the release before this one, which knew no sessions.
  return newest.numero === numero || newest.revocadoEn !== null ? 'next' : 'newest';
}
