import { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';
import { envelope, wireName, wirePrice } from '../../../kernel/envelope.ts';
import { customerSubject, wireCustomer } from '../ports.ts';

const orders = { exchange: 'order_events' };
const tills = { exchange: 'pos_events' };

const customer_id = wireCustomer;
/** Checked against the envelope's. */
const organization_id = wireName.optional();

/** One amount, however it was sent, so that the same purchase is the same content. */
const amounts = {
  total_amount: wirePrice.nullish(),
  totals: z.object({ total_amount: wirePrice }).nullish(),
};
interface Amounts {
  total_amount?: number | null;
  totals?: { total_amount: number } | null;
}
function withAmount<Data extends Amounts>({ totals, ...data }: Data, ctx: z.RefinementCtx) {
  const total_amount = data.total_amount ?? totals?.total_amount;
  if (total_amount !== undefined) return { ...data, total_amount };
  ctx.addIssue({ code: 'custom', path: ['total_amount'], message: 'falta, y tampoco está totals.total_amount' });
  return z.NEVER;
}

interface OfCustomer {
  organization_id: string;
  data: { customer_id?: string | undefined };
}
const subject = ({ organization_id: organization, data }: OfCustomer) =>
  data.customer_id === undefined ? undefined : customerSubject(organization, data.customer_id);

const example = (event: string, data: Record<string, unknown>) => ({
  event,
  version: '1.0',
  timestamp: '2025-11-23T15:00:00Z',
  organization_id: 'org_123',
  data: { customer_id: 'cus_1', ...data },
});

export const orderCompleted = defineTopic({
  name: 'order.completed',
  direction: 'in',
  description: 'Se entregó un pedido: cuenta como compra de su cliente, le da puntos y decide de nuevo su segmento.',
  amqp: orders,
  schema: envelope(
    'order.completed',
    z.object({ customer_id, order_id: wireName, organization_id, ...amounts }).transform(withAmount),
  ),
  key: ({ data }) => data.order_id,
  subject,
  example: example('order.completed', { order_id: 'order_456', total_amount: 15250.5 }),
});

export const orderCancelled = defineTopic({
  name: 'order.cancelled',
  direction: 'in',
  description:
    'Se canceló un pedido: se quita lo que dio al entregarse. Si llega antes, el pedido ya no da nada; salvo que lo ' +
    'haya cancelado el servicio solo (`auto_cancelled`) y después se entregue igual.',
  amqp: orders,
  schema: envelope(
    'order.cancelled',
    z.object({
      customer_id,
      order_id: wireName,
      organization_id,
      auto_cancelled: z.boolean().nullish().transform((auto) => auto ?? false),
    }),
  ),
  // The order service may cancel by itself, have the order back, and cancel it again.
  key: ({ data, timestamp }) => (data.auto_cancelled ? `${data.order_id}@${timestamp}` : data.order_id),
  subject,
  example: example('order.cancelled', { order_id: 'order_456', total_amount: 15250.5, reason: 'customer_request' }),
});

export const posTransactionCompleted = defineTopic({
  name: 'pos.transaction.completed',
  direction: 'in',
  description: 'Una venta en el mostrador: cuenta como order.completed. Sin `customer_id` es anónima y no cuenta.',
  producer: 'POS Service',
  amqp: tills,
  schema: envelope(
    'pos.transaction.completed',
    z.object({ customer_id, transaction_id: wireName, organization_id, ...amounts }).transform(withAmount),
  ),
  key: ({ data }) => data.transaction_id,
  subject,
  example: example('pos.transaction.completed', { transaction_id: 'pos_789', totals: { total_amount: 4200 } }),
});

export type OrderCompleted = z.output<typeof orderCompleted.schema>;
export type OrderCancelled = z.output<typeof orderCancelled.schema>;
export type PosTransactionCompleted = z.output<typeof posTransactionCompleted.schema>;
