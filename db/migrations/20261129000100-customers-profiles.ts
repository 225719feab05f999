import type { Knex } from 'knex';

/** Seed 002: who a tenant's customers are and how they are reached; what they did is kept beside it, by module. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE customers (
      customer_id text NOT NULL,
      tenant_id integer NOT NULL REFERENCES tenants,
      name text,
      email text,
      phone text,
      device_token text,
      created_at timestamptz NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (customer_id, tenant_id)
    );
    COMMENT ON TABLE customers IS 'a row is there once an event or a person named the customer';
    COMMENT ON COLUMN customers.device_token IS 'of the app on the customer''s telephone, for push; null without one';
    GRANT SELECT, INSERT, UPDATE ON customers TO marketplace_system, marketplace_tenant;
    ALTER TABLE customers ENABLE ROW LEVEL SECURITY;
    ALTER TABLE customers FORCE ROW LEVEL SECURITY;
    CREATE POLICY customers_system ON customers TO marketplace_system USING (true);
    CREATE POLICY customers_tenant ON customers TO marketplace_tenant USING (tenant_id = current_tenant());
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE customers;');
}
