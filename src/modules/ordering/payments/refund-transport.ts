import type { Outgoing, SendResult, Transport } from '../../../events/relay/index.ts';
import { causeOf } from '../../../kernel/errors.ts';
import { GatewayError, type PaymentGateway } from './gateway.ts';
import { refundCreate } from './topics.ts';

/** Sends what was decided to be given back. The payment is the key: sent again after a crash, it is the same refund. */
export const createRefundTransport = (gateway: PaymentGateway): Transport => ({
  destination: 'stripe',
  send: (message) => send(gateway, message),
});

async function send(gateway: PaymentGateway, { topic, payload }: Outgoing): Promise<SendResult> {
  const parsed = refundCreate.schema.safeParse(JSON.parse(payload));
  if (topic !== refundCreate.name || !parsed.success) {
    return { kind: 'dead', cause: `this is no ${refundCreate.name} as its schema has it` };
  }
  const { payment_id, payment_intent, amount_cents, currency } = parsed.data;
  try {
    await gateway.refund({
      gatewayPaymentId: payment_intent,
      cents: amount_cents,
      currency,
      idempotencyKey: `refund:${payment_id}`,
    });
    return { kind: 'sent' };
  } catch (error) {
    if (!(error instanceof GatewayError)) return { kind: 'down', cause: causeOf(error) };
    if (error.kind === 'refused') return { kind: 'dead', cause: error.message };
    return { kind: 'down', cause: error.message, retryAfterMs: error.retryAfterMs };
  }
}
