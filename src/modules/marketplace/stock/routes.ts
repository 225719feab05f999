import type { RequestHandler, Router } from 'express';
import { z } from 'zod';
import { badRequest, notFound } from '../../../kernel/errors.ts';
import { parseBody } from '../../../kernel/rest/validation.ts';
import type { ModuleDeps } from '../../module.ts';
import { access, currentUser, parseId, type Guard } from '../access.ts';
import { productExists, productsAtSeller, type ProductoDeComercio } from '../catalog/read-model.ts';
import { setStock } from './repository.ts';

/** Half of what the column holds, so that a cancelled order's stock always finds room. */
const MAX_STOCK = 1_000_000_000;

/** The absolute new amount; a text such as "12abc" is refused, not cut. */
const stockBody = z.object({ cantidad_stock: z.int('tiene que ser un número entero.').min(0).max(MAX_STOCK) });

/** Section 6 of the REST contract. */
export const stockRoutes =
  (deps: ModuleDeps) =>
  (router: Router): void => {
    const guard = access(deps);
    router.get('/sellers/:id/products', guard.user, listAtSeller(deps, guard));
    router.get('/sellers/:id/products/:productId/stock', guard.user, stockOf(deps, guard));
    router.patch('/sellers/:id/products/:productId/stock', guard.user, changeStock(deps, guard));
  };

const listAtSeller =
  ({ database }: ModuleDeps, guard: Guard): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    const comercio = await guard.seller(currentUser(req), parseId(req.params['id'], 'comercio_id'));
    const productos = await database.transaction({ tenantId }, (trx) =>
      productsAtSeller(trx, tenantId, comercio.comercio_id),
    );
    res.json({ success: true, data: { comercio, productos } });
  };

const stockOf =
  ({ database }: ModuleDeps, guard: Guard): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    const [comercioId, productoId] = idsOf(req.params);
    const comercio = await guard.seller(currentUser(req), comercioId);
    const product = await productAt(database, tenantId, comercioId, productoId);
    res.json({
      success: true,
      data: {
        comercio_id: comercioId,
        producto_id: productoId,
        cantidad_stock: product.cantidad_stock,
        comercio_nombre: comercio.nombre,
        // One thing under two names: which one was sent used to depend on whether stock was recorded.
        nombre_producto: product.nombre_producto,
        producto_nombre: product.nombre_producto,
      },
    });
  };

const changeStock =
  ({ database, commands }: ModuleDeps, guard: Guard): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    const [comercioId, productoId] = idsOf(req.params);
    const comercio = await guard.seller(currentUser(req), comercioId);
    const { cantidad_stock } = parseBody(stockBody, req);
    const { nombre_producto } = await productAt(database, tenantId, comercioId, productoId);
    await commands.run({ tenantId }, (work) =>
      setStock(work, { tenantId, comercioId, productoId, cantidad: cantidad_stock }),
    );
    res.json({
      success: true,
      message: 'Stock actualizado.',
      data: {
        comercio_id: comercioId,
        producto_id: productoId,
        cantidad_stock,
        producto_nombre: nombre_producto,
        comercio_nombre: comercio.nombre,
      },
    });
  };

const idsOf = (params: Record<string, unknown>): [comercioId: number, productoId: number] => [
  parseId(params['id'], 'comercio_id'),
  parseId(params['productId'], 'producto_id'),
];

/** @throws AppError 400 for another tenant's product, 404 for an unknown one, as the client's contract has it. */
async function productAt(
  database: ModuleDeps['database'],
  tenantId: number,
  comercioId: number,
  productoId: number,
): Promise<ProductoDeComercio> {
  const [product] = await database.transaction({ tenantId }, (trx) =>
    productsAtSeller(trx, tenantId, comercioId, productoId),
  );
  if (product !== undefined) return product;
  const exists = await database.transaction('system', (trx) => productExists(trx, productoId));
  throw exists ? badRequest('El producto no es de este negocio.') : notFound('El producto no existe.');
}
