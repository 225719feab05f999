import { z } from 'zod';
import { fromCents } from '../../../kernel/money.ts';
import { moment, pesos, text } from '../../../kernel/rest/schemas.ts';
import type { PaymentView } from './read-model.ts';

export const orderParams = z.object({ order_id: text(100) });

export const paymentBody = z.object({
  gateway: z.enum(['stripe']),
  gateway_payment_id: z
    .string()
    .regex(/^[A-Za-z0-9_-]{1,255}$/, 'lleva letras, dígitos, guiones y guiones bajos.')
    .optional()
    .meta({ description: 'El payment intent, si ya existe en Stripe; sin él se crea uno.' }),
});

const payment = {
  payment_id: z.string(),
  order_id: z.string(),
  gateway: z.string(),
  gateway_payment_id: z.string(),
  state: z.enum(['pending', 'failed', 'succeeded', 'refunded']),
  amount: pesos,
  refunded_amount: pesos,
  currency: z.string(),
  failure: z.string().nullable().meta({ description: 'Por qué no salió el último intento.' }),
  refund_asked_at: moment.nullable().meta({ description: 'Cuándo se pidió devolverlo.' }),
  paid_at: moment.nullable(),
  created_at: moment,
};

export const paymentAnswer = z
  .object({
    ...payment,
    client_secret: z
      .string()
      .optional()
      .meta({ description: 'Con esto el navegador del cliente termina el pago en Stripe. No se guarda.' }),
  })
  .meta({ id: 'Pago' });
export const paymentsAnswer = z.object({ payments: z.array(z.object(payment).meta({ id: 'PagoDePedido' })) });

/** A payment as it is shown. */
export const shown = ({ amount_cents, refunded_cents, ...payment }: PaymentView) => ({
  ...payment,
  amount: fromCents(amount_cents),
  refunded_amount: fromCents(refunded_cents),
});
