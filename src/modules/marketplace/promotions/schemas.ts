import { z } from 'zod';
import { calendarDay } from '../../../kernel/calendar-day.ts';
import { isCents, toCents } from '../../../kernel/money.ts';
import { readId } from '../../../kernel/rest/parse-id.ts';
import { message, pesos, success, text } from '../../../kernel/rest/schemas.ts';

const MAX_PRODUCTS = 10_000;
const MAX_VALUE = 99_999_999.99;

const tipo_promocion = z.enum(['monto', 'porcentaje']);

/** The day that was entered. A moment counts as the day written in it. */
const day = z
  .string()
  .transform((value, ctx) => {
    const found = calendarDay(value);
    if (found !== undefined) return found;
    ctx.addIssue({ code: 'custom', message: 'no es una fecha AAAA-MM-DD.' });
    return z.NEVER;
  })
  .meta({
    override: {
      anyOf: [
        { type: 'string', format: 'date' },
        { type: 'string', format: 'date-time' },
      ],
      description: 'Un día. De un momento cuenta el día tal como está escrito, antes de la T.',
    },
  });

/** Hundredths of a peso, or of a per cent. */
const value = z
  .number()
  .max(MAX_VALUE)
  .refine((amount) => amount > 0, 'tiene que ser mayor que cero.')
  .refine((amount) => amount <= 0 || (isCents(amount) && toCents(amount) > 0), 'admite hasta dos decimales.')
  .transform(toCents)
  .meta({ override: { type: 'number', exclusiveMinimum: 0, maximum: MAX_VALUE } });

/** The client sends texts, the documentation says numbers. */
const productId = z
  .union([z.string(), z.number()])
  .transform((given, ctx) => {
    const id = readId(String(given));
    if (id !== undefined) return id;
    ctx.addIssue({ code: 'custom', message: 'no es un identificador válido.' });
    return z.NEVER;
  })
  .meta({ override: { type: ['string', 'integer'], pattern: '^\\d+$', minimum: 1 } });

/** An emptied promotion would be in force for nothing; a product named twice is in it once. */
const products = z
  .array(productId)
  .min(1)
  .max(MAX_PRODUCTS)
  .transform((ids) => [...new Set(ids)]);

export const newPromotionBody = z.object({
  nombre: text(100),
  tipo_promocion,
  valor_descuento: value,
  lista_productos: products,
  fecha_inicio: day,
  fecha_fin: day,
});

export const promotionChangesBody = newPromotionBody
  .partial()
  .refine((changes) => Object.values(changes).some((field) => field !== undefined), 'no hay nada que cambiar.');

export type PromotionChanges = z.output<typeof promotionChangesBody>;

const enteredDay = z.iso.datetime().meta({ description: 'El día que se cargó, como medianoche UTC.' });

export const promocion = z
  .object({
    promocion_id: z.int(),
    nombre: z.string(),
    tipo_promocion,
    valor_descuento: z.number().meta({ description: 'Pesos por unidad, o por ciento.' }),
    fecha_inicio: enteredDay,
    fecha_fin: enteredDay,
    productos: z.array(
      z.object({
        producto_id: z.int(),
        tenant_id: z.int(),
        categoria_id: z.int().nullable(),
        nombre_producto: z.string(),
        descripcion: z.string().nullable(),
        precio: pesos,
        fecha_creacion: z.iso.datetime(),
      }),
    ),
  })
  .meta({ id: 'Promocion' });

export const promotionsAnswer = z.array(promocion);

export const promotionAnswer = z.object({ success, message, promocion });

export const deletedPromotionAnswer = z.object({
  success,
  message,
  deleted_promotion_id: z.string(),
});
