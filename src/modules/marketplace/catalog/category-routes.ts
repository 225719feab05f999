import type { RequestHandler, Router } from 'express';
import { forbidden, notFound } from '../../../kernel/errors.ts';
import { parseBody } from '../../../kernel/rest/validation.ts';
import type { ModuleDeps } from '../../module.ts';
import { access, currentUser, parseId } from '../access.ts';
import { categoryExists, findCategory, listCategories } from './read-model.ts';
import { insertCategory } from './repository.ts';
import { newCategoryBody } from './schemas.ts';
import { categoriaCreada } from './topics.ts';

/** Section 7 of the REST contract. */
export const categoryRoutes =
  (deps: ModuleDeps) =>
  (router: Router): void => {
    const guard = access(deps);
    router.get('/categories', guard.user, list(deps));
    router.post('/categories', guard.admin, create(deps));
    router.get('/categories/:categoriaId', guard.user, detail(deps));
  };

const list =
  ({ database }: ModuleDeps): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    res.json(await database.transaction({ tenantId }, (trx) => listCategories(trx, tenantId)));
  };

const detail =
  ({ database }: ModuleDeps): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    const categoriaId = parseId(req.params['categoriaId'], 'categoria_id');
    const category = await database.transaction({ tenantId }, (trx) => findCategory(trx, tenantId, categoriaId));
    if (category === undefined) {
      const exists = await database.transaction('system', (trx) => categoryExists(trx, categoriaId));
      throw exists ? forbidden('No tenés acceso a esta categoría.') : notFound('La categoría no existe.');
    }
    res.json(category);
  };

const create =
  ({ commands }: ModuleDeps): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    const { nombre, descripcion = null } = parseBody(newCategoryBody, req);
    const category = await commands.run({ tenantId }, async (work) => {
      const created = await insertCategory(work.trx, tenantId, { nombre, descripcion }, work.now);
      work.publish(categoriaCreada, {
        categoria: { categoria_id: created.categoria_id, tenant_id: tenantId, nombre },
        timestamp: work.now.toISOString(),
      });
      return created;
    });
    res.status(201).json(category);
  };
