import { randomBytes } from 'node:crypto';
import { statfs } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import pg from 'pg';
import { migrate } from '../../src/kernel/migrate.ts';
import { startScratchPostgres } from '../scratch-postgres.ts';
import { ORGANIZATION, PRICE_CENTS, SELLER, TENANT } from './orders.ts';

/** A fresh, migrated, filled database on a durable server. */
export interface Stage {
  url: string;
  admin: pg.Client;
  server: Record<string, string>;
  close(): Promise<void>;
}

const STOCK = 100_000_000;
const TMPFS = 0x01021994;
const SETTINGS = ['server_version', 'fsync', 'synchronous_commit', 'full_page_writes', 'wal_sync_method', 'shared_buffers', 'max_wal_size'];

export async function openStage(databaseUrl: string | undefined, products: number, tell: (line: string) => void): Promise<Stage> {
  const server = databaseUrl === undefined ? await embedded(tell) : { url: databaseUrl, stop: async () => undefined };
  const name = `bench_${randomBytes(4).toString('hex')}`;
  try {
    await onServer(server.url, `CREATE DATABASE ${name}`);
    const url = new URL(server.url);
    url.pathname = `/${name}`;
    await migrate(url.href);
    const admin = new pg.Client({ connectionString: url.href, application_name: 'bench' });
    await admin.connect();
    await fill(admin, products);
    const close = async () => {
      await admin.end();
      await onServer(server.url, `DROP DATABASE ${name} WITH (FORCE)`);
      await server.stop();
    };
    return { url: url.href, admin, server: await durableSettings(admin), close };
  } catch (error) {
    await server.stop();
    throw error;
  }
}

async function embedded(tell: (line: string) => void) {
  if ((await statfs(tmpdir())).type === TMPFS) {
    tell(`${tmpdir()} is memory, where fsync costs nothing: set TMPDIR to a folder on a disk, or BENCH_DATABASE_URL`);
  }
  return startScratchPostgres({ fsync: 'on', synchronous_commit: 'on' });
}

async function onServer(url: string, statement: string): Promise<void> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  await client.query(statement).finally(() => client.end());
}

/** One tenant, one seller, so many products of one price, plenty of stock of each, and the ledger that explains it. */
async function fill(admin: pg.Client, products: number): Promise<void> {
  await admin.query(`
    INSERT INTO tenants (tenant_id, organization_id, nombre, razon_social, cuenta_bancaria, email, telefono, calle, numero, ciudad, provincia, codigo_postal)
      VALUES (${TENANT}, '${ORGANIZATION}', 'Medición', 'Medición SA', '0', 'bench@example.com', '0', 'Calle', '1', 'CABA', 'CABA', '1000');
    INSERT INTO sellers (comercio_id, tenant_id, nombre) VALUES (${SELLER}, ${TENANT}, 'Sucursal Centro');
    INSERT INTO categories (categoria_id, tenant_id, nombre) VALUES (1, ${TENANT}, 'Medición');
    INSERT INTO products (producto_id, tenant_id, categoria_id, nombre_producto, descripcion, precio_centavos)
      SELECT n, ${TENANT}, 1, 'Producto ' || n, 'Producto de la medición', ${PRICE_CENTS} FROM generate_series(1, ${products}) AS n;
    INSERT INTO stock (tenant_id, comercio_id, producto_id, cantidad)
      SELECT ${TENANT}, ${SELLER}, n, 0 FROM generate_series(1, ${products}) AS n;
    INSERT INTO stock_ledger (tenant_id, comercio_id, producto_id, version, cantidad_anterior, cantidad_nueva, motivo)
      SELECT ${TENANT}, ${SELLER}, n, 1, 0, ${STOCK}, 'ajuste' FROM generate_series(1, ${products}) AS n;
    UPDATE stock SET cantidad = ${STOCK}, version = 1;
    SELECT create_event_partitions(1)`);
}

/** @throws Error for a server that answers before its writes are safe: its figures would mean nothing. */
async function durableSettings(admin: pg.Client): Promise<Record<string, string>> {
  const { rows } = await admin.query<{ name: string; setting: string }>(
    `SELECT name, current_setting(name) AS setting FROM unnest($1::text[]) AS name`, [SETTINGS],
  );
  const settings = Object.fromEntries(rows.map(({ name, setting }) => [name, setting]));
  for (const name of ['fsync', 'synchronous_commit', 'full_page_writes']) {
    if (settings[name] !== 'on') throw new Error(`the server runs with ${name}=${settings[name]}; the benchmark is of durable writes only`);
  }
  return settings;
}
