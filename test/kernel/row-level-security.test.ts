import assert from 'node:assert/strict';
import pg from 'pg';
import { openDatabase, type Actor, type Database } from '../../src/kernel/database.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { openShop, type Shop } from '../support/shop.ts';

const ROLES = ['marketplace_system', 'marketplace_tenant'];
/** Tables that belong to no tenant, and what a tenant's requests may do with them all the same. */
const INFRASTRUCTURE: Record<string, string[]> = {
  events: [],
  inbox: [],
  parked_events: [],
  rate_limits: [],
  relay_slots: [],
  relays: ['SELECT (alive_until)', 'SELECT (asleep)', 'SELECT (circuit_open_until)', 'SELECT (destination)'],
  sagas: [],
  schema_migrations: [],
  schema_migrations_lock: [],
};
/**
 * Two are read before it is known whose request it is: by e-mail at login, by token at refresh. The third holds what
 * a shop tells whoever walks by, the fourth the pictures of its goods, which `<img>` asks for without a token. Of
 * `organizations` the asker's own rights show it one row.
 */
const VIEWS_OF_TENANTS = ['login_accounts', 'nearby_sellers', 'organizations', 'refresh_sessions', 'shown_pictures'];
const PRIVILEGES = ['SELECT', 'INSERT', 'UPDATE', 'DELETE', 'TRUNCATE', 'REFERENCES', 'TRIGGER'];

/** A customer's, in the order in which they point at one another. */
const CUSTOMER_ROWS = [
  `customers_settings (tenant_id, settings, updated_at) VALUES ($1, '{}', now())`,
  `customers_purchases (tenant_id, reference, source, customer_id, amount_cents, state, happened_at)
   VALUES ($1, 'r', 'pos', 'c', 100, 'counted', now())`,
  `customers_purchase_movements (tenant_id, customer_id, sequence, kind, purchases, spent_cents, purchases_after, spent_cents_after, source,
     reference, happened_at, recorded_at) VALUES ($1, 'c', 1, 'purchase', 1, 100, 1, 100, 'pos', 'r', now(), now())`,
  `customers_statistics (tenant_id, customer_id, sequence, purchases, spent_cents, segment, decided_on, decided_at)
   VALUES ($1, 'c', 1, 1, 100, 'new', '{}', now())`,
  `customers_point_movements (tenant_id, customer_id, sequence, kind, lot, points, debt, points_after, debt_after, reference, recorded_at)
   VALUES ($1, 'c', 1, 'earned', 1, 10, 0, 10, 0, 'r', now())`,
  `customers_points (tenant_id, customer_id, sequence, points) VALUES ($1, 'c', 1, 10)`,
  `customers_point_lots (tenant_id, customer_id, lot, source, reference, earned, remaining, used, expired, reversed, earned_at, expires_at)
   VALUES ($1, 'c', 1, 'pos', 'r', 10, 10, 0, 0, 0, now(), now())`,
  `customers_credit_movements (tenant_id, customer_id, sequence, kind, used_cents, favour_cents, used_cents_after, favour_cents_after,
     reference, recorded_at) VALUES ($1, 'c', 1, 'used', 5, 0, 5, 0, 'r', now())`,
  `customers_credit (tenant_id, customer_id, sequence, used_cents) VALUES ($1, 'c', 1, 5)`,
];

const sorted = (names: Iterable<string>) => [...names].sort();
const withState = (code: string) => (error: unknown) => error instanceof pg.DatabaseError && error.code === code;
const [CHECK_VIOLATION, NO_RIGHT] = ['23514', '42501'];

