import { z } from 'zod';
import { forbidden, notFound } from '../../../kernel/errors.ts';
import { created, endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import { originFor } from '../../../kernel/rest/origin.ts';
import type { ModuleDeps } from '../../module.ts';
import { access } from '../access.ts';
import { archive, changeProduct, createProducts } from './commands.ts';
import { insertPictures, picturesIn, PICTURE_LIMITS } from './pictures.ts';
import { findProducto, listProducts, productExists, showingFor } from './read-model.ts';
import { productOf } from './rules.ts';
import {
  archivedProduct,
  newProductBody,
  productAnswer,
  productChangesBody,
  productPath,
  savedProduct,
} from './schemas.ts';

const tag = 'Productos';
const path = '/api/products';
const onePath = `${path}/:productId`;

/** Section 5 of the REST contract, but for the CSV files. */
export const productEndpoints = (deps: ModuleDeps): Endpoint[] => [
  list(deps),
  create(deps),
  detail(deps),
  change(deps, 'patch'),
  change(deps, 'put'), // the events document names PUT
  remove(deps),
];

const list = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'get',
    path,
    tag,
    summary: 'Los productos del negocio',
    access: access(deps).user,
    answers: { 200: z.array(productAnswer) },
    async handle({ user: { tenantId }, req }) {
      const showing = showingFor(originFor(req), deps.clock());
      return ok(await deps.database.transaction({ tenantId }, (trx) => listProducts(trx, tenantId, showing)));
    },
  });

const detail = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: onePath,
    tag,
    summary: 'Un producto',
    access: access(deps).user,
    params: productPath,
    answers: { 200: productAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params: { productId }, req }) {
      const showing = showingFor(originFor(req), deps.clock());
      const producto = await deps.database.transaction({ tenantId }, (trx) =>
        findProducto(trx, tenantId, showing, productId),
      );
      if (producto === undefined) throw await missing(deps, productId);
      return ok(producto);
    },
  });

const create = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'post',
    path,
    tag,
    summary: 'Crear un producto',
    access: access(deps).user,
    body: newProductBody,
    example: { nombre_producto: 'Pizza', descripcion: 'Con albahaca', precio: '850.50', categoria_id: '1', iva: 21 },
    form: PICTURE_LIMITS,
    answers: { 201: savedProduct },
    async handle({ user: { tenantId }, body, files, req }) {
      const pictures = picturesIn(files);
      const producto = await deps.commands.run({ tenantId }, async ({ trx, now }) => {
        const [productoId = 0] = await createProducts(trx, tenantId, [productOf(body)], now);
        await insertPictures(trx, tenantId, productoId, pictures);
        return theProduct(await findProducto(trx, tenantId, showingFor(originFor(req), now), productoId));
      });
      return created({ success: true as const, message: 'Producto creado.', producto });
    },
  });

const change = (deps: ModuleDeps, method: 'patch' | 'put'): Endpoint =>
  endpoint({
    method,
    path: onePath,
    tag,
    summary: method === 'patch' ? 'Cambiar un producto' : 'Lo mismo que PATCH',
    description: 'Lo que no se manda queda como está. Si viene alguna imagen, las nuevas reemplazan a todas.',
    access: access(deps).user,
    params: productPath,
    body: productChangesBody,
    form: PICTURE_LIMITS,
    answers: { 200: savedProduct },
    problems: [404],
    async handle({ user: { tenantId }, params: { productId }, body, files, req }) {
      const pictures = picturesIn(files);
      const producto = await deps.commands.run({ tenantId }, async (work) => {
        const showing = showingFor(originFor(req), work.now);
        const found = await changeProduct(work, tenantId, productId, { changes: body, pictures, today: showing.today });
        return found ? theProduct(await findProducto(work.trx, tenantId, showing, productId)) : undefined;
      });
      if (producto === undefined) throw await missing(deps, productId);
      return ok({ success: true as const, message: 'Producto actualizado.', producto });
    },
  });

const remove = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'delete',
    path: onePath,
    tag,
    summary: 'Sacar un producto del catálogo',
    description: 'Sus órdenes, ventas y movimientos de stock quedan.',
    access: access(deps).user,
    params: productPath,
    answers: { 200: archivedProduct },
    problems: [404],
    async handle({ user: { tenantId }, params: { productId } }) {
      const nombre = await deps.commands.run({ tenantId }, (work) => archive(work, tenantId, productId));
      if (nombre === undefined) throw await missing(deps, productId);
      const deleted_product = { tenant_id: tenantId, producto_id: String(productId), nombre_producto: nombre };
      return ok({ success: true as const, message: 'Producto eliminado.', deleted_product });
    },
  });

/** A product read in the transaction that wrote it is there. */
function theProduct<Row>(row: Row | undefined): Row {
  if (row === undefined) throw new Error('the product that was just written is not there');
  return row;
}

async function missing({ database }: ModuleDeps, productoId: number) {
  const exists = await database.transaction('system', (trx) => productExists(trx, productoId));
  return exists ? forbidden('No tenés acceso a este producto.') : notFound('El producto no existe.');
}
