import { forbidden } from '../../../kernel/errors.ts';
import type { SellerName } from '../sellers/read-model.ts';
import type { Account } from './read-model.ts';

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
