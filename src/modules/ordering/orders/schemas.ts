import { z } from 'zod';
import { wirePrice } from '../../../kernel/envelope.ts';
import { toCents } from '../../../kernel/money.ts';
import { emailAddress, moment, optionalText, pageSize, pesos, text } from '../../../kernel/rest/schemas.ts';
import { PAYMENT_METHODS, type Address, type OrderDetails } from '../ports.ts';
import { isTimeout, ORDER_STATES, RESERVATION_STATES } from './states.ts';

const addressBody = z.object({
  recipient_name: text(200),
  address_line1: text(300),
  address_line2: optionalText(300),
  city: text(100),
  state: optionalText(100),
  postal_code: optionalText(20),
  country: text(100),
  phone_number: optionalText(50),
});

const price = wirePrice.nullable().optional().meta({ description: 'Un importe con hasta dos decimales; sin él, 0.' });

export const newOrderBody = z.object({
  cart_id: z.uuid('no es el identificador de un carrito.'),
  customer_email: emailAddress.nullable().optional().meta({ description: 'Sin él vale el del perfil del cliente.' }),
  customer_phone: optionalText(50),
  shipping_address: addressBody.nullable().optional(),
  billing_address: addressBody.nullable().optional(),
  payment_method: z
    .object({
      type: z.enum(PAYMENT_METHODS),
      last_four_digits: z.string().regex(/^\d{4}$/, 'son los cuatro últimos dígitos.').nullable().optional(),
      card_brand: optionalText(50),
    })
    .nullable()
    .optional(),
  notes: optionalText(1000),
  tax: price,
  shipping: price,
  discount: price.meta({ description: 'Se resta; el total tiene que quedar por encima de cero.' }),
});

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

const optional = z.string().nullable();
const shownAddress = z
  .object({
    recipient_name: z.string(),
    address_line1: z.string(),
    address_line2: optional,
    city: z.string(),
    state: optional,
    postal_code: optional,
    country: z.string(),
    phone_number: optional,
  })
  .nullable();

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
        currency: z.string(),
        refunded: pesos,
        refund_asked_at: moment.nullable(),
      }),
    ),
    steps: z.array(z.object({ state, reason: z.string().nullable(), at: moment })),
    details: z
      .object({
        customer_email: optional,
        customer_phone: optional,
        shipping_address: shownAddress,
        billing_address: shownAddress,
        payment_method: z.object({ type: optional, last_four_digits: optional, card_brand: optional }).nullable(),
        notes: optional,
        tax: pesos,
        shipping: pesos,
        discount: pesos,
      })
      .nullable()
      .meta({ description: 'A quién va y cómo se paga; null en los pedidos que vinieron sin eso.' }),
    order_created_event: z.enum(['published', 'not_published', 'received']).nullable().meta({
      description: 'Si se anunció con `OrderCreatedEvent`; `received`: así llegó de otro servicio; null: no va por ahí.',
    }),
    order_created_event_lacks: z.array(z.string()).meta({ description: 'Qué le faltó para anunciarse.' }),
  })
  .meta({ id: 'Compra' });

export const ordersAnswer = z.object({
  orders: z.array(z.object(head)),
  next: z.string().nullable().meta({ description: 'Para `before`; null en la última página.' }),
});

type NewOrder = z.output<typeof newOrderBody>;

/** What a body says beside its cart: amounts in cents. */
export const detailsOf = (body: NewOrder): OrderDetails => ({
  customerEmail: body.customer_email,
  customerPhone: body.customer_phone,
  shippingAddress: addressOf(body.shipping_address),
  billingAddress: addressOf(body.billing_address),
  paymentMethod: body.payment_method && {
    type: body.payment_method.type,
    lastFourDigits: body.payment_method.last_four_digits,
    cardBrand: body.payment_method.card_brand,
  },
  notes: body.notes,
  taxCents: toCents(body.tax ?? 0),
  shippingCents: toCents(body.shipping ?? 0),
  discountCents: toCents(body.discount ?? 0),
});

const addressOf = (address: NewOrder['shipping_address']): Address | null =>
  address
    ? {
        recipientName: address.recipient_name,
        addressLine1: address.address_line1,
        addressLine2: address.address_line2,
        city: address.city,
        state: address.state,
        postalCode: address.postal_code,
        country: address.country,
        phoneNumber: address.phone_number,
      }
    : null;
