import type { Knex } from 'knex';

/**
 * Whether a line's promotion was taken off the order's total, as against being in the unit's price already. It cannot
 * be told afterwards: both may come to the same cents.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE order_lines ADD COLUMN promocion_en_total boolean NOT NULL DEFAULT false');
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE order_lines DROP COLUMN promocion_en_total');
}
