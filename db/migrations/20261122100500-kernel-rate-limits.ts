import type { Knex } from 'knex';

/**
 * How often somebody tried, by a hash of who: addresses are nobody's business here. Unlogged: a counter of a minute
 * need not outlive a crash, and a flood of log-ins should not fill the write-ahead log. Rows belong to no tenant.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE UNLOGGED TABLE rate_limits (
      key bytea PRIMARY KEY,
      hits integer NOT NULL,
      ends_at timestamptz NOT NULL
    ) WITH (fillfactor = 70);
    GRANT SELECT, INSERT, UPDATE, DELETE ON rate_limits TO marketplace_system;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE rate_limits');
}
