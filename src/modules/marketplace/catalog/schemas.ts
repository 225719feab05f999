import { z } from 'zod';
import { MAX_ID } from '../../../kernel/rest/parse-id.ts';
import { blankableText, optionalText, text } from '../../../kernel/rest/schemas.ts';
import { priceInCents } from './rules.ts';

export const newCategoryBody = z.object({ nombre: text(100), descripcion: optionalText(255) });

const price = z.union([z.string().max(40), z.number()]).transform((value, ctx) => {
  const cents = priceInCents(value);
  if (cents !== undefined) return cents;
  ctx.addIssue({ code: 'custom', message: 'tiene que ser un número mayor que cero, con punto decimal.' });
  return z.NEVER;
});

/** A form sends text and an empty one for no category; JSON may send the number. */
const categoryId = z
  .union([z.string(), z.number()])
  .nullable()
  .transform((value, ctx) => {
    if (value === null || value === '') return null;
    const id = /^\d{1,10}$/.test(String(value)) ? Number(value) : 0;
    if (id >= 1 && id <= MAX_ID) return id;
    ctx.addIssue({ code: 'custom', message: 'no es una categoría válida.' });
    return z.NEVER;
  });

export const newProductBody = z.object({
  nombre_producto: text(100),
  descripcion: blankableText(255),
  precio: price,
  categoria_id: categoryId.optional(),
});

export const productChangesBody = newProductBody.partial();

export type ProductChanges = z.output<typeof productChangesBody>;
