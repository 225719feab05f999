import type { Knex } from 'knex';

/** An event that waits may be woken by a process that does not handle it (MODULES): it notes so, and leaves it to one that does. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE parked_events ADD COLUMN woken_at timestamptz;
    COMMENT ON COLUMN parked_events.woken_at IS 'what it waits for came about in a process that does not handle it';
    CREATE INDEX parked_events_woken ON parked_events (parked_id) WHERE state = 'waiting' AND woken_at IS NOT NULL;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP INDEX parked_events_woken; ALTER TABLE parked_events DROP COLUMN woken_at;');
}
