import type { Knex } from 'knex';

const LEDGERS = ['customers_purchase_movements', 'customers_point_movements', 'customers_credit_movements'];
const TABLES = [
  'customers_settings', 'customers_statistics', 'customers_purchases', 'customers_points', 'customers_point_lots',
  'customers_credit', ...LEDGERS,
];

/**
 * Entries that are only ever added, and the sum of two figures after each. An entry begins where the one before it
 * ended, by foreign key, so the last one is the sum of all; and neither figure is ever below zero.
 */
const ledger = (table: string, [one, two]: [string, string], more: string) => `
  CREATE TABLE ${table} (
    customer_id text NOT NULL,
    sequence integer NOT NULL CHECK (sequence > 0),
    tenant_id integer NOT NULL,
    kind text NOT NULL,
    ${one} bigint NOT NULL,
    ${two} bigint NOT NULL,
    ${one}_after bigint NOT NULL CHECK (${one}_after >= 0),
    ${two}_after bigint NOT NULL CHECK (${two}_after >= 0),
    ${more}
    event_id bigint,
    recorded_at timestamptz NOT NULL,
    previous integer GENERATED ALWAYS AS (nullif(sequence, 1) - 1) STORED,
    ${one}_before bigint GENERATED ALWAYS AS (${one}_after - ${one}) STORED,
    ${two}_before bigint GENERATED ALWAYS AS (${two}_after - ${two}) STORED,
    PRIMARY KEY (customer_id, sequence, tenant_id),
    UNIQUE (customer_id, sequence, ${one}_after, ${two}_after, tenant_id),
    FOREIGN KEY (customer_id, previous, ${one}_before, ${two}_before, tenant_id)
      REFERENCES ${table} (customer_id, sequence, ${one}_after, ${two}_after, tenant_id),
    CHECK (sequence > 1 OR (${one}_after = ${one} AND ${two}_after = ${two}))
  );
  CREATE TRIGGER ${table}_append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON ${table}
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();`;

/** A customer's two figures as the last entry of a ledger left them; without an entry both are nothing. */
const figures = (table: string, entries: string, [one, two]: [string, string], more: string) => `
  CREATE TABLE ${table} (
    customer_id text NOT NULL,
    tenant_id integer NOT NULL,
    sequence integer,
    ${one} bigint NOT NULL DEFAULT 0,
    ${two} bigint NOT NULL DEFAULT 0,
    ${more}
    PRIMARY KEY (customer_id, tenant_id),
    FOREIGN KEY (customer_id, tenant_id) REFERENCES customers,
    FOREIGN KEY (customer_id, sequence, ${one}, ${two}, tenant_id)
      REFERENCES ${entries} (customer_id, sequence, ${one}_after, ${two}_after, tenant_id),
    CHECK (sequence IS NOT NULL OR (${one} = 0 AND ${two} = 0))
  );`;