describe('what Postgres itself guarantees', () => {
  let cloned: TestDatabase;
  let database: Database;
  let [a, b]: Shop[] = [];

  /** As the owner of the tables: a superuser here, the login of the service elsewhere. */
  const asOwner = async <Row extends object>(sql: string, values: unknown[] = []) => (await database.pool.query<Row>(sql, values)).rows;
  const names = async (sql: string) => (await asOwner<{ name: string }>(sql)).map(({ name }) => name);
  const as = (actor: Actor, sql: string, values: unknown[] = []) => database.transaction(actor, (trx) => trx.run(sql, values));
  const tablesOfTenants = () =>
    names(`SELECT c.relname AS name FROM pg_class c JOIN pg_attribute t ON t.attrelid = c.oid AND t.attname = 'tenant_id' AND t.attnum > 0
           WHERE c.relnamespace = 'public'::regnamespace AND c.relkind IN ('r', 'p') AND NOT t.attisdropped ORDER BY 1`);

  before(async () => {
    cloned = await cloneDatabase();
    database = openDatabase(cloned.url, { max: 4, onError: () => undefined });
    [a, b] = [await openShop(database), await openShop(database)];
    for (const { tenantId, comercioId, productos } of [a, b] as Shop[]) await fillEveryTable(tenantId, comercioId, productos[0] as number);
  });
  after(async () => {
    await database.close();
    await cloned.drop();
  });

  /** A row of this tenant in every table that openShop leaves empty. */
  const fillEveryTable = async (tenantId: number, comercioId: number, productoId: number) => {
    // The system reads promotions and pictures and writes none.
    await as(
      { tenantId },
      `WITH promotion AS (
         INSERT INTO promotions (tenant_id, nombre, tipo_promocion, valor_centesimos, fecha_inicio, fecha_fin)
         VALUES ($1, 'x', 'monto', 1, '2024-01-15', '2024-01-16') RETURNING tenant_id, promocion_id)
       INSERT INTO promotion_products (tenant_id, promocion_id, producto_id) SELECT *, $2 FROM promotion`,
      [tenantId, productoId],
    );
    const picture = `INSERT INTO product_pictures (tenant_id, producto_id, posicion, media_type, bytes) VALUES ($1, $2, 0, 'image/png', '')`;
    await as({ tenantId }, picture, [tenantId, productoId]);
    await database.transaction('system', async (trx) => {
      await trx.run(`INSERT INTO categories (tenant_id, nombre) VALUES ($1, 'Pizzas')`, [tenantId]);
      const user = await trx.one<{ id: number }>(
        `INSERT INTO users (tenant_id, nombre, email, password_hash, rol) VALUES ($1, 'Ana', $2, 'x', 'admin') RETURNING usuario_id AS id`,
        [tenantId, `ana${tenantId}@ejemplo.com`],
      );
      await trx.run(`INSERT INTO user_sellers (tenant_id, usuario_id, comercio_id) VALUES ($1, $2, $3)`, [tenantId, user.id, comercioId]);
      await trx.run(
        `INSERT INTO refresh_tokens (tenant_id, usuario_id, token_hash, expira_en) VALUES ($1, $2, decode(md5($3), 'hex'), now())`,
        [tenantId, user.id, String(tenantId)],
      );
      await trx.run('INSERT INTO seller_hours (tenant_id, comercio_id, dia) VALUES ($1, $2, 1)', [tenantId, comercioId]);
      const order = await trx.one<{ id: number }>(
        `INSERT INTO orders (tenant_id, comercio_id, pedido_id, cliente_nombre, direccion_entrega, medios_pago, total_centavos)
         VALUES ($1, $2, $3, 'x', 'x', 'fiat', 1) RETURNING orden_id AS id`,
        [tenantId, comercioId, `P${tenantId}`],
      );
      await trx.run(
        `INSERT INTO order_lines (tenant_id, orden_id, linea, producto_id, nombre_producto, cantidad, precio_centavos, iva_pct)
         VALUES ($1, $2, 1, $3, 'x', 1, 1, 21)`,
        [tenantId, order.id, productoId],
      );
      await trx.run(`INSERT INTO order_history (tenant_id, orden_id, paso, estado, causa) VALUES ($1, $2, 1, 'listo', 'x')`, [tenantId, order.id]);
      await trx.run(`INSERT INTO outbox (tenant_id, ordering_key, topic, payload) VALUES ($1, 'x', 'x', '{}')`, [tenantId]);
      await trx.run(
        `INSERT INTO pending_requests (trace_id, tenant_id, topic, subject, expires_at) VALUES (gen_random_uuid(), $1, 'x', 'x', now())`,
        [tenantId],
      );
    });
    await fillOrdering(tenantId);
  };

  const fillOrdering = (tenantId: number) =>
    database.transaction({ tenantId }, async (trx) => {
      const cart = '00000000-0000-4000-8000-000000000001';
      for (const sql of [
        `ordering_products (tenant_id, product_id, updated_at) VALUES ($1, 'p', now())`,
        `ordering_variants (tenant_id, variant_id, updated_at) VALUES ($1, 'v', now())`,
        `ordering_availability (tenant_id, variant_id, warehouse_id, total, available, reserved, damaged, as_of)
         VALUES ($1, 'v', 'w', 1, 1, 0, 0, now())`,
        `ordering_carts (tenant_id, cart_id, customer_id, currency, created_at, updated_at) VALUES ($1, '${cart}', 'c', 'ARS', now(), now())`,
        `ordering_cart_items (tenant_id, cart_id, variant_id, quantity, unit_price_cents, added_at) VALUES ($1, '${cart}', 'v', 1, 1, now())`,
        `ordering_waitlist (tenant_id, customer_id, variant_id, created_at) VALUES ($1, 'c', 'v', now())`,
        `ordering_order_numbers (tenant_id, year, last) VALUES ($1, 2025, 1)`,
        `ordering_orders (tenant_id, order_id, order_number, customer_id, cart_id, state, currency, total_cents, placed_at, updated_at)
         VALUES ($1, 'o', 'ORD-2025-000001', 'c', '${cart}', 'payment_pending', 'ARS', 1, now(), now())`,
        `ordering_order_lines (tenant_id, order_id, position, variant_id, quantity, unit_price_cents) VALUES ($1, 'o', 1, 'v', 1, 1)`,
        `ordering_order_steps (tenant_id, order_id, state, taken_at) VALUES ($1, 'o', 'payment_pending', now())`,
        `ordering_reservations (tenant_id, order_id, state, expires_at, updated_at) VALUES ($1, 'o', 'held', now(), now())`,
        `ordering_reservation_items (tenant_id, order_id, variant_id, warehouse_id, quantity, counted) VALUES ($1, 'o', 'v', 'w', 1, true)`,
        `ordering_payments (tenant_id, payment_id, order_id, gateway, gateway_payment_id, amount_cents, currency, created_at, updated_at)
         VALUES ($1, gen_random_uuid(), 'o', 'stripe', gen_random_uuid(), 1, 'ARS', now(), now())`,
        `ordering_checkout_orders (tenant_id, order_id) VALUES ($1, 'o')`,
        `customers (tenant_id, customer_id, created_at, updated_at) VALUES ($1, 'c', now(), now())`,
        ...CUSTOMER_ROWS,
        `notifications (tenant_id, customer_id, name, data, dedupe_key, created_at) VALUES ($1, 'c', 'x', '{}', 'x', now())`,
        `notification_deliveries (tenant_id, notification_id, channel, state)
         SELECT $1, notification_id, 'email', 'pending' FROM notifications`,
      ]) {
        await trx.run(`INSERT INTO ${sql}`, [tenantId]);
      }
    });

  describe('one tenant sees and changes its own rows only', () => {
    it('by row-level security, forced, with a policy for both roles, on every table that has a tenant_id', async () => {
      const rows = await asOwner<{ name: string; enabled: boolean; forced: boolean; roles: string[] }>(
        `SELECT c.relname AS name, c.relrowsecurity AS enabled, c.relforcerowsecurity AS forced,
                coalesce((SELECT array_agg(DISTINCT r.rolname::text) FROM pg_policy p JOIN pg_roles r ON r.oid = ANY(p.polroles)
                          WHERE p.polrelid = c.oid), '{}') AS roles
         FROM pg_class c WHERE c.relname = ANY($1) AND c.relnamespace = 'public'::regnamespace`,
        [await tablesOfTenants()],
      );
      assert.ok(rows.length >= 14, 'the tables were not found');
      for (const { name, enabled, forced, roles } of rows) {
        assert.deepEqual({ name, enabled, forced, roles: sorted(roles) }, { name, enabled: true, forced: true, roles: ROLES });
      }
    });

    it("by policies that say nothing but the tenant's own id, for reading and for writing", async () => {
      const policies = await asOwner<{ using: string; check: string | null; command: string }>(
        `SELECT pg_get_expr(polqual, polrelid) AS using, pg_get_expr(polwithcheck, polrelid) AS check, polcmd AS command
         FROM pg_policy WHERE 'marketplace_tenant'::regrole = ANY(polroles)`,
      );
      for (const policy of policies) assert.deepEqual(policy, { using: '(tenant_id = current_tenant())', check: null, command: '*' });
    });

    it('by roles that cannot go around it, and that nobody logs in as', async () => {
      const rows = await asOwner(
        `SELECT rolname, rolsuper, rolbypassrls, rolcanlogin, rolcreaterole FROM pg_roles WHERE rolname = ANY($1) ORDER BY 1`,
        [ROLES],
      );
      const powerless = { rolsuper: false, rolbypassrls: false, rolcanlogin: false, rolcreaterole: false };
      assert.deepEqual(rows, ROLES.map((rolname) => ({ rolname, ...powerless })));
      assert.deepEqual(await names(`SELECT relname AS name FROM pg_class WHERE relowner = 'marketplace_tenant'::regrole`), []);
    });

    it('in a query without WHERE', async () => {
      for (const table of await tablesOfTenants()) {
        for (const { tenantId } of [a, b] as Shop[]) {
          const rows = await database.transaction({ tenantId }, (trx) => trx.rows<{ tenant_id: number }>(`SELECT tenant_id FROM ${table}`));
          assert.deepEqual([...new Set(rows.map((row) => row.tenant_id))], [tenantId], table);
        }
        const none = await database.transaction({ tenantId: 0 }, (trx) => trx.rows(`SELECT FROM ${table}`));
        assert.equal(none.length, 0, `${table}: a tenant that does not exist sees rows`);
      }
    });

    it('and of the organizations the tenants have, its own', async () => {
      const { tenantId } = a as Shop;
      const rows = await database.transaction({ tenantId }, (trx) => trx.rows('SELECT tenant_id FROM organizations'));
      assert.deepEqual(rows, [{ tenant_id: tenantId }]);
    });

    it('and nothing at all when the transaction names no tenant', async () => {
      const seen = await database.pool.query(`BEGIN; SET LOCAL ROLE marketplace_tenant; SELECT * FROM products; ROLLBACK`);
      assert.equal((seen as unknown as pg.QueryResult[])[2]?.rowCount, 0);
    });

    it("in an UPDATE or DELETE of another's rows, which finds none", async () => {
      const { tenantId } = a as Shop;
      for (const table of await tablesOfTenants()) {
        for (const sql of [`UPDATE ${table} SET tenant_id = tenant_id WHERE tenant_id = $1`, `DELETE FROM ${table} WHERE tenant_id = $1`]) {
          const touched = await as({ tenantId }, sql, [(b as Shop).tenantId]).catch((error: unknown) => {
            assert.ok(withState(NO_RIGHT)(error), `${sql}: ${String(error)}`);
            return 0;
          });
          assert.equal(touched, 0, sql);
        }
      }
    });

    it("in an INSERT of another's row, or a gift of one's own, which is refused", async () => {
      const { tenantId } = a as Shop;
      const other = (b as Shop).tenantId;
      const attempts = [
        [`INSERT INTO categories (tenant_id, nombre) VALUES (${other}, 'x')`],
        [`INSERT INTO products (tenant_id, nombre_producto, precio_centavos) VALUES (${other}, 'x', 1)`],
        [`INSERT INTO sellers (tenant_id, nombre) VALUES (${other}, 'x')`],
        [`INSERT INTO outbox (tenant_id, ordering_key, topic, payload) VALUES (${other}, 'x', 'x', '{}')`],
        [`INSERT INTO outbox (ordering_key, topic, payload) VALUES ('x', 'x', '{}')`],
        [`INSERT INTO pending_requests (trace_id, tenant_id, topic, subject, expires_at) VALUES (gen_random_uuid(), ${other}, 'x', 'x', now())`],
        [`INSERT INTO promotions (tenant_id, nombre, tipo_promocion, valor_centesimos, fecha_inicio, fecha_fin)
          VALUES (${other}, 'x', 'monto', 1, '2024-01-15', '2024-01-16')`],
        [`UPDATE promotions SET tenant_id = ${other}`],
        [`INSERT INTO ordering_waitlist (tenant_id, customer_id, variant_id, created_at) VALUES (${other}, 'c', 'v2', now())`],
        [`INSERT INTO ordering_order_numbers (tenant_id, year, last) VALUES (${other}, 2026, 1)`],
        [`UPDATE ordering_orders SET tenant_id = ${other}`],
        [`UPDATE ordering_payments SET tenant_id = ${other}`],
        [`UPDATE categories SET tenant_id = ${other}`],
        [`UPDATE tenants SET tenant_id = ${other}`],
      ].flat();
      for (const sql of attempts) await assert.rejects(as({ tenantId }, sql), withState(NO_RIGHT), sql);
    });
  });

  describe('what belongs to no tenant', () => {
    it('is an explicit list of tables', async () => {
      const all = await names(
        `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('r', 'p') AND NOT relispartition`,
      );
      const ofTenants = new Set(await tablesOfTenants());
      assert.deepEqual(sorted(all.filter((name) => !ofTenants.has(name))), sorted(Object.keys(INFRASTRUCTURE)));
    });

    it("is out of the reach of a tenant's requests, but for what a relay says of itself", async () => {
      const partitions = await names(`SELECT inhrelid::regclass::text AS name FROM pg_inherits WHERE inhparent = 'events'::regclass`);
      for (const table of [...Object.keys(INFRASTRUCTURE), ...partitions]) {
        const granted = await names(
          `SELECT p AS name FROM unnest(ARRAY['${PRIVILEGES.join("','")}']) AS p WHERE has_table_privilege('marketplace_tenant', '${table}', p)
           UNION ALL SELECT format('%s (%s)', x.privilege_type, a.attname) FROM pg_attribute a, aclexplode(a.attacl) AS x
           WHERE a.attrelid = '${table}'::regclass AND x.grantee = 'marketplace_tenant'::regrole`,
        );
        assert.deepEqual(sorted(granted), INFRASTRUCTURE[table] ?? [], table);
      }
    });

    it("leaves a tenant's requests its views, and no function that runs as its owner", async () => {
      const views = await names(
        `SELECT relname AS name FROM pg_class WHERE relnamespace = 'public'::regnamespace AND relkind IN ('v', 'm')
         AND has_table_privilege('marketplace_tenant', oid, 'SELECT')`,
      );
      assert.deepEqual(sorted(views), VIEWS_OF_TENANTS);
      const writable = await names(
        `SELECT relname AS name FROM pg_class, unnest(ARRAY['INSERT', 'UPDATE', 'DELETE']) AS p WHERE relkind IN ('v', 'm')
         AND relnamespace = 'public'::regnamespace AND has_table_privilege('marketplace_tenant', oid, p)`,
      );
      assert.deepEqual(writable, []);
      const definers = await names(
        `SELECT proname AS name FROM pg_proc WHERE pronamespace = 'public'::regnamespace AND prosecdef
         AND has_function_privilege('marketplace_tenant', oid, 'EXECUTE')`,
      );
      assert.deepEqual(definers, []);
    });
  });

  it('every foreign key between tables of tenants includes the tenant', async () => {
    const keys = await asOwner<{ name: string; columns: string[]; referenced: string[] }>(
      `SELECT conname AS name, ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = conrelid AND attnum = ANY(conkey)) AS columns,
              ARRAY(SELECT attname::text FROM pg_attribute WHERE attrelid = confrelid AND attnum = ANY(confkey)) AS referenced
       FROM pg_constraint WHERE contype = 'f' AND connamespace = 'public'::regnamespace`,
    );
    assert.ok(keys.length >= 14, 'the foreign keys were not found');
    for (const { name, columns, referenced } of keys) {
      assert.ok(columns.includes('tenant_id') && referenced.includes('tenant_id'), `${name}: ${columns.join()} → ${referenced.join()}`);
    }
  });

  describe("a customer's balances agree with their ledgers, whoever writes", () => {
    const of = () => `tenant_id = ${(a as Shop).tenantId}`;
    const refused = (sql: string, why: RegExp) => assert.rejects(asOwner(sql), (error: unknown) => (assert.match(String(error), why, sql), true));

    it('no balance without the entry that made it', async () => {
      await refused(`UPDATE customers_points SET points = 11 WHERE ${of()}`, /foreign key/);
      await refused(`UPDATE customers_credit SET used_cents = 4 WHERE ${of()}`, /foreign key/);
      await refused(`UPDATE customers_statistics SET spent_cents = 0, purchases = 0, sequence = NULL, segment = NULL WHERE ${of()}`, /null value/);
      await refused(`UPDATE customers_statistics SET sequence = NULL WHERE ${of()}`, /check constraint/);
    });

    it('no entry that does not begin where the one before it ended, or that brings a balance below zero', async () => {
      const entry = (sequence: number, points: number, after: number) =>
        `INSERT INTO customers_point_movements (tenant_id, customer_id, sequence, kind, lot, points, debt, points_after, debt_after, reference, recorded_at)
         VALUES (${(a as Shop).tenantId}, 'c', ${sequence}, 'spent', 1, ${points}, 0, ${after}, 0, 'x', now())`;
      await refused(entry(2, -5, 6), /foreign key/);
      await refused(entry(3, -5, 5), /foreign key/);
      await refused(entry(2, -11, -1), /check constraint/);
      await refused(entry(1, 3, 3), /duplicate key/);
    });

    it('no entry is changed or removed', async () => {
      for (const table of ['customers_purchase_movements', 'customers_point_movements', 'customers_credit_movements']) {
        await refused(`UPDATE ${table} SET kind = kind WHERE ${of()}`, /append-only/);
        await refused(`DELETE FROM ${table} WHERE ${of()}`, /append-only/);
        await assert.rejects(as('system', `UPDATE ${table} SET kind = kind WHERE ${of()}`), withState(NO_RIGHT));
      }
    });
  });

  describe('stock agrees with its ledger, whoever writes', () => {
    const writers = () => ({ owner: undefined, system: 'system' as const, tenant: { tenantId: (a as Shop).tenantId } });
    const write = (actor: Actor | undefined, sql: string) => (actor === undefined ? asOwner(sql) : as(actor, sql));
    const shelf = () => `tenant_id = ${(a as Shop).tenantId}`;

    for (const who of ['owner', 'system', 'tenant'] as const) {
      const refuses = async (sql: string, why: RegExp) => {
        await assert.rejects(write(writers()[who], sql), (error: unknown) => {
          assert.match(String(error), why, sql);
          return true;
        });
      };

      it(`the ${who} cannot change an amount without its ledger entry`, async () => {
        await refuses(`UPDATE stock SET cantidad = cantidad - 1 WHERE ${shelf()}`, /without its ledger entry/);
        await refuses(`UPDATE stock SET cantidad = 99, version = version + 1 WHERE ${shelf()}`, /without its ledger entry/);
        const { tenantId, comercioId, productos } = a as Shop;
        await refuses(
          `INSERT INTO stock (tenant_id, comercio_id, producto_id, cantidad) VALUES (${tenantId}, ${comercioId}, ${productos[0]}, 5)
           ON CONFLICT (tenant_id, comercio_id, producto_id) DO UPDATE SET cantidad = 5`,
          /without its ledger entry/,
        );
      });

      it(`the ${who} cannot take it back to an earlier entry, or to none`, async () => {
        const { tenantId } = await openShop(database, { stock: 100 });
        await database.transaction({ tenantId }, async (trx) => {
          await trx.run(
            `INSERT INTO stock_ledger (tenant_id, comercio_id, producto_id, version, cantidad_anterior, cantidad_nueva, motivo)
             SELECT tenant_id, comercio_id, producto_id, 2, 100, 99, 'venta' FROM stock`,
          );
          await trx.run('UPDATE stock SET cantidad = 99, version = 2');
        });
        const actor = who === 'tenant' ? { tenantId } : writers()[who];
        for (const earlier of ['cantidad = 100, version = 1', 'cantidad = 0, version = 0']) {
          await assert.rejects(write(actor, `UPDATE stock SET ${earlier} WHERE tenant_id = ${tenantId}`), /ledger/, earlier);
        }
      });

      it(`the ${who} cannot bring it below zero`, async () => {
        await refuses(`UPDATE stock SET cantidad = -1 WHERE ${shelf()}`, /stock_never_below_zero/);
        await refuses(
          `INSERT INTO stock_ledger (tenant_id, comercio_id, producto_id, version, cantidad_anterior, cantidad_nueva, motivo)
           SELECT tenant_id, comercio_id, producto_id, version + 1, cantidad, -1, 'venta' FROM stock WHERE ${shelf()}`,
          /cantidad_nueva_check/,
        );
      });

      it(`the ${who} cannot change or remove an entry`, async () => {
        const why = who === 'owner' ? /append-only/ : /permission denied|append-only/;
        await refuses(`UPDATE stock_ledger SET cantidad_nueva = 1 WHERE ${shelf()}`, why);
        await refuses(`DELETE FROM stock_ledger WHERE ${shelf()}`, why);
        await refuses('TRUNCATE stock_ledger', why);
        await refuses('TRUNCATE stock CASCADE', why);
      });
    }

    it('a change with its entry is taken', async () => {
      const { tenantId } = a as Shop;
      const changed = await database.transaction({ tenantId }, async (trx) => {
        await trx.run(
          `INSERT INTO stock_ledger (tenant_id, comercio_id, producto_id, version, cantidad_anterior, cantidad_nueva, motivo)
           SELECT tenant_id, comercio_id, producto_id, version + 1, cantidad, cantidad - 3, 'venta' FROM stock`,
        );
        return trx.run('UPDATE stock SET cantidad = cantidad - 3, version = version + 1');
      });
      assert.equal(changed, 1);
    });

    it('an entry that leaves out its amount is refused by its constraints', async () => {
      const sql = `INSERT INTO stock_ledger (tenant_id, comercio_id, producto_id, version, cantidad_anterior, cantidad_nueva, motivo)
        SELECT tenant_id, comercio_id, producto_id, version + 1, cantidad, cantidad, 'regalo' FROM stock WHERE ${shelf()}`;
      await assert.rejects(asOwner(sql), withState(CHECK_VIOLATION));
    });
  });
});
