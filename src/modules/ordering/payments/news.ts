import { fromMinorUnits } from './minor-units.ts';
import type { ChargeRefunded, PaymentFailed, PaymentSucceeded } from './topics.ts';
import type { News } from './rules.ts';

/** What a gateway's event says of one payment, in our own words. */
export type PaymentNews = News & {
  /** The gateway's own name of the event: told once about. */
  eventId: string;
  gatewayPaymentId: string;
  /** Whose it is, as whoever created the payment wrote into it; both or nothing. */
  named?: { orderId: string; organizationId: string };
};

type Metadata = PaymentSucceeded['data']['object']['metadata'];

const named = (metadata: Metadata): PaymentNews['named'] => {
  const { order_id: orderId, organization_id: organizationId } = metadata ?? {};
  return orderId === undefined || organizationId === undefined ? undefined : { orderId, organizationId };
};

const money = (amount: number, currency: string) => ({
  cents: fromMinorUnits(amount, currency),
  currency: currency.toUpperCase(),
});

export function newsOfSuccess({ id, created, data: { object } }: PaymentSucceeded): PaymentNews {
  // What was received counts: an intent may be captured in part.
  const received = object.amount_received || object.amount;
  return {
    kind: 'succeeded',
    eventId: id,
    gatewayPaymentId: object.id,
    named: named(object.metadata),
    at: new Date(created * 1000),
    ...money(received, object.currency),
  };
}

export function newsOfFailure({ id, data: { object } }: PaymentFailed): PaymentNews {
  const { message, code } = object.last_payment_error ?? {};
  return {
    kind: 'failed',
    eventId: id,
    gatewayPaymentId: object.id,
    named: named(object.metadata),
    reason: message ?? code ?? 'payment_failed',
    ...money(object.amount, object.currency),
  };
}

export function newsOfRefund({ id, data: { object } }: ChargeRefunded, gatewayPaymentId: string): PaymentNews {
  return {
    kind: 'refunded',
    eventId: id,
    gatewayPaymentId,
    named: named(object.metadata),
    refundedCents: fromMinorUnits(object.amount_refunded, object.currency),
    ...money(object.amount_captured || object.amount, object.currency),
  };
}
