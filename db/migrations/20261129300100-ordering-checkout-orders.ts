import type { Knex } from 'knex';

/** Seed 003: which orders are the checkout's. What it may cancel or confirm is its own, whatever id a message names. */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE ordering_checkout_orders (
      order_id text NOT NULL,
      tenant_id integer NOT NULL,
      charged_by text,
      PRIMARY KEY (order_id, tenant_id),
      FOREIGN KEY (order_id, tenant_id) REFERENCES ordering_orders
    );
    COMMENT ON COLUMN ordering_checkout_orders.charged_by IS 'by which gateway our payment part takes the money; null where others charge';
    GRANT SELECT, INSERT, UPDATE ON ordering_checkout_orders TO marketplace_system, marketplace_tenant;
    ALTER TABLE ordering_checkout_orders ENABLE ROW LEVEL SECURITY;
    ALTER TABLE ordering_checkout_orders FORCE ROW LEVEL SECURITY;
    CREATE POLICY ordering_checkout_orders_system ON ordering_checkout_orders TO marketplace_system USING (true);
    CREATE POLICY ordering_checkout_orders_tenant ON ordering_checkout_orders TO marketplace_tenant USING (tenant_id = current_tenant());
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw('DROP TABLE ordering_checkout_orders;');
}
