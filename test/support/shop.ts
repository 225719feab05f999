import { randomUUID } from 'node:crypto';
import type { Database } from '../../src/kernel/database.ts';

/** A tenant with one seller and products in stock, written straight into the database. */
export interface Shop {
  tenantId: number;
  comercioId: number;
  email: string;
  productos: number[];
}

export interface ShopOptions {
  productos?: number;
  stock?: number;
  /** Pesos. */
  precio?: number;
  preparacion?: 'manual' | 'automatica';
}

export async function openShop(database: Database, options: ShopOptions = {}): Promise<Shop> {
  const { productos = 1, stock = 100, precio = 450.75, preparacion = 'manual' } = options;
  const email = `${randomUUID()}@ejemplo.com`;
  return database.transaction('system', async (trx) => {
    const { tenantId } = await trx.one<{ tenantId: number }>(
      `INSERT INTO tenants (organization_id, nombre, razon_social, cuenta_bancaria, email, telefono, calle, numero, ciudad,
         provincia, codigo_postal, preparacion)
       VALUES ($1, 'Mi Negocio', 'Mi Negocio S.A.', '1234567890', $2, '1234567890', 'Av. Corrientes', '1234', 'Buenos Aires',
         'CABA', '1043', $3) RETURNING tenant_id AS "tenantId"`,
      [randomUUID(), email, preparacion],
    );
    const { comercioId } = await trx.one<{ comercioId: number }>(
      `INSERT INTO sellers (tenant_id, nombre) VALUES ($1, 'Sucursal Centro') RETURNING comercio_id AS "comercioId"`,
      [tenantId],
    );
    const rows = await trx.rows<{ id: number }>(
      `INSERT INTO products (tenant_id, nombre_producto, descripcion, precio_centavos)
       SELECT $1, 'Producto ' || n, 'Un producto', $2 FROM generate_series(1, $3) AS n RETURNING producto_id AS id`,
      [tenantId, Math.round(precio * 100), productos],
    );
    const ids = rows.map(({ id }) => id);
    await trx.run(`INSERT INTO stock (tenant_id, comercio_id, producto_id, cantidad) SELECT $1, $2, unnest($3::int[]), 0`, [
      tenantId, comercioId, ids,
    ]);
    if (stock > 0) {
      await trx.run(
        `INSERT INTO stock_ledger (tenant_id, comercio_id, producto_id, version, cantidad_anterior, cantidad_nueva, motivo)
         SELECT $1, $2, unnest($3::int[]), 1, 0, $4, 'ajuste'`,
        [tenantId, comercioId, ids, stock],
      );
      await trx.run('UPDATE stock SET cantidad = $2, version = 1 WHERE producto_id = ANY($1)', [ids, stock]);
    }
    return { tenantId, comercioId, email, productos: ids };
  });
}

export interface LineOptions {
  cantidad?: number;
  precio?: number;
  producto?: number;
}

/** A `pedido.creado` as the hub sends it. */
export function orderOf(shop: Shop, pedidoId: string | number, { cantidad = 1, precio = 450.75, producto }: LineOptions = {}) {
  return {
    pedidoId,
    comercio_id: shop.comercioId,
    cliente_nombre: 'Juan Pérez',
    direccion_entrega: 'Av. Corrientes 1234, CABA',
    productos: [{ producto_id: producto ?? (shop.productos[0]), cantidad, precio_unitario: precio }],
    medios_pago: 'fiat',
    total: Math.round(cantidad * precio * 100) / 100,
  };
}

export interface StockProof {
  producto: number;
  cantidad: number;
  sum: number;
  chained: boolean;
}

/** Stock beside its ledger: the sum of the entries, and whether each begins where the one before ended. */
export const proveStock = (database: Database, shop: Shop): Promise<StockProof[]> =>
  database.transaction('system', (trx) =>
    trx.rows<StockProof>(
      `SELECT s.producto_id AS producto, s.cantidad, l.sum::int AS sum, l.chained
       FROM stock s CROSS JOIN LATERAL (
         SELECT sum(delta) AS sum, bool_and(cantidad_anterior = previous) AS chained FROM (
           SELECT delta, cantidad_anterior, lag(cantidad_nueva, 1, 0) OVER (ORDER BY version) AS previous
           FROM stock_ledger e WHERE e.producto_id = s.producto_id AND e.comercio_id = s.comercio_id) AS entries) AS l
       WHERE s.comercio_id = $1 ORDER BY s.producto_id`,
      [shop.comercioId],
    ),
  );
