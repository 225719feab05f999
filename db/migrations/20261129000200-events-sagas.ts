import type { Knex } from 'knex';

/**
 * What a saga remembers (events/saga.ts). It belongs to no tenant: a checkout is there before anybody knows whose
 * products it asks for. A payment may be of nothing since then: what is ordered over the checkout may have no price yet.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE sagas (
      saga text NOT NULL,
      saga_id text NOT NULL,
      status text NOT NULL CHECK (status IN ('running', 'completed', 'failed')),
      steps json NOT NULL,
      data json NOT NULL,
      reason text,
      version integer NOT NULL,
      deadline timestamptz NOT NULL,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (saga, saga_id),
      CHECK ((status = 'failed') = (reason IS NOT NULL))
    );
    COMMENT ON COLUMN sagas.version IS 'counts the changes; each writes what it read plus one';
    CREATE INDEX sagas_due ON sagas (deadline) WHERE status = 'running';
    GRANT SELECT, INSERT, UPDATE ON sagas TO marketplace_system;

    ALTER TABLE ordering_payments DROP CONSTRAINT ordering_payments_amount_cents_check;
    ALTER TABLE ordering_payments ADD CONSTRAINT ordering_payments_amount_cents_check CHECK (amount_cents >= 0);
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP TABLE sagas;
    ALTER TABLE ordering_payments DROP CONSTRAINT ordering_payments_amount_cents_check;
    ALTER TABLE ordering_payments ADD CONSTRAINT ordering_payments_amount_cents_check CHECK (amount_cents > 0);
  `);
}
