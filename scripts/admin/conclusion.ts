import type { EventView } from '../../src/events/read-model.ts';
import type { OrderRecord } from './order-record.ts';
import type { Story } from './story.ts';
import { moment } from './table.ts';

/** One plain sentence: what became of the order, and why. Another one when something about it still hangs. */
export function conclusion(story: Story): string {
  const became = story.order ? ofOrder(story.order, story) : withoutOrder(story);
  return [became, ...hanging(story)].join(' ');
}

function ofOrder(order: OrderRecord, { parked, pedidoId }: Story): string {
  const last = order.historial.at(-1);
  const by = `${last?.causa ?? 'an unknown cause'} at ${moment(last?.fecha)}`;
  const waiting = parked.find((row) => row.state === 'waiting');
  const name = `Pedido ${pedidoId} is order ${order.orden_id}`;
  switch (order.estado) {
    case 'finalizada':
      return `${name}; it was delivered and is finalizada, by ${by}.`;
    case 'cancelada':
      return `${name}; it was cancelled by ${by}, and its stock was given back.`;
    case 'rechazada':
      return `${name}; it was turned down by ${by}, and its stock was given back.`;
    case 'listo':
      return `${name}; it is listo since ${by}, and waits to be delivered.`;
    default: {
      const next = waiting ? `; its ${waiting.topic} came already and is applied by itself then` : '';
      return `${name}; it was accepted, is ${order.estado}, and waits for its tenant to make it listo${next}.`;
    }
  }
}

function withoutOrder({ events, parked, pedidoId }: Story): string {
  const none = `There is no order for pedido ${pedidoId}:`;
  const judged = events
    .filter((event) => event.topic === 'pedido.creado' && !['repeat', 'conflict'].includes(event.outcome))
    .at(-1);
  if (judged) return `${none} ${whyNot(judged)}.`;
  const waiting = parked.find((row) => row.state === 'waiting');
  if (waiting)
    return `${none} only ${waiting.topic} came so far; it waits for the order until ${moment(waiting.expiresAt)}.`;
  const expired = parked.find((row) => row.state === 'expired');
  if (expired) return `${none} ${expired.topic} waited for it in vain until ${moment(expired.expiresAt)}.`;
  return `${none} no pedido.creado ever came.`;
}

function whyNot({ outcome, answer, cause, nextAttemptAt }: EventView): string {
  const said = answer?.message ?? '';
  if (outcome === 'refused') return `it was refused; ${said}`;
  if (outcome === 'invalid') return `its pedido.creado was not valid; ${said}`;
  if (outcome === 'failed')
    return `its pedido.creado failed (${cause ?? 'no cause kept'}) and is tried again at ${moment(nextAttemptAt)}`;
  return `its pedido.creado is ${outcome}${cause ? ` (${cause})` : ''}`;
}

function hanging({ messages }: Story): string[] {
  const count = (state: string) => messages.filter((message) => message.state === state).length;
  const [dead, pending] = [count('dead'), count('pending')];
  return [
    ...(dead > 0 ? [`${dead} of its messages can never be delivered as they are: see admin dead-letters.`] : []),
    ...(pending > 0 ? [`${pending} of its messages are not yet delivered to the hub.`] : []),
  ];
}
