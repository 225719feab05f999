import { z } from 'zod';
import { notFound } from '../../../kernel/errors.ts';
import { html } from '../../../kernel/html.ts';
import type { PanelAnswer, PanelSection, Visit } from '../../../kernel/panel.ts';
import { parseId } from '../../../kernel/rest/parse-id.ts';
import { blankableText } from '../../../kernel/rest/schemas.ts';
import { validate } from '../../../kernel/rest/validation.ts';
import type { ModuleDeps } from '../../module.ts';
import { productsAtSeller } from '../catalog/read-model.ts';
import { productList, productRow, stockPage } from './panel-views.ts';
import { setStock } from './repository.ts';
import { matches } from './rules.ts';
import { MAX_STOCK } from './schemas.ts';

const listQuery = z.object({ nombre: blankableText(100) });

const WHOLE = 'tiene que ser un número entero, cero o más.';
const amountForm = z.object({
  cantidad: z
    .string()
    .trim()
    .regex(/^\d{1,10}$/, WHOLE)
    .transform(Number)
    .pipe(z.int().max(MAX_STOCK)),
});

/** A seller's products with what is left of each, and the amount to be changed in place. */
export function stockPanel({ database, commands }: ModuleDeps): PanelSection {
  const productsOf = ({ user: { tenantId } }: Visit, comercioId: number, productoId?: number) =>
    database.transaction({ tenantId }, (trx) => productsAtSeller(trx, tenantId, comercioId, productoId));

  const show = async (visit: Visit): Promise<PanelAnswer> => {
    const { comercio_id: comercioId } = await visit.seller();
    const { nombre = '' } = validate(listQuery, visit.query);
    const all = await productsOf(visit, comercioId);
    const view = {
      comercioId,
      nombre,
      all,
      products: all.filter((product) => matches(product.nombre_producto, nombre)),
    };
    return visit.partial
      ? { part: productList(view) }
      : { title: 'Stock', content: stockPage(view), comercio: comercioId };
  };

  const change = async (visit: Visit): Promise<PanelAnswer> => {
    const { comercio_id: comercioId } = await visit.seller();
    const productoId = parseId(visit.params['productoId'], 'producto');
    const { cantidad } = validate(amountForm, visit.form);
    const { tenantId } = visit.user;
    await commands.run({ tenantId }, (work) => setStock(work, { tenantId, comercioId, productoId, cantidad }));
    if (!visit.partial) return { goTo: `/stock?comercio=${comercioId}` };
    const [product] = await productsOf(visit, comercioId, productoId);
    if (product === undefined) throw notFound('El producto no existe en este comercio.');
    const notice = visit.notice(`Stock de ${product.nombre_producto}: ${product.cantidad_stock}.`);
    return { part: html`${productRow(comercioId, product)}${notice}` };
  };

  return {
    label: 'Stock',
    path: '/stock',
    order: 2,
    routes: [
      { method: 'get', path: '/stock', handle: show },
      { method: 'post', path: '/stock/:productoId', handle: change },
    ],
  };
}
