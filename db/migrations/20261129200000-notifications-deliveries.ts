import type { Knex } from 'knex';

/**
 * Sending what customers are to be told: a row for each way it goes. What was written before has none and is not sent
 * any more, it would come too late; how a notice stands shows from its deliveries, so it has no state of its own.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    ALTER TABLE notifications DROP COLUMN state, ADD COLUMN to_email text, ADD COLUMN to_device_token text;
    COMMENT ON COLUMN notifications.to_email IS 'of this notice alone; null: the customer''s';
    COMMENT ON COLUMN notifications.to_device_token IS 'of this notice alone; null: the customer''s';

    CREATE TABLE notification_deliveries (
      notification_id bigint NOT NULL,
      tenant_id integer NOT NULL,
      channel text NOT NULL CHECK (channel IN ('email', 'push')),
      recipient text,
      state text NOT NULL CHECK (state IN ('pending', 'sent', 'kept', 'failed', 'undeliverable')),
      attempts integer NOT NULL DEFAULT 0,
      not_before timestamptz,
      cause text,
      sent_at timestamptz,
      dead_message_id bigint,
      PRIMARY KEY (notification_id, channel, tenant_id),
      FOREIGN KEY (notification_id, tenant_id) REFERENCES notifications
    );
    COMMENT ON COLUMN notification_deliveries.state IS 'kept: nobody to send it by; undeliverable: nobody to send it to';
    COMMENT ON COLUMN notification_deliveries.attempts IS 'how often whoever takes it answered, not how often it was away';
    COMMENT ON COLUMN notification_deliveries.not_before IS 'this recipient is not to be tried earlier';
    COMMENT ON COLUMN notification_deliveries.dead_message_id IS 'its dead letter in the outbox';
    GRANT SELECT, INSERT, UPDATE ON notification_deliveries TO marketplace_system, marketplace_tenant;
    ALTER TABLE notification_deliveries ENABLE ROW LEVEL SECURITY;
    ALTER TABLE notification_deliveries FORCE ROW LEVEL SECURITY;
    CREATE POLICY notification_deliveries_system ON notification_deliveries TO marketplace_system USING (true);
    CREATE POLICY notification_deliveries_tenant ON notification_deliveries TO marketplace_tenant
      USING (tenant_id = current_tenant());
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP TABLE notification_deliveries;
    ALTER TABLE notifications DROP COLUMN to_email, DROP COLUMN to_device_token,
      ADD COLUMN state text NOT NULL DEFAULT 'pending' CHECK (state IN ('pending', 'sent', 'failed'));
  `);
}
