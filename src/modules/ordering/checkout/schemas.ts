import { z } from 'zod';
import { integer, moment, text } from '../../../kernel/rest/schemas.ts';
import { addedUp, CHECKOUT_STATES, STEP_STATES } from './rules.ts';
import { MAX_QUANTITY } from './topics.ts';

const line = z.object({
  product_id: text(100).meta({ description: 'El producto, o una de sus variantes.' }),
  quantity: integer().min(1).max(MAX_QUANTITY),
});

export const checkoutBody = z.object({
  user_id: text(100),
  items: z
    .array(line)
    .min(1)
    .max(100)
    .refine((items) => addedUp(items).every(({ quantity }) => quantity <= MAX_QUANTITY), 'suman más de lo que se puede pedir de un producto.')
    .meta({ description: 'Si un producto viene dos veces, se suma.' }),
  organization_id: text(100)
    .optional()
    .meta({ description: 'De qué negocio son los productos, si más de uno vende los mismos.' }),
});

export const checkoutParams = z.object({ order_id: text(100) });

/** The header by which a client asks again without asking twice. */
export const idempotencyKey = z.object({ 'Idempotency-Key': text(200).optional() });

export const requestedAnswer = z.object({
  message: z.literal('Orden solicitada'),
  order_id: z.string(),
  status_url: z.string().meta({ description: 'Dónde preguntar cómo va; también en `Location`.' }),
});

export const statusAnswer = z
  .object({
    order_id: z.string(),
    state: z.enum(CHECKOUT_STATES),
    reason: z.string().nullable().meta({ description: 'Por qué se rechazó; null si no se rechazó.' }),
    message: z.string().nullable().meta({ description: 'Lo mismo, para mostrar.' }),
    requested_at: moment,
    updated_at: moment,
    expires_at: moment.meta({ description: 'Hasta cuándo se esperan las respuestas que falten.' }),
    steps: z.array(
      z.object({ name: z.enum(['usuario', 'inventario', 'pago']), state: z.enum(STEP_STATES), at: moment.nullable() }),
    ),
  })
  .meta({ id: 'Checkout' });
