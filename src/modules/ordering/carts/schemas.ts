import { z } from 'zod';
import { wireName, wirePrice } from '../../../kernel/envelope.ts';
import { fromCents, toCents } from '../../../kernel/money.ts';
import { moment, pageSize, pathBigId, pesos } from '../../../kernel/rest/schemas.ts';
import type { Cart, CartItem } from './read-model.ts';
import { lineTotal, MAX_QUANTITY, totalOf } from './rules.ts';

const quantity = z.int().min(1).max(MAX_QUANTITY);
const cart_id = z.uuid('no es un identificador válido.');

export const cartPath = z.object({ cart_id });
export const itemPath = z.object({ cart_id, variant_id: wireName });

export const newCartBody = z.object({
  customer_id: wireName,
  currency: z
    .string()
    .regex(/^[A-Z]{3}$/, 'es un código de tres letras mayúsculas, por ejemplo ARS.')
    .default('ARS'),
});

export const newItemBody = z.object({
  variant_id: wireName,
  quantity,
  unit_price: wirePrice
    .transform(toCents)
    .optional()
    .meta({ override: { type: 'number', minimum: 0 }, description: 'Hace falta si el catálogo no informó el precio.' }),
  product_id: wireName.optional(),
});

export const quantityBody = z.object({ quantity });

export const cartAnswer = z
  .object({
    cart_id: z.uuid(),
    customer_id: z.string(),
    state: z.enum(['active', 'ordered']),
    currency: z.string(),
    items: z.array(
      z.object({
        variant_id: z.string(),
        product_id: z.string().nullable(),
        quantity: z.int(),
        unit_price: pesos,
        total: pesos,
        available: z.boolean(),
        unavailable_reason: z.string().nullable().meta({ description: '`out_of_stock`, o null si se puede pedir.' }),
      }),
    ),
    total: pesos,
    created_at: moment,
    updated_at: moment,
  })
  .meta({ id: 'Carrito' });

/** A cart as the wire has it: pesos for cents. */
export const shownCart = (cart: Cart, items: readonly CartItem[]): z.input<typeof cartAnswer> => ({
  cart_id: cart.cartId,
  customer_id: cart.customerId,
  state: cart.state,
  currency: cart.currency,
  items: items.map((item) => ({
    variant_id: item.variantId,
    product_id: item.productId,
    quantity: item.quantity,
    unit_price: fromCents(item.unitPriceCents),
    total: fromCents(lineTotal(item)),
    available: item.unavailableReason === null,
    unavailable_reason: item.unavailableReason,
  })),
  total: fromCents(totalOf(items)),
  created_at: cart.createdAt,
  updated_at: cart.updatedAt,
});

export const newWaitBody = z.object({
  customer_id: wireName,
  variant_id: wireName,
  warehouse_id: wireName.optional().meta({ description: 'Sin este dato vale cualquier depósito.' }),
});

export const waitlistQuery = z.object({
  customer_id: wireName.optional(),
  variant_id: wireName.optional(),
  limit: pageSize.optional(),
  before: pathBigId.optional(),
});

export const waitPath = z.object({ waitlist_id: pathBigId });

export const waitAnswer = z
  .object({
    waitlist_id: z.int(),
    customer_id: z.string(),
    variant_id: z.string(),
    warehouse_id: z.string().nullable(),
    created_at: moment,
    notified_at: moment.nullable().meta({ description: 'Cuándo volvió a haber y se avisó; null mientras espera.' }),
  })
  .meta({ id: 'Espera' });

export const waitlistAnswer = z.object({
  waitlist: z.array(waitAnswer),
  next_before: z.int().nullable().meta({ description: 'El `before` de la página siguiente; null si no hay más.' }),
});
