import { z } from 'zod';
import { badRequest } from '../../../kernel/errors.ts';
import { endpoint, ok, type Endpoint, type UploadedFile } from '../../../kernel/rest/endpoint.ts';
import { problemOf } from '../../../kernel/rest/errors.ts';
import { originFor } from '../../../kernel/rest/origin.ts';
import { problemSchema } from '../../../kernel/rest/schemas.ts';
import type { ModuleDeps } from '../../module.ts';
import { access, type AuthUser } from '../access.ts';
import { listCategories } from './category-read-model.ts';
import { decodeUtf8, readCsv, type CsvRow } from './csv.ts';
import { csvTemplate, exportedCsv, readHeader, readProduct, REQUIRED, type ReadProduct } from './csv-products.ts';
import { listProducts, showingFor, type Showing } from './read-model.ts';
import { holdCategories, insertProducts } from './repository.ts';
import { csvTemplateAnswer, csvUploadAnswer } from './schemas.ts';

const tag = 'Productos';
const path = '/api/products/csv';
const success = true as const;

/** Sections 5.6 and 5.7 of the REST contract, and the way out again. */
export const csvEndpoints = (deps: ModuleDeps): Endpoint[] => [template(deps), exported(deps), upload(deps)];

const template = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: `${path}/template`,
    tag,
    summary: 'La plantilla del archivo CSV, con instrucciones',
    access: access(deps).user,
    answers: { 200: csvTemplateAnswer },
    async handle({ user: { tenantId } }) {
      const categories = await deps.database.transaction({ tenantId }, (trx) => listCategories(trx, tenantId));
      return ok({ success, message: 'Plantilla para cargar productos.', ...csvTemplate(categories) });
    },
  });

const exported = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'get',
    path: `${path}/export`,
    tag,
    summary: 'Los productos como archivo CSV',
    description:
      'Con las columnas de la plantilla y otras; se puede cargar de nuevo. Un texto que una planilla tomaría por una ' +
      'fórmula lleva un apóstrofo adelante, que la carga saca.',
    access: access(deps).user,
    answers: { 200: { mediaType: 'text/csv', description: 'El archivo.' } },
    async handle({ user: { tenantId }, req }) {
      const showing = showingFor(originFor(req), deps.clock());
      const products = await deps.database.transaction({ tenantId }, (trx) => listProducts(trx, tenantId, showing));
      return ok(exportedCsv(products), { 'Content-Disposition': 'attachment; filename="productos.csv"' });
    },
  });

const upload = (deps: ModuleDeps): Endpoint =>
  endpoint({
    method: 'post',
    path: `${path}/upload`,
    tag,
    summary: 'Crear productos desde un archivo CSV',
    access: access(deps).admin,
    form: { field: 'file', maxFiles: 1, maxBytes: 10 * 1024 * 1024 },
    answers: { 201: csvUploadAnswer, 207: csvUploadAnswer, 400: z.union([csvUploadAnswer, problemSchema]) },
    async handle({ user, files, req }) {
      const [header, ...rows] = await readCsv(decodeUtf8(csvIn(files)));
      if (header === undefined) throw badRequest('El archivo está vacío.');
      const columns = readHeader(header);
      if ('wrong' in columns) {
        const columnas = { columnas_encontradas: columns.found, columnas_requeridas: [...REQUIRED] };
        return { status: 400 as const, body: { ...problemOf(badRequest(columns.wrong)), ...columnas } };
      }
      const read = rows.map((row: CsvRow) => readProduct(row, columns));
      const data = await createAll(deps, user, read, showingFor(originFor(req), deps.clock()));
      return answerOf(user, data);
    },
  });

/** @throws AppError 400 when no file came, or one that is no CSV by name and by type. */
function csvIn([file]: readonly UploadedFile[]): Buffer {
  if (file === undefined) throw badRequest('Falta el archivo: va en la parte «file».');
  const isCsv = /\.csv$/i.test(file.name) || /^(text|application)\/csv\b/i.test(file.mediaType);
  if (!isCsv) throw badRequest('El archivo tiene que ser un CSV.');
  return file.bytes;
}

/** Creates what can be created, in one transaction; what cannot is told row by row. */
async function createAll(
  { commands }: ModuleDeps,
  { tenantId }: AuthUser,
  read: readonly ReadProduct[],
  showing: Showing,
) {
  return commands.run({ tenantId }, async ({ trx, now }) => {
    const wanted = read.map((row) => ('product' in row ? row.product.categoria_id : null));
    const categories = await holdCategories(trx, tenantId, wanted);
    const judged = read.map((row): ReadProduct => {
      const id = 'product' in row ? row.product.categoria_id : null;
      return id === null || categories.has(id) ? row : { fila: row.fila, error: `La categoría ${id} no existe.` };
    });
    const good = judged.filter((row) => 'product' in row);
    const errores = judged.filter((row) => 'error' in row);
    const ids = await insertProducts(trx, tenantId, good.map(({ product }) => product), now);
    const created = await listProducts(trx, tenantId, showing, ids);
    const byId = new Map(created.map((producto) => [Number(producto.producto_id), producto]));
    const productos_creados = good.flatMap(({ fila }, index) => {
      const producto = byId.get(ids[index] ?? 0);
      return producto === undefined ? [] : [{ fila, producto }];
    });
    return { productos_creados, errores };
  });
}

function answerOf({ usuarioId, nombre, rol }: AuthUser, data: Awaited<ReturnType<typeof createAll>>) {
  const [total_exitosos, total_errores] = [data.productos_creados.length, data.errores.length];
  const total_procesados = total_exitosos + total_errores;
  const body = {
    success: total_exitosos > 0,
    message: summaryOf(total_exitosos, total_errores),
    data: { ...data, total_procesados, total_exitosos, total_errores },
    usuario_procesamiento: { usuario_id: usuarioId, nombre, rol },
  };
  if (total_exitosos === 0) return { status: 400 as const, body };
  return total_errores === 0 ? { status: 201 as const, body } : { status: 207 as const, body };
}

function summaryOf(good: number, bad: number): string {
  if (good + bad === 0) return 'El archivo no tiene ningún producto.';
  if (good === 0) return 'No se creó ningún producto: hay errores en todas las filas.';
  return bad === 0 ? `Productos creados: ${good}.` : `Productos creados: ${good}. Filas con errores: ${bad}.`;
}
