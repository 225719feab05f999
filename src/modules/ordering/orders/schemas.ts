import { z } from 'zod';
import { moment, optionalText, pageSize, pesos, text } from '../../../kernel/rest/schemas.ts';
import { isTimeout, ORDER_STATES, RESERVATION_STATES } from './states.ts';

export const newOrderBody = z.object({ cart_id: z.uuid('no es el identificador de un carrito.') });

/**
 * Why, in words of the caller's own; kept with the order and told with `order.cancelled`. The service's words for a
 * time-out are its own: an order with one of them comes back to life when it is paid late.
 */
export const cancelBody = z.object({
  reason: optionalText(100).refine((reason) => !isTimeout(reason ?? null), 'es un motivo que solo pone el servicio.'),
});

/** An order's id is opaque. */
export const orderParams = z.object({ order_id: text(100) });

const state = z.enum(ORDER_STATES);

export const ordersQuery = z.object({
  state: state.optional(),
  customer_id: text(100).optional(),
  limit: pageSize.default(50),
  before: text(100).optional().meta({ description: 'El order_id del último de la página anterior.' }),
});

const head = {
  order_id: z.string(),
  order_number: z.string(),
  customer_id: z.string(),
  state,
  reason: z.string().nullable().meta({ description: 'Por qué se canceló.' }),
  auto_cancelled: z.boolean().nullable().meta({ description: 'Si lo canceló el servicio y no una persona.' }),
  currency: z.string(),
  total_amount: pesos,
  placed_at: moment,
  updated_at: moment,
};

export const orderAnswer = z
  .object({
    ...head,
    items: z.array(
      z.object({
        variant_id: z.string(),
        product_id: z.string().nullable(),
        warehouse_id: z.string().meta({ description: '`unassigned` mientras el inventario no lo diga.' }),
        quantity: z.int(),
        unit_price: pesos,
      }),
    ),
    reservation: z.object({
      reservation_id: z.string().nullable(),
      state: z.enum(RESERVATION_STATES),
      expires_at: moment,
    }),
    payments: z.array(
      z.object({
        payment_id: z.string(),
        gateway: z.string(),
        gateway_payment_id: z.string(),
        state: z.enum(['pending', 'failed', 'succeeded', 'refunded']),
        amount: pesos,
        refunded: pesos,
      }),
    ),
    steps: z.array(z.object({ state, reason: z.string().nullable(), at: moment })),
  })
  .meta({ id: 'Compra' });

export const ordersAnswer = z.object({
  orders: z.array(z.object(head)),
  next: z.string().nullable().meta({ description: 'Para `before`; null en la última página.' }),
});
