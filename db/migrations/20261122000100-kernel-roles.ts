import type { Knex } from 'knex';

/**
 * Two roles that cannot bypass row-level security. The service logs in once and takes one of them:
 * `marketplace_tenant` for whatever a tenant asks (the policy shows it one tenant's rows) and
 * `marketplace_system` for hub events, relays and jobs. Roles belong to the server, not to the database,
 * so they may exist already and are left behind on the way down.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    DO $$
    DECLARE wanted text;
    BEGIN
      FOREACH wanted IN ARRAY ARRAY['marketplace_system', 'marketplace_tenant'] LOOP
        IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = wanted) THEN
          BEGIN
            EXECUTE format('CREATE ROLE %I NOLOGIN NOBYPASSRLS', wanted);
          EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; -- another instance was first
          END;
        END IF;
        IF NOT pg_has_role(current_user, wanted, 'MEMBER') THEN
          EXECUTE format('GRANT %I TO %I', wanted, current_user);
        END IF;
      END LOOP;
    END $$;

    GRANT USAGE ON SCHEMA public TO marketplace_system, marketplace_tenant;

    -- The tenant whose rows this transaction may see; none set means none seen.
    CREATE FUNCTION current_tenant() RETURNS integer
      LANGUAGE sql STABLE PARALLEL SAFE
      RETURN nullif(current_setting('app.tenant_id', true), '')::integer;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP FUNCTION current_tenant()');
}
