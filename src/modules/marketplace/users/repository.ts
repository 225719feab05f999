import { isDuplicate, type Sql } from '../../../kernel/database.ts';
import { conflict } from '../../../kernel/errors.ts';
import type { Role } from './read-model.ts';

export interface NewUser {
  tenantId: number;
  nombre: string;
  email: string;
  passwordHash: string;
  rol: Role;
}

/** @throws AppError 409 when the address has an account, at whatever tenant: it is what people sign in with. */
export async function insertUser(trx: Sql, user: NewUser): Promise<number> {
  try {
    const { usuarioId } = await trx.one<{ usuarioId: number }>(
      `INSERT INTO users (tenant_id, nombre, email, password_hash, rol) VALUES ($1, $2, $3, $4, $5)
       RETURNING usuario_id AS "usuarioId"`,
      [user.tenantId, user.nombre, user.email, user.passwordHash, user.rol],
    );
    return usuarioId;
  } catch (error) {
    // The client looks for the word "email" in this message, and only in this one.
    if (isDuplicate(error)) throw conflict('Ya hay una cuenta con ese email.', 'email_taken');
    throw error;
  }
}

export async function assignSellers(
  trx: Sql,
  tenantId: number,
  usuarioId: number,
  comercios: readonly number[],
): Promise<void> {
  await trx.run(`INSERT INTO user_sellers (tenant_id, usuario_id, comercio_id) SELECT $1, $2, unnest($3::int[])`, [
    tenantId,
    usuarioId,
    comercios,
  ]);
}

export interface RefreshTokenRow {
  hash: Buffer;
  tenantId: number;
  usuarioId: number;
  sesionId: string;
  /** Counts the session's tokens, from 0 at log-in. */
  numero: number;
  sesionDesde: Date;
  creadoEn: Date;
  expiraEn: Date;
}

export async function insertRefreshToken(trx: Sql, token: RefreshTokenRow): Promise<void> {
  const { hash, tenantId, usuarioId, sesionId, numero, sesionDesde, creadoEn, expiraEn } = token;
  await trx.run(
    `INSERT INTO refresh_tokens
       (token_hash, tenant_id, usuario_id, sesion_id, numero, sesion_desde, creado_en, expira_en)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
    [hash, tenantId, usuarioId, sesionId, numero, sesionDesde, creadoEn, expiraEn],
  );
}

/** Until the transaction ends nobody else gives this session a token or ends it, so that neither misses the other. */
export async function lockSession(trx: Sql, sesionId: string): Promise<void> {
  await trx.rows('SELECT pg_advisory_xact_lock(hashtextextended($1, 0))', [`session ${sesionId}`]);
}

/** The token ends at `end`, unless it was to end before. */
export async function endRefreshToken(trx: Sql, tenantId: number, hash: Buffer, end: Date): Promise<void> {
  await trx.run(
    `UPDATE refresh_tokens SET revocado_en = least(revocado_en, $3) WHERE tenant_id = $1 AND token_hash = $2`,
    [tenantId, hash, end],
  );
}

/** Ends a session: every token of it, those in their grace too, and with them the access tokens that name it. */
export async function endSession(trx: Sql, tenantId: number, sesionId: string, now: Date): Promise<void> {
  await lockSession(trx, sesionId);
  await trx.run(
    `UPDATE refresh_tokens SET revocado_en = $3
     WHERE tenant_id = $1 AND sesion_id = $2 AND (revocado_en IS NULL OR revocado_en > $3)`,
    [tenantId, sesionId, now],
  );
}

/** Deletes the tokens of all tenants that expired before `before`; returns how many. */
export const deleteRefreshTokens = (trx: Sql, before: Date): Promise<number> =>
  trx.run('DELETE FROM refresh_tokens WHERE expira_en < $1', [before]);

/** Deletes the users of a tenant that goes and ends their sessions; their addresses are free again. */
export async function closeAccounts(trx: Sql, tenantId: number, now: Date): Promise<void> {
  await trx.run('UPDATE users SET eliminado_en = $2 WHERE tenant_id = $1 AND eliminado_en IS NULL', [tenantId, now]);
  await trx.run(
    'UPDATE refresh_tokens SET revocado_en = $2 WHERE tenant_id = $1 AND (revocado_en IS NULL OR revocado_en > $2)',
    [tenantId, now],
  );
}
