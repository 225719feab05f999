import { StaleRead, type Work } from '../../../events/work.ts';
import type { Sql } from '../../../kernel/database.ts';
import { notFound } from '../../../kernel/errors.ts';
import type { StockPort, StockStep } from '../ports.ts';
import { announcementOf, readShelves, type ShelfRow } from './read-model.ts';
import { stockActualizado } from './topics.ts';

export const stockRepository: StockPort = { applySteps, giveBack };

function applySteps(work: Work, steps: readonly StockStep[]): void {
  if (steps.length === 0) return;
  for (const { shelf, cantidadAnterior, cantidadNueva, eventId } of steps) {
    const options = { tenantId: shelf.tenantId, ...(eventId === undefined ? {} : { eventId }) };
    work.publish(stockActualizado, announcementOf(shelf, cantidadAnterior, cantidadNueva, work.now), options);
  }
  // Stock rows are what others wait for, so they are locked last and held for as short as can be; the ledger after
  // them: whoever holds a shelf's lock must not wait for somebody's entry who waits for that lock.
  const changes = lastSteps(steps);
  work.writeLast(() => writeLedger(work.trx, steps, changes));
  work.writeLast(() => writeStock(work.trx, changes));
}

async function giveBack(
  work: Work, items: ReadonlyArray<{ comercioId: number; productoId: number; cantidad: number }>, ordenId: number,
): Promise<void> {
  const shelves = await readShelves(work.trx, items, true);
  const quantities = new Map(items.map((item) => [item.productoId, item.cantidad]));
  applySteps(work, shelves.map((shelf) => step(shelf, (shelf.cantidad ?? 0) + (quantities.get(shelf.productoId) ?? 0), 'devolucion', ordenId)));
}

/** Sets the absolute amount, as a tenant counts it. @throws AppError 404 for a product the seller's tenant has not. */
export async function setStock(
  work: Work, target: { tenantId: number; comercioId: number; productoId: number; cantidad: number },
): Promise<void> {
  const [known] = await readShelves(work.trx, [target], false);
  if (!known?.active || known.tenantId !== target.tenantId) throw notFound('El producto no existe en este comercio.');
  await work.trx.run(
    `INSERT INTO stock (tenant_id, comercio_id, producto_id, cantidad) VALUES ($1, $2, $3, 0) ON CONFLICT DO NOTHING`,
    [target.tenantId, target.comercioId, target.productoId],
  );
  const [shelf] = await readShelves(work.trx, [target], true);
  if (shelf === undefined || shelf.cantidad === target.cantidad) return; // nothing changed, nothing to announce
  applySteps(work, [step(shelf, target.cantidad, 'ajuste')]);
}

const step = (shelf: ShelfRow, cantidadNueva: number, motivo: StockStep['motivo'], ordenId?: number): StockStep => ({
  shelf,
  cantidadAnterior: shelf.cantidad ?? 0,
  cantidadNueva,
  version: (shelf.version ?? 0) + 1,
  motivo,
  ordenId,
});

/** Locks the shelves that are still as they were read, and writes their entries. */
async function writeLedger(trx: Sql, steps: readonly StockStep[], changes: readonly NetChange[]): Promise<void> {
  const written = await trx.run(
    `WITH held AS MATERIALIZED (
       SELECT s.tenant_id, s.comercio_id, s.producto_id
       FROM unnest($9::int[], $10::int[], $11::int[], $12::bigint[]) AS was(tenant_id, comercio_id, producto_id, version)
       JOIN stock s USING (tenant_id, comercio_id, producto_id, version)
       ORDER BY s.tenant_id, s.comercio_id, s.producto_id FOR NO KEY UPDATE OF s)
     INSERT INTO stock_ledger (tenant_id, comercio_id, producto_id, version, cantidad_anterior, cantidad_nueva, motivo, orden_id)
     SELECT e.* FROM unnest($1::int[], $2::int[], $3::int[], $4::bigint[], $5::int[], $6::int[], $7::text[], $8::bigint[])
       AS e(tenant_id, comercio_id, producto_id, version, cantidad_anterior, cantidad_nueva, motivo, orden_id)
     JOIN held USING (tenant_id, comercio_id, producto_id)`,
    [
      ...shelfColumns(steps),
      steps.map((s) => s.version),
      steps.map((s) => s.cantidadAnterior),
      steps.map((s) => s.cantidadNueva),
      steps.map((s) => s.motivo),
      steps.map((s) => s.ordenId ?? null),
      ...shelfColumns(changes.map(({ last }) => last)),
      changes.map(({ readVersion }) => readVersion),
    ],
  );
  if (written !== steps.length) throw new StaleRead('stock changed since it was read');
}

interface NetChange {
  last: StockStep;
  readVersion: number;
}

/** The net change of each shelf, in the one order in which everybody locks stock rows. */
function lastSteps(steps: readonly StockStep[]): NetChange[] {
  const net = new Map<string, NetChange>();
  for (const current of steps) {
    const id = `${current.shelf.comercioId}:${current.shelf.productoId}`;
    net.set(id, { last: current, readVersion: net.get(id)?.readVersion ?? current.version - 1 });
  }
  return [...net.values()].sort(
    ({ last: { shelf: a } }, { last: { shelf: b } }) =>
      a.tenantId - b.tenantId || a.comercioId - b.comercioId || a.productoId - b.productoId,
  );
}

async function writeStock(trx: Sql, changes: readonly NetChange[]): Promise<void> {
  const changed = await trx.run(
    `UPDATE stock SET cantidad = new.cantidad, version = new.version
     FROM unnest($1::int[], $2::int[], $3::int[], $4::int[], $5::bigint[], $6::bigint[])
       AS new(tenant_id, comercio_id, producto_id, cantidad, version, read_version)
     WHERE stock.tenant_id = new.tenant_id AND stock.comercio_id = new.comercio_id
       AND stock.producto_id = new.producto_id AND stock.version = new.read_version`,
    [
      ...shelfColumns(changes.map(({ last }) => last)),
      changes.map(({ last }) => last.cantidadNueva),
      changes.map(({ last }) => last.version),
      changes.map(({ readVersion }) => readVersion),
    ],
  );
  if (changed !== changes.length) throw new StaleRead('stock changed since it was read');
}

const shelfColumns = (steps: readonly StockStep[]) => [
  steps.map(({ shelf }) => shelf.tenantId),
  steps.map(({ shelf }) => shelf.comercioId),
  steps.map(({ shelf }) => shelf.productoId),
];
