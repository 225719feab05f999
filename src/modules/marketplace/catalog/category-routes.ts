import { z } from 'zod';
import { badRequest, forbidden, notFound } from '../../../kernel/errors.ts';
import { created, endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import type { ModuleDeps } from '../../module.ts';
import { access } from '../access.ts';
import { categoryExists, findCategory, listCategories } from './category-read-model.ts';
import { deleteCategory, insertCategory, lockCategory, productsIn, updateCategory } from './category-repository.ts';
import { categoryAnswer, categoryChangesBody, categoryPath, newCategoryBody, removedCategory } from './schemas.ts';
import { categoriaCreada } from './topics.ts';

const tag = 'Categorías';
const path = '/api/categories';
const onePath = `${path}/:categoriaId`;

/** Section 7 of the REST contract. A category belongs to one tenant; two of one name are two. */
export const categoryEndpoints = (deps: ModuleDeps): Endpoint[] => [
  list(deps),
  create(deps),
  detail(deps),
  change(deps),
  remove(deps),
];

const list = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'get',
    path,
    tag,
    summary: 'Las categorías del negocio, por nombre',
    access: access(deps).user,
    answers: { 200: z.array(categoryAnswer) },
    handle: async ({ user: { tenantId } }) =>
      ok(await deps.database.transaction({ tenantId }, (trx) => listCategories(trx, tenantId))),
  });

const detail = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: onePath,
    tag,
    summary: 'Una categoría',
    access: access(deps).user,
    params: categoryPath,
    answers: { 200: categoryAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params: { categoriaId } }) {
      const found = await deps.database.transaction({ tenantId }, (trx) => findCategory(trx, tenantId, categoriaId));
      if (found === undefined) throw await missing(deps, categoriaId);
      return ok(found);
    },
  });

const create = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'post',
    path,
    tag,
    summary: 'Crear una categoría',
    access: access(deps).admin,
    body: newCategoryBody,
    example: { nombre: 'Pizzas', descripcion: 'A la piedra' },
    answers: { 201: categoryAnswer },
    async handle({ user: { tenantId }, body: { nombre, descripcion = null } }) {
      const category = await deps.commands.run({ tenantId }, async (work) => {
        const inserted = await insertCategory(work.trx, tenantId, { nombre, descripcion }, work.now);
        work.publish(categoriaCreada, {
          categoria: { categoria_id: inserted.categoria_id, tenant_id: tenantId, nombre },
          timestamp: work.now.toISOString(),
        });
        return inserted;
      });
      return created(category);
    },
  });

const change = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'patch',
    path: onePath,
    tag,
    summary: 'Cambiar el nombre o la descripción de una categoría',
    access: access(deps).admin,
    params: categoryPath,
    body: categoryChangesBody,
    answers: { 200: categoryAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params: { categoriaId }, body }) {
      const category = await deps.database.transaction({ tenantId }, (trx) =>
        updateCategory(trx, tenantId, categoriaId, body),
      );
      if (category === undefined) throw await missing(deps, categoriaId);
      return ok(category);
    },
  });

const remove = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'delete',
    path: onePath,
    tag,
    summary: 'Borrar una categoría que ningún producto usa',
    access: access(deps).admin,
    params: categoryPath,
    answers: { 200: removedCategory },
    problems: [404],
    async handle({ user: { tenantId }, params: { categoriaId } }) {
      const found = await deps.database.transaction({ tenantId }, async (trx) => {
        // Held from here on, so that no product can come into it between the count and the deletion.
        if (!(await lockCategory(trx, tenantId, categoriaId))) return false;
        const count = await productsIn(trx, tenantId, categoriaId);
        if (count > 0) throw badRequest(`La categoría no se puede borrar: ${inUse(count)}.`);
        await deleteCategory(trx, tenantId, categoriaId);
        return true;
      });
      if (!found) throw await missing(deps, categoriaId);
      return ok({ success: true as const, message: 'Categoría borrada.' });
    },
  });

const inUse = (count: number): string => (count === 1 ? 'un producto la usa' : `${count} productos la usan`);

async function missing({ database }: ModuleDeps, categoriaId: number) {
  const exists = await database.transaction('system', (trx) => categoryExists(trx, categoriaId));
  return exists ? forbidden('No tenés acceso a esta categoría.') : notFound('La categoría no existe.');
}
