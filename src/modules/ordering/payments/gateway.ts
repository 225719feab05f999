import type { Cents } from '../../../kernel/money.ts';

export interface NewPayment {
  orderId: string;
  organizationId: string;
  cents: Cents;
  /** ISO 4217, as the order has it. */
  currency: string;
  /** The same key is the same payment, however often it is asked for. */
  idempotencyKey: string;
}

export interface CreatedPayment {
  gatewayPaymentId: string;
  /** What the customer's browser finishes the payment with. It is passed on and kept nowhere. */
  clientSecret: string | null;
}

export interface Refund {
  gatewayPaymentId: string;
  cents: Cents;
  currency: string;
  idempotencyKey: string;
}

/** Whoever takes customers' money for us. Asked outside of transactions; another one is a second file like Stripe's. */
export interface PaymentGateway {
  name: string;
  /** @throws GatewayError */
  createPayment(payment: NewPayment): Promise<CreatedPayment>;
  /** Resolves when the money is on its way back, also when it already was. @throws GatewayError */
  refund(refund: Refund): Promise<void>;
}

/** `refused`: this request can never succeed. `unavailable`: the same may succeed later. */
export class GatewayError extends Error {
  constructor(
    readonly kind: 'refused' | 'unavailable',
    message: string,
    readonly retryAfterMs?: number,
  ) {
    super(message);
  }
}
