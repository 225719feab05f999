import { z } from 'zod';
import { MAX_ID } from '../../../kernel/rest/parse-id.ts';
import {
  blankableText,
  message,
  moment,
  optionalText,
  pathId,
  pesos,
  success,
  text,
} from '../../../kernel/rest/schemas.ts';
import { IVA_RATES, ivaRate, priceInCents } from './rules.ts';

export const categoryPath = z.object({ categoriaId: pathId() });
export const newCategoryBody = z.object({ nombre: text(100), descripcion: optionalText(255) });
export const categoryChangesBody = newCategoryBody
  .partial()
  .refine((changes) => changes.nombre !== undefined || changes.descripcion !== undefined, {
    message: 'tiene que traer nombre o descripcion.',
  });

export const categoryAnswer = z
  .object({ categoria_id: z.int(), nombre: z.string(), descripcion: z.string().nullable(), fecha_creacion: moment })
  .meta({ id: 'Categoria' });

/** A form sends texts; JSON may send the number. */
const numeric = z.union([z.string().max(40), z.number()]);

const price = numeric
  .transform((value, ctx) => {
    const cents = priceInCents(value);
    if (cents !== undefined) return cents;
    ctx.addIssue({
      code: 'custom',
      message:
        value === ''
          ? 'es obligatorio.'
          : 'tiene que ser un número mayor que 0 y menor que 100000000, con punto decimal; por ejemplo 120.5.',
    });
    return z.NEVER;
  })
  .meta({ description: 'Pesos, con punto decimal; se guardan dos decimales.' });

/** An empty text is no category. */
const categoryId = numeric.nullable().transform((value, ctx) => {
  if (value === null || value === '') return null;
  const id = /^\d{1,10}$/.test(String(value)) ? Number(value) : 0;
  if (id >= 1 && id <= MAX_ID) return id;
  ctx.addIssue({ code: 'custom', message: 'no es una categoría válida.' });
  return z.NEVER;
});

/** An empty text says nothing about the rate. */
const iva = numeric
  .transform((value, ctx) => {
    if (value === '') return undefined;
    const rate = ivaRate(value);
    if (rate !== undefined) return rate;
    ctx.addIssue({ code: 'custom', message: `tiene que ser uno de: ${IVA_RATES.join(', ')}.` });
    return z.NEVER;
  })
  .meta({ description: 'La alícuota de IVA, en por ciento: 0, 10.5, 21 o 27. Sin ella, 21.' });

export const productPath = z.object({ productId: pathId() });
export const newProductBody = z.object({
  nombre_producto: text(100),
  descripcion: blankableText(255),
  precio: price,
  categoria_id: categoryId.optional(),
  iva: iva.optional(),
});
export const productChangesBody = newProductBody.partial();

export type NewProduct = z.output<typeof newProductBody>;
export type ProductChanges = z.output<typeof productChangesBody>;

const promotion = z.object({
  promocion_id: z.string(),
  nombre: z.string(),
  tipo_promocion: z.enum(['monto', 'porcentaje']),
  valor_descuento: z.number(),
  fecha_inicio: z.iso.datetime(),
  fecha_fin: z.iso.datetime(),
  productos_incluidos: z.array(z.string()).meta({
    description: 'Si son más de 200, solo este producto; `GET /api/promotions` los da todos.',
  }),
});

export const productAnswer = z
  .object({
    producto_id: z.string(),
    tenant_id: z.int(),
    nombre_producto: z.string(),
    descripcion: z.string(),
    precio: pesos,
    iva: z.number().meta({ description: 'La alícuota de IVA que el precio incluye, en por ciento.' }),
    cantidad_stock: z.int().meta({ description: 'En todos los comercios del negocio.' }),
    categoria_id: z.int().nullable(),
    categoria_nombre: z.string().nullable(),
    categoria: z
      .object({ categoria_id: z.string(), nombre: z.string(), descripcion: z.string().nullable() })
      .nullable(),
    imagenes: z.array(z.string()).meta({ description: 'Direcciones que se pueden mostrar sin token.' }),
    promociones: z.array(promotion).meta({ description: 'Las que no terminaron.' }),
  })
  .meta({ id: 'Producto' });

export const savedProduct = z.object({ success, message, producto: productAnswer });

export const archivedProduct = z.object({
  success,
  message,
  deleted_product: z.object({ tenant_id: z.int(), producto_id: z.string(), nombre_producto: z.string() }),
});

export const removedCategory = z.object({ success, message });

export const csvTemplateAnswer = z.object({
  success,
  message,
  template: z.string(),
  categorias_disponibles: z.array(z.object({ categoria_id: z.int(), nombre: z.string() })),
  instrucciones: z.object({
    formato: z.string(),
    campos_requeridos: z.array(z.string()),
    campos_opcionales: z.array(z.string()),
    notas: z.array(z.string()),
  }),
});

export const csvUploadAnswer = z
  .object({
    success: z.boolean(),
    message,
    data: z.object({
      productos_creados: z.array(z.object({ fila: z.int(), producto: productAnswer })),
      errores: z.array(z.object({ fila: z.int(), error: z.string() })),
      total_procesados: z.int(),
      total_exitosos: z.int(),
      total_errores: z.int(),
    }),
    usuario_procesamiento: z.object({ usuario_id: z.int(), nombre: z.string(), rol: z.enum(['admin', 'operador']) }),
  })
  .meta({ id: 'CargaDeProductos' });
