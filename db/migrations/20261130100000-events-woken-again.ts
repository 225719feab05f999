import type { Knex } from 'knex';

/**
 * What failed when it was woken used to wait for ever, since nothing wakes it twice: it is tried again from now on, and
 * so is what was left behind before. A customer's places on the waitlist, told of or not, are found by index.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    COMMENT ON COLUMN parked_events.woken_at IS 'when to try it: what it waits for has come about, elsewhere, or here where it then failed';
    UPDATE parked_events SET woken_at = now() WHERE state = 'waiting' AND note IS NOT NULL AND woken_at IS NULL;
    CREATE INDEX ordering_waitlist_customer ON ordering_waitlist (customer_id, tenant_id, waitlist_id DESC);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP INDEX ordering_waitlist_customer;
    COMMENT ON COLUMN parked_events.woken_at IS 'what it waits for came about in a process that does not handle it';
  `);
}
