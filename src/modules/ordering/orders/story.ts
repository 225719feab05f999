import { eventsAbout, messagesAround, type EventView, type MessageView } from '../../../events/read-model.ts';
import { together, type Sql } from '../../../kernel/database.ts';
import { fromCents } from '../../../kernel/money.ts';
import { paymentSubject, refundSubject } from '../payments/topics.ts';
import { orderSubject } from './topics.ts';

/** One thing that happened to an order of an online shop. */
export interface Entry {
  at: Date;
  texto: string;
}

/** What is known of one order, in time order, in Spanish. */
export interface OnlineStory {
  orderId: string;
  orderNumber: string;
  tenantId: number;
  entries: Entry[];
  conclusion: string;
}

interface Row {
  orderId: string;
  orderNumber: string;
  tenantId: number;
  customerId: string;
  state: string;
  reason: string | null;
  currency: string;
  totalCents: number;
  reservation: { state: string; reservation_id: string | null; expires_at: string; updated_at: string } | null;
  steps: Array<{ state: string; reason: string | null; taken_at: string }>;
  payments: Array<{
    payment_id: string;
    gateway_payment_id: string;
    state: string;
    amount_cents: number;
    refunded_cents: number;
    currency: string;
    updated_at: string;
    refund_asked_at: string | null;
  }>;
}

const MOST_EVENTS = 200;

/**
 * Everything behind what became of an order: what came in about it and its payments, its steps, what went out.
 * @param id the order's id or number; numbers are a tenant's own, so there may be several.
 */
export async function onlineOrderStories(trx: Sql, id: string): Promise<OnlineStory[]> {
  const orders = await trx.rows<Row>(
    `SELECT o.order_id AS "orderId", o.order_number AS "orderNumber", o.tenant_id AS "tenantId", o.customer_id AS "customerId",
            o.state, o.reason, o.currency, o.total_cents AS "totalCents", to_json(r) AS reservation,
            (SELECT json_agg(s ORDER BY s.step_id) FROM ordering_order_steps s
             WHERE s.order_id = o.order_id AND s.tenant_id = o.tenant_id) AS steps,
            coalesce((SELECT json_agg(p ORDER BY p.created_at) FROM ordering_payments p
             WHERE p.order_id = o.order_id AND p.tenant_id = o.tenant_id), '[]') AS payments
     FROM ordering_orders o LEFT JOIN ordering_reservations r USING (order_id, tenant_id)
     WHERE o.order_id = $1 OR o.order_number = $1 ORDER BY o.tenant_id LIMIT 20`,
    [id],
  );
  const stories: OnlineStory[] = [];
  for (const order of orders) stories.push(await storyOf(trx, order));
  return stories;
}

async function storyOf(trx: Sql, order: Row): Promise<OnlineStory> {
  const { orderId, orderNumber, tenantId, steps, payments, reservation } = order;
  const about = [orderSubject(orderId), ...payments.map(({ gateway_payment_id }) => paymentSubject(gateway_payment_id))];
  const incoming = await together(about.map((subject) => eventsAbout(trx, subject, MOST_EVENTS)));
  const moments = [
    ...steps.map(({ taken_at }) => taken_at),
    ...payments.flatMap(({ updated_at, refund_asked_at }) => [updated_at, ...(refund_asked_at ? [refund_asked_at] : [])]),
    ...(reservation ? [reservation.updated_at] : []),
  ];
  const asked = [`reserva:${orderId}`, ...payments.map(({ payment_id }) => refundSubject(payment_id))];
  const outgoing = await messagesAround(trx, [...about, ...asked], moments);
  const entries = [
    ...(incoming as Array<{ events: EventView[] }>).flatMap(({ events }) => events.map(received)),
    ...steps.map(stepped),
    ...outgoing.map(sent),
  ].sort((a, b) => a.at.getTime() - b.at.getTime());
  return { orderId, orderNumber, tenantId, entries, conclusion: conclusionOf(order) };
}

/** A delivery, as a line of a story. */
export const received = ({ receivedAt, topic, source, outcome, answer, cause }: EventView): Entry => {
  const why = cause ?? answer?.message;
  return { at: receivedAt, texto: `entró ${topic} (${source}): ${outcome}${why ? `, ${why}` : ''}` };
};

const stepped = ({ state, reason, taken_at }: Row['steps'][number]): Entry => ({
  at: new Date(taken_at),
  texto: `el pedido pasó a ${state}${reason ? ` por ${reason}` : ''}`,
});

const sent = ({ createdAt, topic, state, attempts, lastError }: MessageView): Entry => ({
  at: createdAt,
  texto: `salió ${topic}: ${state}${attempts > 1 ? `, ${attempts} intentos` : ''}${lastError ? `, ${lastError}` : ''}`,
});

function conclusionOf({ state, reason, totalCents, currency, reservation, payments }: Row): string {
  const hold = reservation && `reserva ${reservation.reservation_id ?? 'sin número del inventario'}: ${reservation.state}, vence ${reservation.expires_at}`;
  const paid = payments.map(
    ({ gateway_payment_id: id, state: now, amount_cents: amount, refunded_cents: back, currency: paidIn, refund_asked_at: asked }) =>
      `pago ${id}: ${now}, ${fromCents(amount)} ${paidIn}${back > 0 ? `, devuelto ${fromCents(back)}` : asked ? ', se pidió devolverlo' : ''}`,
  );
  const stands = `El pedido está ${state}${reason ? ` (${reason})` : ''}, por ${fromCents(totalCents)} ${currency}`;
  return `${[stands, hold, ...(paid.length > 0 ? paid : ['sin pagos'])].filter(Boolean).join('; ')}.`;
}
