import type { Sql } from '../../../kernel/database.ts';
import { notFound } from '../../../kernel/errors.ts';
import { fromCents } from '../../../kernel/money.ts';
import { endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import type { OrderingDeps } from '../ports.ts';
import { findVariants, freeOf, isUnavailable, type Shelf } from './read-model.ts';
import { availabilityAnswer, variantParams } from './schemas.ts';
import { readShownShelves, readShownVariant, type ShownShelf } from './shown.ts';

export const availabilityEndpoints = (deps: OrderingDeps): Endpoint[] => [availabilityOfVariant(deps)];

const availabilityOfVariant = (deps: OrderingDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/v1/availability/:variant_id',
    tag: 'Órdenes: existencias',
    summary: 'Qué hay de una variante en cada depósito, y a qué precio',
    description:
      'Para mostrar: puede tener un instante de atraso. Al crear una orden se mira lo que hay en ese momento.',
    access: deps.users,
    params: variantParams,
    answers: { 200: availabilityAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params: { variant_id } }) {
      const { variant, shelves } = await look(deps, tenantId, variant_id);
      if (variant === null && shelves.length === 0) throw notFound('De esta variante todavía no se sabe nada.');
      const { deleted, priceCents } = variant ?? { deleted: false, priceCents: null };
      const price = priceCents === null ? null : fromCents(priceCents);
      return ok({ variant_id, available: !deleted && !isUnavailable(shelves), price, deleted, warehouses: shelves });
    },
  });

/** What is free comes from the database each time: orders change it, and nothing of ours is forgotten then. */
async function look({ database, clock, cache }: OrderingDeps, tenantId: number, variantId: string) {
  const read = <Found>(work: (trx: Sql) => Promise<Found>) => database.transaction({ tenantId }, work);
  const standing = await read((trx) => findVariants(trx, tenantId, [variantId], clock(), { lock: false }));
  const now = standing.get(variantId)?.shelves ?? [];
  const variant = await cache.through(tenantId, `variant:${variantId}`, () =>
    read((trx) => readShownVariant(trx, tenantId, variantId)),
  );
  let missing: Promise<Map<string, ShownShelf>> | undefined; // one look for all that the cache does not hold
  const load = async (warehouseId: string) => {
    missing ??= read((trx) => readShownShelves(trx, tenantId, variantId));
    return (await missing).get(warehouseId) as ShownShelf; // shelves are never deleted
  };
  const shelves = await Promise.all(
    now.map(async (shelf: Shelf) => {
      const { warehouseId } = shelf;
      const key = `stock:availability:${variantId}:${warehouseId}`;
      const shown = await cache.through(tenantId, key, () => load(warehouseId));
      return { ...shown, free: freeOf(shelf) };
    }),
  );
  return { variant, shelves };
}
