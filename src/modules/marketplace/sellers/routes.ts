import type { RequestHandler, Router } from 'express';
import { parseBody, parseQuery } from '../../../kernel/rest/validation.ts';
import type { ModuleDeps } from '../../module.ts';
import { access, currentUser, parseId, type AuthUser, type Guard } from '../access.ts';
import { countSellers, findSeller, listSellers, type Comercio, type Only } from './read-model.ts';
import { insertSeller, setHours } from './repository.ts';
import { newSellerBody, pageQuery } from './schemas.ts';
import { comercioCreado } from './topics.ts';

/** Section 4 of the REST contract. */
export const sellerRoutes =
  (deps: ModuleDeps) =>
  (router: Router): void => {
    const guard = access(deps);
    router.get('/sellers', guard.user, list(deps));
    router.post('/sellers', guard.admin, create(deps));
    router.get('/sellers/:id', guard.user, detail(deps, guard));
  };

const visibleTo = ({ rol, comercios }: AuthUser): Only => (rol === 'admin' ? null : comercios);

/** All sellers when no page is asked for: the client has no page controls and would never show the rest. */
const list =
  ({ database }: ModuleDeps): RequestHandler =>
  async (req, res) => {
    const user = currentUser(req);
    const { page = 1, size } = parseQuery(pageQuery, req);
    const whole = req.query['page'] === undefined && size === undefined;
    const only = visibleTo(user);
    const { data, totalItems } = await database.transaction({ tenantId: user.tenantId }, async (trx) => {
      const limit = size ?? 10;
      const range = whole ? {} : { limit, offset: (page - 1) * limit };
      const found = await listSellers(trx, user.tenantId, { only, ...range });
      return { data: found, totalItems: whole ? found.length : await countSellers(trx, user.tenantId, only) };
    });
    const shownSize = whole ? Math.max(totalItems, 1) : (size ?? 10);
    res.json({
      success: true,
      data,
      pagination: { page, size: shownSize, totalItems, totalPages: Math.ceil(totalItems / shownSize) },
    });
  };

const detail =
  ({ database }: ModuleDeps, guard: Guard): RequestHandler =>
  async (req, res) => {
    const user = currentUser(req);
    const { comercio_id } = await guard.seller(user, parseId(req.params['id'], 'comercio_id'));
    const data = await database.transaction({ tenantId: user.tenantId }, (trx) =>
      findSeller(trx, user.tenantId, comercio_id),
    );
    res.json({ success: true, data });
  };

const create =
  ({ commands }: ModuleDeps): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    const { horarios, ...seller } = parseBody(newSellerBody, req);
    const data = await commands.run({ tenantId }, async (work) => {
      const comercioId = await insertSeller(work.trx, tenantId, seller, work.now);
      await setHours(work.trx, tenantId, comercioId, horarios ?? []);
      const created = (await findSeller(work.trx, tenantId, comercioId)) as Comercio;
      const { direccion: _direccion, horarios: _horarios, ...comercio } = created;
      work.publish(comercioCreado, { comercio, timestamp: work.now.toISOString() });
      return created;
    });
    res.status(201).json({ success: true, message: 'Comercio creado.', data });
  };
