import { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';
import { wireName } from '../../../kernel/envelope.ts';
import { wireText } from '../../../kernel/wire.ts';

/**
 * Apart from the broker's: a message there that bore the name of one of Stripe's events would have its effect without
 * its signature.
 */
export const STRIPE_SUBSCRIBER = 'stripe';

/** What a payment's events are about; whoever takes an order's lock as well takes this one first. */
export const paymentSubject = (gatewayPaymentId: string) => `pago:${gatewayPaymentId}`;

/** A refund waits for nothing but itself. */
export const refundSubject = (paymentId: string) => `devolucion:${paymentId}`;

// Of an event we take what we decide on. The rest changes with Stripe's version and from one delivery to the next
// (`pending_webhooks`), and would make a repeat look like another content.

const stripeId = wireText(255).refine((id) => id.trim() !== '', 'está vacío');
/** In the minor unit of its currency. */
const amount = z.int().min(1).max(Number.MAX_SAFE_INTEGER / 100);
const partOf = z.int().min(0).max(Number.MAX_SAFE_INTEGER / 100);
const currency = z.string().regex(/^[a-zA-Z]{3}$/);
/** Whoever made the intent wrote what it liked: what cannot be a name of ours is as if it were not there. */
const metadata = z
  .object({ order_id: wireName.optional().catch(undefined), organization_id: wireName.optional().catch(undefined) })
  .nullish()
  .catch(undefined);
/** For people: kept and shown, never compared. */
const words = z
  .string()
  .nullish()
  .transform((text) => text?.slice(0, 500).toWellFormed().replaceAll('\u0000', '') ?? null);

const stripeEvent = <Type extends string, Shape extends z.ZodType>(type: Type, object: Shape) =>
  z.object({
    id: stripeId,
    type: z.literal(type),
    /** Seconds since 1970. */
    created: z.int().min(0).max(253_402_300_799),
    data: z.object({ object }),
  });

const example = (type: string, object: Record<string, unknown>) => ({
  id: 'evt_3OaBcD2eZvKYlo2C',
  type,
  created: 1763910060,
  data: { object: { currency: 'ars', metadata: { order_id: 'order_456', organization_id: 'org_123' }, ...object } },
});

const key = ({ id }: { id: string }) => id;
const subject = ({ data }: { data: { object: { id: string } } }) => paymentSubject(data.object.id);

export const paymentSucceeded = defineTopic({
  name: 'payment_intent.succeeded',
  direction: 'in',
  destination: 'stripe',
  description: 'Stripe cobró un pago.',
  schema: stripeEvent(
    'payment_intent.succeeded',
    z.object({ id: stripeId, amount, amount_received: partOf.nullish(), currency, metadata }),
  ),
  key,
  subject,
  example: example('payment_intent.succeeded', {
    id: 'pi_3OaBcD2eZvKYlo2C',
    amount: 1525050,
    amount_received: 1525050,
  }),
});

export const paymentFailed = defineTopic({
  name: 'payment_intent.payment_failed',
  direction: 'in',
  destination: 'stripe',
  description: 'Un intento de pago no salió; el cliente puede probar de nuevo.',
  schema: stripeEvent(
    'payment_intent.payment_failed',
    z.object({
      id: stripeId,
      amount,
      currency,
      metadata,
      last_payment_error: z.object({ code: words, message: words }).nullish().catch(undefined),
    }),
  ),
  key,
  subject,
  example: example('payment_intent.payment_failed', {
    id: 'pi_3OaBcD2eZvKYlo2C',
    amount: 1525050,
    last_payment_error: { code: 'card_declined', message: 'Your card was declined.' },
  }),
});

export const chargeRefunded = defineTopic({
  name: 'charge.refunded',
  direction: 'in',
  destination: 'stripe',
  description: 'Stripe devolvió un cobro, entero o en parte; `amount_refunded` es lo devuelto en total.',
  schema: stripeEvent(
    'charge.refunded',
    z.object({
      payment_intent: stripeId.nullish(),
      amount,
      amount_captured: partOf.nullish(),
      amount_refunded: partOf,
      currency,
      metadata,
    }),
  ),
  key,
  subject: ({ data: { object: charge } }) =>
    charge.payment_intent == null ? undefined : paymentSubject(charge.payment_intent),
  example: example('charge.refunded', {
    payment_intent: 'pi_3OaBcD2eZvKYlo2C',
    amount: 1525050,
    amount_captured: 1525050,
    amount_refunded: 1525050,
  }),
});

export const refundCreate = defineTopic({
  name: 'stripe.refund.create',
  direction: 'out',
  description: 'Pide a Stripe que devuelva un pago; sale una vez, después de que se decidió.',
  destination: 'stripe',
  schema: z.object({
    payment_id: wireName,
    payment_intent: stripeId,
    order_id: wireName,
    /** Hundredths of the currency; the transport makes Stripe's units of it. */
    amount_cents: z.int().min(1),
    currency,
    reason: wireName,
  }),
  subject: ({ payment_id }) => refundSubject(payment_id),
  example: {
    payment_id: '0199f0a2-6c1e-7b1c-9d33-1f0f5b0a7c11',
    payment_intent: 'pi_3OaBcD2eZvKYlo2C',
    order_id: 'order_456',
    amount_cents: 1525050,
    currency: 'ARS',
    reason: 'sin_stock',
  },
});

export type PaymentSucceeded = z.output<typeof paymentSucceeded.schema>;
export type PaymentFailed = z.output<typeof paymentFailed.schema>;
export type ChargeRefunded = z.output<typeof chargeRefunded.schema>;
