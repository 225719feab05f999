import { z } from 'zod';
import type { Database, Sql } from '../../../kernel/database.ts';
import { badRequest, forbidden, notFound } from '../../../kernel/errors.ts';
import { created, endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import { pathId } from '../../../kernel/rest/schemas.ts';
import type { ModuleDeps } from '../../module.ts';
import { access } from '../access.ts';
import {
  findPromotion,
  knownProducts,
  listPromotions,
  pricedProducts,
  productsOnPromotion,
  type Promocion,
} from './read-model.ts';
import { deletePromotion, insertPromotion, lockPromotion, updatePromotion } from './repository.ts';
import { overpriced, problemsOf, type PricedProduct } from './rules.ts';
import {
  deletedPromotionAnswer,
  newPromotionBody,
  promotionAnswer,
  promotionChangesBody,
  promotionsAnswer,
  type PromotionChanges,
} from './schemas.ts';

/** Section 8 of the REST contract. */
export const promotionEndpoints = (deps: ModuleDeps): Endpoint[] => [
  list(deps),
  create(deps),
  change(deps),
  remove(deps),
];

const tag = 'Promociones';
const params = z.object({ promotionId: pathId() });

const list = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/promotions',
    tag,
    summary: 'Promociones del negocio',
    description: 'También las que terminaron. Los productos que se dieron de baja no figuran.',
    access: access(deps).user,
    answers: { 200: promotionsAnswer },
    handle: async ({ user: { tenantId } }) =>
      ok(await deps.database.transaction({ tenantId }, (trx) => listPromotions(trx, tenantId))),
  });

const create = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'post',
    path: '/api/promotions',
    tag,
    summary: 'Crear una promoción',
    access: access(deps).admin,
    body: newPromotionBody,
    example: {
      nombre: 'Semana de la pizza',
      tipo_promocion: 'porcentaje',
      valor_descuento: 10,
      lista_productos: ['1'],
      fecha_inicio: '2026-01-05',
      fecha_fin: '2026-01-11',
    },
    answers: { 201: promotionAnswer },
    problems: [404],
    async handle({ user: { tenantId }, body: { lista_productos, valor_descuento, ...rest } }) {
      const fields = { ...rest, valor_centesimos: valor_descuento };
      refuse(problemsOf(fields));
      refuse(overpriced(fields, await productsToPromote(deps.database, tenantId, lista_productos)));
      const promocion = await deps.database.transaction({ tenantId }, async (trx) => {
        const promocionId = await insertPromotion(trx, tenantId, fields, lista_productos, deps.clock());
        return saved(trx, tenantId, promocionId);
      });
      return created({ success: true as const, message: 'Promoción creada.', promocion });
    },
  });

const change = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'patch',
    path: '/api/promotions/:promotionId',
    tag,
    summary: 'Cambiar una promoción',
    description: 'Lo que no se manda queda como está; la lista de productos reemplaza a la anterior entera.',
    access: access(deps).admin,
    params,
    body: promotionChangesBody,
    answers: { 200: promotionAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params: { promotionId }, body }) {
      const promocion = await deps.database.transaction({ tenantId }, async (trx) => {
        await applyChanges(trx, tenantId, promotionId, body);
        return saved(trx, tenantId, promotionId);
      });
      return ok({ success: true as const, message: 'Promoción actualizada.', promocion });
    },
  });

const remove = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'delete',
    path: '/api/promotions/:promotionId',
    tag,
    summary: 'Eliminar una promoción',
    description: 'Los pedidos que la tuvieron conservan su descuento.',
    access: access(deps).admin,
    params,
    answers: { 200: deletedPromotionAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params: { promotionId } }) {
      const existed = await deps.database.transaction({ tenantId }, (trx) =>
        deletePromotion(trx, tenantId, promotionId),
      );
      if (!existed) throw unknown();
      const deleted_promotion_id = String(promotionId);
      return ok({ success: true as const, message: 'Promoción eliminada.', deleted_promotion_id });
    },
  });

/** @throws AppError 404 unknown or another tenant's, 403 for a product not of this tenant, 400 as the rules say. */
async function applyChanges(trx: Sql, tenantId: number, promocionId: number, changes: PromotionChanges): Promise<void> {
  const { lista_productos: ids, valor_descuento, ...rest } = changes;
  const before = await lockPromotion(trx, tenantId, promocionId);
  if (before === undefined) throw unknown();
  const after = { ...before, ...rest, valor_centesimos: valor_descuento ?? before.valor_centesimos };
  refuse(problemsOf(after));
  const products = await (ids ? pricedProducts(trx, tenantId, ids) : productsOnPromotion(trx, tenantId, promocionId));
  const missing = without(ids ?? [], products);
  if (missing.length > 0) throw forbidden(`No tenés ningún producto ${missing.join(', ')}.`);
  // A promotion whose product got cheaper since can still be renamed or ended.
  if (ids ?? valor_descuento ?? rest.tipo_promocion) refuse(overpriced(after, products));
  await updatePromotion(trx, tenantId, promocionId, after, ids);
}

/** The tenant's products of the list. @throws AppError 404 for an unknown one, 403 for another tenant's. */
async function productsToPromote(
  database: Database,
  tenantId: number,
  ids: readonly number[],
): Promise<PricedProduct[]> {
  const products = await database.transaction({ tenantId }, (trx) => pricedProducts(trx, tenantId, ids));
  const missing = without(ids, products);
  if (missing.length === 0) return products;
  const known = await database.transaction('system', (trx) => knownProducts(trx, missing));
  const nowhere = missing.filter((productoId) => !known.has(productoId));
  if (nowhere.length > 0) throw notFound(`No existe ningún producto ${nowhere.join(', ')}.`);
  throw forbidden(`No tenés acceso al producto ${missing.join(', ')}.`);
}

const without = (ids: readonly number[], products: readonly PricedProduct[]): number[] => {
  const found = new Set(products.map(({ producto_id }) => producto_id));
  return ids.filter((productoId) => !found.has(productoId));
};

async function saved(trx: Sql, tenantId: number, promocionId: number): Promise<Promocion> {
  const promocion = await findPromotion(trx, tenantId, promocionId);
  if (promocion === undefined) throw unknown();
  return promocion;
}

function refuse(problems: readonly string[]): void {
  if (problems.length > 0) throw badRequest(`Hay datos que corregir. ${problems.join(' ')}`, [...problems]);
}

const unknown = () => notFound('La promoción no existe.');
