import type { Knex } from 'knex';

/** A command that nobody takes has a circuit of its own, and one relay that met it speaks for all. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE relays ADD COLUMN held boolean NOT NULL DEFAULT false;
    COMMENT ON COLUMN relays.held IS 'the circuit is that of a topic that nobody takes, the others go on';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE relays DROP COLUMN held');
}
