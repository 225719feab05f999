import type { Knex } from 'knex';

/** Seed 004: who an order goes to and how it is paid, and whether OrderCreatedEvent told others of it. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE ordering_order_details (
      order_id text NOT NULL,
      tenant_id integer NOT NULL,
      customer_email text,
      customer_phone text,
      shipping_address json,
      billing_address json,
      payment_method json,
      notes text,
      tax_cents bigint NOT NULL CHECK (tax_cents >= 0),
      shipping_cents bigint NOT NULL CHECK (shipping_cents >= 0),
      discount_cents bigint NOT NULL CHECK (discount_cents >= 0),
      announced text NOT NULL CHECK (announced IN ('published', 'not_published', 'received')),
      lacking text[] NOT NULL,
      PRIMARY KEY (order_id, tenant_id),
      FOREIGN KEY (order_id, tenant_id) REFERENCES ordering_orders (order_id, tenant_id),
      CHECK ((announced = 'not_published') = (lacking <> '{}'))
    );
    COMMENT ON TABLE ordering_order_details IS 'personal data of an order, apart from what every query of orders reads';
    COMMENT ON COLUMN ordering_order_details.announced IS 'OrderCreatedEvent: published by us, or not since it lacked something, or received from others';
    GRANT SELECT, INSERT ON ordering_order_details TO marketplace_system, marketplace_tenant;
    ALTER TABLE ordering_order_details ENABLE ROW LEVEL SECURITY;
    ALTER TABLE ordering_order_details FORCE ROW LEVEL SECURITY;
    CREATE POLICY ordering_order_details_system ON ordering_order_details TO marketplace_system USING (true);
    CREATE POLICY ordering_order_details_tenant ON ordering_order_details TO marketplace_tenant USING (tenant_id = current_tenant());
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE ordering_order_details;');
}
