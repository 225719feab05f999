import { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';
import { envelope, wireName, wirePrice } from '../../../kernel/envelope.ts';
import { customerSubject, wireCustomer } from '../ports.ts';

export const paymentReceived = defineTopic({
  name: 'payment.received',
  direction: 'in',
  description:
    'Un cliente pagó: libera a lo sumo el crédito que tiene en uso, y lo que sobra queda como saldo a su favor. Un ' +
    '`payment_reference` vale una sola vez.',
  producer: 'Payment Service',
  amqp: { exchange: 'payment_events' },
  schema: envelope(
    'payment.received',
    z.object({
      customer_id: wireCustomer,
      amount: wirePrice,
      payment_reference: wireName,
      organization_id: wireName.optional(),
    }),
  ),
  key: ({ data }) => data.payment_reference,
  subject: ({ organization_id, data }) =>
    data.customer_id === undefined ? undefined : customerSubject(organization_id, data.customer_id),
  example: {
    event: 'payment.received',
    version: '1.0',
    timestamp: '2025-11-23T15:00:00Z',
    organization_id: 'org_123',
    data: { customer_id: 'cus_1', amount: 5000, payment_reference: 'pay_ref_001' },
  },
});

export type PaymentReceived = z.output<typeof paymentReceived.schema>;