export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE customers_settings (
      tenant_id integer NOT NULL REFERENCES tenants,
      settings json NOT NULL,
      updated_at timestamptz NOT NULL,
      PRIMARY KEY (tenant_id)
    );
    COMMENT ON TABLE customers_settings IS 'a tenant without a row goes by the defaults of the code';

    -- What was bought, at the till or online, by the name its source gave it.
    CREATE TABLE customers_purchases (
      reference text NOT NULL,
      source text NOT NULL CHECK (source IN ('order', 'pos')),
      tenant_id integer NOT NULL REFERENCES tenants,
      customer_id text,
      amount_cents bigint CHECK (amount_cents >= 0),
      state text NOT NULL CHECK (state IN ('counted', 'reversed', 'barred')),
      happened_at timestamptz,
      cancelled_at timestamptz,
      cancelled_for_good boolean NOT NULL DEFAULT false,
      PRIMARY KEY (reference, source, tenant_id),
      FOREIGN KEY (customer_id, tenant_id) REFERENCES customers,
      CHECK (state = 'barred' OR (customer_id IS NOT NULL AND amount_cents IS NOT NULL AND happened_at IS NOT NULL)),
      CHECK (state = 'counted' OR cancelled_at IS NOT NULL)
    );
    COMMENT ON COLUMN customers_purchases.state IS 'barred: cancelled before it was heard of; what was completed before that gives nothing';
    COMMENT ON COLUMN customers_purchases.cancelled_for_good IS 'false: by the order service itself, whose orders may come back when they are paid late';
    CREATE INDEX customers_purchases_counted ON customers_purchases (customer_id, tenant_id, happened_at) WHERE state = 'counted';

    ${ledger('customers_purchase_movements', ['purchases', 'spent_cents'], `
    source text NOT NULL,
    reference text NOT NULL,
    happened_at timestamptz NOT NULL,
    CHECK ((kind = 'purchase' AND purchases = 1 AND spent_cents >= 0) OR (kind = 'reversal' AND purchases = -1 AND spent_cents <= 0)),
    UNIQUE (reference, source, kind, tenant_id),`)}
    ${figures('customers_statistics', 'customers_purchase_movements', ['purchases', 'spent_cents'], `
    first_purchase_at timestamptz,
    last_purchase_at timestamptz,
    segment text NOT NULL CHECK (segment IN ('new', 'regular', 'frequent', 'vip')),
    decided_on json NOT NULL,
    decided_at timestamptz NOT NULL,
    review_at timestamptz,`)}
    COMMENT ON COLUMN customers_statistics.decided_on IS 'the figures and thresholds that made the segment';
    COMMENT ON COLUMN customers_statistics.review_at IS 'when the oldest purchase of the twelve months leaves them';
    CREATE INDEX customers_statistics_review ON customers_statistics (review_at) WHERE review_at IS NOT NULL;
    CREATE INDEX customers_statistics_decided ON customers_statistics (tenant_id, decided_at);
    CREATE INDEX customers_statistics_segment ON customers_statistics (tenant_id, segment, customer_id);

    ${ledger('customers_point_movements', ['points', 'debt'], `
    lot integer,
    reference text NOT NULL,
    note text,
    CHECK (kind IN ('earned', 'spent', 'expired', 'reversed', 'debt', 'debt_paid', 'adjusted')),
    CHECK ((lot IS NULL) = (kind = 'debt')),`)}
    CREATE INDEX customers_point_movements_reference ON customers_point_movements (reference, customer_id, tenant_id);
    ${figures('customers_points', 'customers_point_movements', ['points', 'debt'], `
    earned bigint NOT NULL DEFAULT 0 CHECK (earned >= 0),`)}
    COMMENT ON COLUMN customers_points.earned IS 'by purchases that were not taken back: the tier';
    COMMENT ON COLUMN customers_points.debt IS 'spent of what was then taken back; the next points pay it first';
    CREATE TABLE customers_point_lots (
      customer_id text NOT NULL,
      lot integer NOT NULL,
      tenant_id integer NOT NULL,
      source text NOT NULL CHECK (source IN ('order', 'pos', 'manual')),
      reference text NOT NULL,
      earned bigint NOT NULL CHECK (earned > 0),
      remaining bigint NOT NULL CHECK (remaining >= 0),
      used bigint NOT NULL CHECK (used >= 0),
      expired bigint NOT NULL CHECK (expired >= 0),
      reversed bigint NOT NULL CHECK (reversed >= 0),
      earned_at timestamptz NOT NULL,
      expires_at timestamptz NOT NULL,
      warned_at timestamptz,
      PRIMARY KEY (customer_id, lot, tenant_id),
      UNIQUE (customer_id, reference, source, tenant_id),
      FOREIGN KEY (customer_id, lot, tenant_id) REFERENCES customers_point_movements,
      CHECK (earned = remaining + used + expired + reversed)
    );
    COMMENT ON COLUMN customers_point_lots.lot IS 'the sequence of the movement that earned it';
    CREATE INDEX customers_point_lots_open ON customers_point_lots (expires_at, customer_id, tenant_id) WHERE remaining > 0;

    ${ledger('customers_credit_movements', ['used_cents', 'favour_cents'], `
    limit_cents bigint,
    reference text,
    note text,
    CHECK (kind IN ('used', 'paid', 'adjusted', 'limit')),
    CHECK ((kind = 'limit') = (reference IS NULL)),
    CHECK (kind <> 'limit' OR (used_cents = 0 AND favour_cents = 0)),
    UNIQUE (reference, customer_id, kind, tenant_id),`)}
    COMMENT ON COLUMN customers_credit_movements.limit_cents IS 'of kind limit: the new one; null: the tenant''s default again';
    ${figures('customers_credit', 'customers_credit_movements', ['used_cents', 'favour_cents'], `
    limit_cents bigint CHECK (limit_cents >= 0),
    CHECK (used_cents = 0 OR favour_cents = 0),`)}

    GRANT SELECT, INSERT, UPDATE ON ${TABLES.join(', ')} TO marketplace_system, marketplace_tenant;
    REVOKE UPDATE ON ${LEDGERS.join(', ')} FROM marketplace_system, marketplace_tenant;
  `);
  for (const table of TABLES) {
    await knex.raw(`
      ALTER TABLE ${table} ENABLE ROW LEVEL SECURITY;
      ALTER TABLE ${table} FORCE ROW LEVEL SECURITY;
      CREATE POLICY ${table}_system ON ${table} TO marketplace_system USING (true);
      CREATE POLICY ${table}_tenant ON ${table} TO marketplace_tenant USING (tenant_id = current_tenant());
    `);
  }
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`DROP TABLE customers_point_lots, customers_purchases, customers_statistics, customers_points, customers_credit,
    ${LEDGERS.join(', ')}, customers_settings;`);
}
