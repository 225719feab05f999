import { z } from 'zod';
import { badRequest, notFound } from '../../../kernel/errors.ts';
import { endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import { originFor } from '../../../kernel/rest/origin.ts';
import { pathId } from '../../../kernel/rest/schemas.ts';
import type { ModuleDeps } from '../../module.ts';
import { access, type Guard } from '../access.ts';
import { productExists, productsAtSeller, showingFor, type ProductoDeComercio } from '../catalog/read-model.ts';
import { setStock } from './repository.ts';
import { productsAnswer, stockAnswer, stockBody, stockSetAnswer } from './schemas.ts';

const tag = 'Stock';
const success = true as const;
const oneShelf = z.object({ id: pathId(), productId: pathId() });

/** Section 6 of the REST contract. */
export const stockEndpoints = (deps: ModuleDeps): Endpoint[] => {
  const guard = access(deps);
  return [listAtSeller(deps, guard), stockOf(deps, guard), changeStock(deps, guard)];
};

const listAtSeller = ({ database, clock }: ModuleDeps, guard: Guard): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/sellers/:id/products',
    tag,
    summary: 'Los productos del negocio con su stock en un comercio',
    access: guard.user,
    params: z.object({ id: pathId() }),
    answers: { 200: productsAnswer },
    problems: [404],
    async handle({ user, params: { id }, req }) {
      const { tenantId } = user;
      const comercio = await guard.seller(user, id);
      const showing = showingFor(originFor(req), clock());
      const productos = await database.transaction({ tenantId }, (trx) => productsAtSeller(trx, tenantId, id, null, showing));
      return ok({ success, data: { comercio, productos } });
    },
  });

const stockOf = ({ database }: ModuleDeps, guard: Guard): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/sellers/:id/products/:productId/stock',
    tag,
    summary: 'El stock de un producto en un comercio',
    access: guard.user,
    params: oneShelf,
    answers: { 200: stockAnswer },
    problems: [404],
    async handle({ user, params: { id: comercio_id, productId: producto_id } }) {
      const { nombre: comercio_nombre } = await guard.seller(user, comercio_id);
      const product = await productAt(database, user.tenantId, comercio_id, producto_id);
      const { cantidad_stock, nombre_producto } = product;
      const names = { comercio_nombre, nombre_producto, producto_nombre: nombre_producto };
      return ok({ success, data: { comercio_id, producto_id, cantidad_stock, ...names } });
    },
  });

const changeStock = ({ database, commands }: ModuleDeps, guard: Guard): Endpoint =>
  endpoint({
    method: 'patch',
    path: '/api/sellers/:id/products/:productId/stock',
    tag,
    summary: 'Fijar el stock de un producto en un comercio',
    description: '`cantidad_stock` es la cantidad nueva, no la diferencia.',
    access: guard.user,
    params: oneShelf,
    body: stockBody,
    example: { cantidad_stock: 25 },
    answers: { 200: stockSetAnswer },
    problems: [404],
    async handle({ user, params: { id: comercio_id, productId: producto_id }, body: { cantidad_stock } }) {
      const { tenantId } = user;
      const { nombre: comercio_nombre } = await guard.seller(user, comercio_id);
      const { nombre_producto } = await productAt(database, tenantId, comercio_id, producto_id);
      const target = { tenantId, comercioId: comercio_id, productoId: producto_id, cantidad: cantidad_stock };
      await commands.run({ tenantId }, (work) => setStock(work, target));
      const data = { comercio_id, producto_id, cantidad_stock, producto_nombre: nombre_producto, comercio_nombre };
      return ok({ success, message: 'Stock actualizado.', data });
    },
  });

/** @throws AppError 400 for another tenant's product, 404 for an unknown one, as the client's contract has it. */
async function productAt(
  database: ModuleDeps['database'], tenantId: number, comercioId: number, productoId: number,
): Promise<ProductoDeComercio> {
  const [product] = await database.transaction({ tenantId }, (trx) =>
    productsAtSeller(trx, tenantId, comercioId, productoId),
  );
  if (product !== undefined) return product;
  const exists = await database.transaction('system', (trx) => productExists(trx, productoId));
  throw exists ? badRequest('El producto no es de este negocio.') : notFound('El producto no existe.');
}
