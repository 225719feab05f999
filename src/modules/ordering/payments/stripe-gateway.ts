import Stripe from 'stripe';
import { causeOf } from '../../../kernel/errors.ts';
import { GatewayError, type PaymentGateway, type Refund } from './gateway.ts';
import { toMinorUnits } from './minor-units.ts';

export const STRIPE = 'stripe';

export interface StripeOptions {
  secretKey: string;
  /** Scheme, host and port; the paths are Stripe's. */
  apiUrl: string;
  timeoutMs?: number;
}

const TIMEOUT_MS = 10_000;

/** Stripe by its own SDK. It never tries again by itself: the relay does, by a clock of its own. */
export function createStripeGateway({ secretKey, apiUrl, timeoutMs = TIMEOUT_MS }: StripeOptions): PaymentGateway {
  const { protocol, hostname, port } = new URL(apiUrl);
  const secure = protocol === 'https:';
  const stripe = new Stripe(secretKey, {
    protocol: secure ? 'https' : 'http',
    host: hostname,
    port: port || (secure ? 443 : 80),
    maxNetworkRetries: 0,
    timeout: timeoutMs,
    telemetry: false,
  });
  return {
    name: STRIPE,
    async createPayment({ orderId, organizationId, cents, currency, idempotencyKey }) {
      const params = {
        amount: minorUnits(cents, currency),
        currency: currency.toLowerCase(),
        metadata: { order_id: orderId, organization_id: organizationId },
      };
      const intent = await told(stripe.paymentIntents.create(params, { idempotencyKey }));
      return { gatewayPaymentId: intent.id, clientSecret: intent.client_secret };
    },
    refund: (refund) => giveBack(stripe, refund),
  };
}

async function giveBack(stripe: Stripe, { gatewayPaymentId, cents, currency, idempotencyKey }: Refund): Promise<void> {
  const params = { payment_intent: gatewayPaymentId, amount: minorUnits(cents, currency) };
  const asked = stripe.refunds.create(params, { idempotencyKey }).catch((error: unknown) => {
    if (error instanceof Stripe.errors.StripeError && error.code === 'charge_already_refunded') return undefined;
    throw error;
  });
  const refund = await told(asked);
  if (refund?.status !== 'failed') return;
  throw new GatewayError('refused', `refund ${refund.id} failed: ${refund.failure_reason}`);
}

function minorUnits(cents: number, currency: string): number {
  const amount = toMinorUnits(cents, currency);
  if (amount !== undefined) return amount;
  throw new GatewayError('refused', `${currency} has no hundredths, and ${cents / 100} has some`);
}

const told = <T>(answer: Promise<T>): Promise<T> =>
  answer.catch((error: unknown) => {
    throw gatewayError(error);
  });

/** Another request with the same key is under way, or a lock of Stripe's is taken: the same will do later. */
const PASSING = new Set(['idempotency_key_in_use', 'lock_timeout']);

/** What Stripe says of this request alone is for good; of everything else somebody may mend it. */
function gatewayError(error: unknown): GatewayError {
  if (error instanceof GatewayError) return error;
  if (!(error instanceof Stripe.errors.StripeError)) return new GatewayError('unavailable', causeOf(error));
  const { StripeInvalidRequestError, StripeCardError, StripeIdempotencyError } = Stripe.errors;
  const ofThisRequest = [StripeInvalidRequestError, StripeCardError, StripeIdempotencyError];
  const forGood = ofThisRequest.some((one) => error instanceof one);
  const kind = forGood && !PASSING.has(error.code ?? '') ? 'refused' : 'unavailable';
  const cause = [error.statusCode, error.code, error.message].filter(Boolean).join(' ');
  return new GatewayError(kind, cause, retryAfterMs(error.headers));
}

function retryAfterMs(headers: Readonly<Record<string, string>> | undefined): number | undefined {
  const seconds = Number(headers?.['retry-after'] ?? NaN);
  return seconds >= 0 ? seconds * 1000 : undefined;
}
