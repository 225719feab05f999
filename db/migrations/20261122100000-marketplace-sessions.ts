import type { Knex } from 'knex';

/**
 * Refresh tokens become the line of a session: one log-in, one `sesion_id`, one token after another, numbered. The
 * defaults are for the tokens that exist and for the release before this one, which may still run beside it and knows
 * nothing of sessions: each of its tokens is a session of its own.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE refresh_tokens
      ADD COLUMN sesion_id uuid NOT NULL DEFAULT gen_random_uuid(),
      ADD COLUMN numero integer NOT NULL DEFAULT 0,
      ADD COLUMN sesion_desde timestamptz NOT NULL DEFAULT now();
    CREATE UNIQUE INDEX refresh_tokens_session ON refresh_tokens (sesion_id, numero, tenant_id);
    GRANT DELETE ON refresh_tokens TO marketplace_system;
  `);
  await recreateView(knex, 'token_hash, usuario_id, tenant_id, sesion_id, expira_en, revocado_en');
}

export async function down(knex: Knex): Promise<void> {
  await recreateView(knex, 'token_hash, usuario_id, tenant_id, expira_en, revocado_en');
  await knex.raw(`
    REVOKE DELETE ON refresh_tokens FROM marketplace_system;
    ALTER TABLE refresh_tokens DROP COLUMN sesion_id, DROP COLUMN numero, DROP COLUMN sesion_desde;
  `);
}

/** A token comes before its tenant is known; the view is the way round the policies and shows no more than it must. */
const recreateView = (knex: Knex, columns: string) =>
  knex.raw(`
    DROP VIEW refresh_sessions;
    CREATE VIEW refresh_sessions AS SELECT ${columns} FROM refresh_tokens;
    GRANT CREATE ON SCHEMA public TO marketplace_system;
    ALTER VIEW refresh_sessions OWNER TO marketplace_system;
    REVOKE CREATE ON SCHEMA public FROM marketplace_system;
    GRANT SELECT ON refresh_sessions TO marketplace_tenant;
  `);
