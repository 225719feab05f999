import { together, type Sql } from '../../../kernel/database.ts';
import { fromCents } from '../../../kernel/money.ts';
import type { StockActualizado } from './topics.ts';

/** One product at one seller as it stands now, with the words an announcement needs. */
export interface ShelfRow {
  tenantId: number;
  comercioId: number;
  comercio: string;
  productoId: number;
  producto: string;
  descripcion: string;
  precioCentavos: number;
  ivaPct: string;
  categoriaId: number | null;
  categoria: string | null;
  /** Neither the seller nor the product was deleted. */
  active: boolean;
  /** Null where no stock was ever recorded. */
  cantidad: number | null;
  version: number | null;
}

/** What a select of shelf rows asks for, over `s` (sellers), `p` (products), `c` (categories) and `st` (stock). */
export const SHELF_COLUMNS = `
  s.tenant_id AS "tenantId", s.comercio_id AS "comercioId", s.nombre AS comercio,
  p.producto_id AS "productoId", p.nombre_producto AS producto, p.descripcion, p.precio_centavos AS "precioCentavos",
  p.iva_pct AS "ivaPct", p.categoria_id AS "categoriaId", c.nombre AS categoria,
  s.eliminado_en IS NULL AND p.eliminado_en IS NULL AS active, st.cantidad, st.version`;

export const SHELF_JOINS = `
  JOIN sellers s ON s.comercio_id = wanted.comercio_id
  JOIN products p ON p.producto_id = wanted.producto_id AND p.tenant_id = s.tenant_id
  LEFT JOIN categories c ON c.tenant_id = p.tenant_id AND c.categoria_id = p.categoria_id
  LEFT JOIN stock st ON st.tenant_id = s.tenant_id AND st.comercio_id = s.comercio_id AND st.producto_id = p.producto_id`;

/**
 * The shelves for pairs of seller and product; a pair whose product is not of the seller's tenant is not among them.
 * @param locked locks the stock rows, always in the same order, so that two transactions cannot wait in a circle.
 */
export async function readShelves(
  trx: Sql, pairs: ReadonlyArray<{ comercioId: number; productoId: number }>, locked: boolean,
): Promise<ShelfRow[]> {
  const lock = locked ? lockStock(trx, pairs) : undefined; // issued first, so the rows are read when they are held
  const rows = trx.rows<ShelfRow>(
    `SELECT ${SHELF_COLUMNS} FROM unnest($1::int[], $2::int[]) AS wanted(comercio_id, producto_id) ${SHELF_JOINS}`,
    [pairs.map((pair) => pair.comercioId), pairs.map((pair) => pair.productoId)],
  );
  return (await together([rows, lock]))[0];
}

async function lockStock(trx: Sql, pairs: ReadonlyArray<{ comercioId: number; productoId: number }>): Promise<void> {
  await trx.rows(
    `SELECT 1 FROM unnest($1::int[], $2::int[]) AS wanted(comercio_id, producto_id)
     JOIN sellers s USING (comercio_id)
     JOIN stock st ON st.tenant_id = s.tenant_id AND st.comercio_id = s.comercio_id AND st.producto_id = wanted.producto_id
     ORDER BY st.tenant_id, st.comercio_id, st.producto_id FOR NO KEY UPDATE OF st`,
    [pairs.map((pair) => pair.comercioId), pairs.map((pair) => pair.productoId)],
  );
}

/** The announcement of one step of a shelf's stock. */
export const announcementOf = (shelf: ShelfRow, anterior: number, nueva: number, now: Date): StockActualizado => ({
  comercio: { comercio_id: shelf.comercioId, nombre: shelf.comercio, tenant_id: shelf.tenantId },
  producto: {
    producto_id: shelf.productoId,
    nombre_producto: shelf.producto,
    descripcion: shelf.descripcion,
    precio: fromCents(shelf.precioCentavos),
    categoria_id: shelf.categoriaId,
    categoria_nombre: shelf.categoria,
  },
  stock: { cantidad_anterior: anterior, cantidad_nueva: nueva },
  timestamp: now.toISOString(),
});
