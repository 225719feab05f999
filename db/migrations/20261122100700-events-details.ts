import type { Knex } from 'knex';

/** What a handler looked at when it refused an event: kept for whoever asks why, never sent. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE events ADD COLUMN details json;
    COMMENT ON COLUMN events.details IS 'every check behind a refusal, with its values; explain shows them';
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('ALTER TABLE events DROP COLUMN details');
}
