import { sqlState, type Sql } from '../../../kernel/database.ts';
import { conflict } from '../../../kernel/errors.ts';
import type { Role } from './read-model.ts';

const UNIQUE_VIOLATION = '23505';

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
    if (sqlState(error) === UNIQUE_VIOLATION) throw conflict('Ya hay una cuenta con ese email.', 'email_taken');
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
  createdAt: Date;
  expiresAt: Date;
}

export async function insertRefreshToken(trx: Sql, token: RefreshTokenRow): Promise<void> {
  await trx.run(
    `INSERT INTO refresh_tokens (token_hash, tenant_id, usuario_id, creado_en, expira_en) VALUES ($1, $2, $3, $4, $5)`,
    [token.hash, token.tenantId, token.usuarioId, token.createdAt, token.expiresAt],
  );
}

/** The token ends at `end`, unless it was to end before. */
export async function endRefreshToken(trx: Sql, tenantId: number, hash: Buffer, end: Date): Promise<void> {
  await trx.run(
    `UPDATE refresh_tokens SET revocado_en = least(revocado_en, $3) WHERE tenant_id = $1 AND token_hash = $2`,
    [tenantId, hash, end],
  );
}
