import { z } from 'zod';
import { defineTopic } from '../../events/topic.ts';

/** Names a delivery; address and words are read when it is sent, so none of them lies about in the outbox. */
const delivery = z.object({
  tenant_id: z.int(),
  notification_id: z.int(),
  customer_id: z.string(),
});

export type DeliveryMessage = z.infer<typeof delivery>;

/** What a customer is told keeps its order, by each way. */
export const customerSubject = (tenantId: number, customerId: string): string => `cliente:${tenantId}:${customerId}`;

const definition = {
  direction: 'out' as const,
  schema: delivery,
  subject: ({ tenant_id, customer_id }: DeliveryMessage) => customerSubject(tenant_id, customer_id),
  example: { tenant_id: 1, notification_id: 42, customer_id: 'cus_789' },
};

export const emailDelivery = defineTopic({
  ...definition,
  name: 'notification.email',
  destination: 'email',
  description: 'Pide mandarle un aviso a un cliente por correo; el texto y la dirección se leen al enviarlo.',
});

export const pushDelivery = defineTopic({
  ...definition,
  name: 'notification.push',
  destination: 'push',
  description: 'Pide mandarle un aviso a un cliente a su teléfono.',
});

export const DELIVERIES = { email: emailDelivery, push: pushDelivery } as const;
