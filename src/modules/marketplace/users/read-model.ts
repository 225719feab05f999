import type { Sql } from '../../../kernel/database.ts';
import type { Identity } from './tokens.ts';

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

const ACCOUNT = `u.usuario_id AS "usuarioId", u.tenant_id AS "tenantId", u.nombre, u.email, u.rol,
  t.nombre AS "tenantNombre", t.razon_social AS "razonSocial", t.estado AS "tenantEstado",
  ARRAY(SELECT us.comercio_id FROM user_sellers us JOIN sellers s USING (tenant_id, comercio_id)
        WHERE us.tenant_id = u.tenant_id AND us.usuario_id = u.usuario_id AND u.rol = 'operador'
          AND s.eliminado_en IS NULL
        ORDER BY us.comercio_id) AS comercios`;

const EXISTING = `FROM users u JOIN tenants t USING (tenant_id)
  WHERE u.tenant_id = $1 AND u.usuario_id = $2 AND u.eliminado_en IS NULL AND t.eliminado_en IS NULL`;

/** The account, unless the user or its tenant was deleted. */
export const findAccount = (trx: Sql, tenantId: number, usuarioId: number): Promise<Account | undefined> =>
  trx.maybe<Account>(`SELECT ${ACCOUNT} ${EXISTING}`, [tenantId, usuarioId]);

export interface Caller extends Account {
  /** The session that the token names has ended. Always false for a token that names none. */
  sesionTerminada: boolean;
}

/** The account that an access token names, and whether its session still stands. */
export const findCaller = (trx: Sql, { tenantId, usuarioId, sesionId }: Identity, now: Date) =>
  trx.maybe<Caller>(
    `SELECT ${ACCOUNT}, $3::uuid IS NOT NULL AND NOT EXISTS (
       SELECT FROM refresh_tokens r
       WHERE r.sesion_id = $3 AND r.tenant_id = u.tenant_id AND r.usuario_id = u.usuario_id
         AND r.revocado_en IS NULL AND r.expira_en > $4) AS "sesionTerminada"
     ${EXISTING}`,
    [tenantId, usuarioId, sesionId ?? null, now],
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

export interface RefreshToken {
  usuarioId: number;
  tenantId: number;
  sesionId: string;
  expiraEn: Date;
  /** When it ends before its time; still to come while its grace lasts. */
  revocadoEn: Date | null;
}

/** Whose refresh token it is, whatever became of it. Runs before a tenant is known, through the view made for it. */
export const findRefreshToken = (trx: Sql, hash: Buffer): Promise<RefreshToken | undefined> =>
  trx.maybe<RefreshToken>(
    `SELECT usuario_id AS "usuarioId", tenant_id AS "tenantId", sesion_id AS "sesionId", expira_en AS "expiraEn",
            revocado_en AS "revocadoEn"
     FROM refresh_sessions WHERE token_hash = $1`,
    [hash],
  );

export interface PlaceInLine {
  numero: number;
  sesionDesde: Date;
  expiraEn: Date;
  revocadoEn: Date | null;
  /** The session's newest token; it may be this one. */
  newest: { numero: number; revocadoEn: Date | null };
}

/** Where a token stands in the line of its session. */
export async function findPlaceInLine(trx: Sql, tenantId: number, hash: Buffer): Promise<PlaceInLine | undefined> {
  const row = await trx.maybe<Omit<PlaceInLine, 'newest'> & { newestNumero: number; newestRevocadoEn: Date | null }>(
    `SELECT t.numero, t.sesion_desde AS "sesionDesde", t.expira_en AS "expiraEn", t.revocado_en AS "revocadoEn",
            n.numero AS "newestNumero", n.revocado_en AS "newestRevocadoEn"
     FROM refresh_tokens t
     CROSS JOIN LATERAL (SELECT numero, revocado_en FROM refresh_tokens
                         WHERE sesion_id = t.sesion_id AND tenant_id = t.tenant_id
                         ORDER BY numero DESC LIMIT 1) n
     WHERE t.tenant_id = $1 AND t.token_hash = $2`,
    [tenantId, hash],
  );
  if (row === undefined) return undefined;
  const { newestNumero, newestRevocadoEn, ...place } = row;
  return { ...place, newest: { numero: newestNumero, revocadoEn: newestRevocadoEn } };
}
