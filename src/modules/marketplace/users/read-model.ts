import type { Sql } from '../../../kernel/database.ts';

export type Role = 'admin' | 'operador';

/** A user with what a request needs to know: its tenant's state and, for an operator, its sellers. */
export interface Account {
  usuarioId: number;
  tenantId: number;
  nombre: string;
  email: string;
  rol: Role;
  tenantNombre: string;
  razonSocial: string;
  tenantEstado: 'activo' | 'inactivo';
  /** The sellers an operator is assigned to; empty for an admin, who has them all. */
  comercios: number[];
}

/** The account, unless the user or its tenant was deleted. */
export const findAccount = (trx: Sql, tenantId: number, usuarioId: number): Promise<Account | undefined> =>
  trx.maybe<Account>(
    `SELECT u.usuario_id AS "usuarioId", u.tenant_id AS "tenantId", u.nombre, u.email, u.rol,
            t.nombre AS "tenantNombre", t.razon_social AS "razonSocial", t.estado AS "tenantEstado",
            ARRAY(SELECT us.comercio_id FROM user_sellers us JOIN sellers s USING (tenant_id, comercio_id)
                  WHERE us.tenant_id = u.tenant_id AND us.usuario_id = u.usuario_id AND u.rol = 'operador'
                    AND s.eliminado_en IS NULL
                  ORDER BY us.comercio_id) AS comercios
     FROM users u JOIN tenants t USING (tenant_id)
     WHERE u.tenant_id = $1 AND u.usuario_id = $2 AND u.eliminado_en IS NULL AND t.eliminado_en IS NULL`,
    [tenantId, usuarioId],
  );

export interface Login {
  usuarioId: number;
  tenantId: number;
  passwordHash: string;
}

/** Who signs in with this address. Runs before a tenant is known, through the view made for it. */
export const findLogin = (trx: Sql, email: string): Promise<Login | undefined> =>
  trx.maybe<Login>(
    `SELECT usuario_id AS "usuarioId", tenant_id AS "tenantId", password_hash AS "passwordHash"
     FROM login_accounts WHERE lower(email) = lower($1)`,
    [email],
  );

/** Whose refresh token it is, while it is neither expired nor revoked. */
export const findRefreshSession = (trx: Sql, hash: Buffer, now: Date) =>
  trx.maybe<{ usuarioId: number; tenantId: number }>(
    `SELECT usuario_id AS "usuarioId", tenant_id AS "tenantId" FROM refresh_sessions
     WHERE token_hash = $1 AND expira_en > $2 AND (revocado_en IS NULL OR revocado_en > $2)`,
    [hash, now],
  );
