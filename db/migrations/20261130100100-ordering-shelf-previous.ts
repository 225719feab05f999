import type { Knex } from 'knex';

/** Of two movements of one second the one that goes on from the other came last, in whichever order they arrive. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE ordering_availability ADD COLUMN previous_available integer;
    COMMENT ON COLUMN ordering_availability.previous_available IS
      'what was available before the movement that brought this figure; null: no movement did';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE ordering_availability DROP COLUMN previous_available');
}
