import type { Request, RequestHandler, Router } from 'express';
import type { Work } from '../../../events/work.ts';
import { badRequest, forbidden, notFound } from '../../../kernel/errors.ts';
import { imageType, multipart } from '../../../kernel/rest/uploads.ts';
import { parseBody } from '../../../kernel/rest/validation.ts';
import type { ModuleDeps } from '../../module.ts';
import { access, currentUser, parseId } from '../access.ts';
import { findProducto, listProducts, productExists, type Producto } from './read-model.ts';
import { holdCategory, insertProduct, lockProduct, updateProduct } from './repository.ts';
import { announcementOf, changedFields, type ProductFields } from './rules.ts';
import { newProductBody, productChangesBody, type ProductChanges } from './schemas.ts';
import { productoActualizado } from './topics.ts';

const form = multipart({ field: 'imagenes', maxFiles: 5, maxBytes: 5 * 1024 * 1024 });

/** Section 5 of the REST contract. */
export const productRoutes =
  (deps: ModuleDeps) =>
  (router: Router): void => {
    const guard = access(deps);
    router.get('/products', guard.user, list(deps));
    router.post('/products', guard.user, form, create(deps));
    router.get('/products/:productId', guard.user, detail(deps));
    router.patch('/products/:productId', guard.user, form, change(deps));
    router.put('/products/:productId', guard.user, form, change(deps)); // the events document names PUT
  };

const list =
  ({ database }: ModuleDeps): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    res.json(await database.transaction({ tenantId }, (trx) => listProducts(trx, tenantId)));
  };

const detail =
  ({ database }: ModuleDeps): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    const productoId = parseId(req.params['productId'], 'producto_id');
    const producto = await database.transaction({ tenantId }, (trx) => findProducto(trx, tenantId, productoId));
    if (producto === undefined) throw await missing(database, productoId);
    res.json(producto);
  };

const create =
  ({ commands }: ModuleDeps): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    const { precio, descripcion = '', categoria_id = null, nombre_producto } = parseBody(newProductBody, req);
    refuseNonImages(req);
    const producto = await commands.run({ tenantId }, async (work) => {
      const product = { nombre_producto, descripcion, precio_centavos: precio, categoria_id };
      await categoryName(work, tenantId, product);
      const productoId = await insertProduct(work.trx, tenantId, product, work.now);
      return findProducto(work.trx, tenantId, productoId);
    });
    res.status(201).json({ success: true, message: 'Producto creado.', producto });
  };

const change =
  ({ commands, database }: ModuleDeps): RequestHandler =>
  async (req, res) => {
    const { tenantId } = currentUser(req);
    const productoId = parseId(req.params['productId'], 'producto_id');
    const changes = parseBody(productChangesBody, req);
    refuseNonImages(req);
    const producto = await commands.run({ tenantId }, (work) => applyToProduct(work, tenantId, productoId, changes));
    if (producto === undefined) throw await missing(database, productoId);
    res.json({ success: true, message: 'Producto actualizado.', producto });
  };

/** Announces a change only when there is one, and lists exactly what differs. */
async function applyToProduct(
  work: Work,
  tenantId: number,
  productoId: number,
  { precio, ...changes }: ProductChanges,
): Promise<Producto | undefined> {
  const before = await lockProduct(work.trx, tenantId, productoId);
  if (before === undefined) return undefined;
  const after: ProductFields = {
    nombre_producto: changes.nombre_producto ?? before.nombre_producto,
    descripcion: changes.descripcion ?? before.descripcion,
    precio_centavos: precio ?? before.precio_centavos,
    categoria_id: changes.categoria_id === undefined ? before.categoria_id : changes.categoria_id,
  };
  const campos = changedFields(before, after);
  if (campos.length > 0) {
    const categoria_nombre = await categoryName(work, tenantId, after);
    await updateProduct(work.trx, tenantId, productoId, after);
    const updated = { ...after, producto_id: productoId, tenant_id: tenantId, categoria_nombre };
    work.publish(productoActualizado, announcementOf(updated, campos, work.now));
  }
  return findProducto(work.trx, tenantId, productoId);
}

/** @throws AppError 400 for a category that the tenant has not. */
async function categoryName(work: Work, tenantId: number, { categoria_id }: ProductFields): Promise<string | null> {
  if (categoria_id === null) return null;
  const nombre = await holdCategory(work.trx, tenantId, categoria_id);
  if (nombre === undefined) throw badRequest('La categoría no existe.');
  return nombre;
}

/** Pictures are checked, so that the client's forms behave, and not kept yet. */
function refuseNonImages(req: Request): void {
  const files = Array.isArray(req.files) ? req.files : [];
  if (files.some((file) => imageType(file.buffer) === undefined)) {
    throw badRequest('Las imágenes tienen que ser PNG, JPEG, GIF o WebP.');
  }
}

async function missing(database: ModuleDeps['database'], productoId: number) {
  const exists = await database.transaction('system', (trx) => productExists(trx, productoId));
  return exists ? forbidden('No tenés acceso a este producto.') : notFound('El producto no existe.');
}
