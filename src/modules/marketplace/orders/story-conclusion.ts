import type { EventView } from '../../../events/read-model.ts';
import type { OrderRecord } from './record.ts';
import type { Known, Spell } from './story.ts';
import { pedidoCreado } from './topics.ts';

/** One plain sentence: what became of the order, and why. Another one when something about it still hangs. */
export function conclusionOf(known: Known, spell: Spell): string {
  const became = known.order ? ofOrder(known.order, known, spell) : withoutOrder(known, spell);
  return [became, ...hanging(known)].join(' ');
}

function ofOrder(order: OrderRecord, { parked, pedidoId }: Known, spell: Spell): string {
  const last = order.historial.at(-1);
  const by = `${last?.causa ?? 'una causa desconocida'} (${spell(last?.fecha)})`;
  const waiting = parked.find((row) => row.state === 'waiting');
  const name = `El pedido ${pedidoId} es la orden ${order.orden_id}`;
  switch (order.estado) {
    case 'finalizada':
      return `${name}; se entregó y está finalizada, por ${by}.`;
    case 'cancelada':
      return `${name}; se canceló por ${by}, y su stock volvió.`;
    case 'rechazada':
      return `${name}; la rechazó ${by}, y su stock volvió.`;
    case 'listo':
      return `${name}; está lista por ${by}, y espera la entrega.`;
    default: {
      const next = waiting ? `; su ${waiting.topic} ya llegó y entonces se aplica solo` : '';
      return `${name}; se aceptó, está ${order.estado}, y espera que el negocio la deje lista${next}.`;
    }
  }
}

function withoutOrder({ events, parked, pedidoId }: Known, spell: Spell): string {
  const none = `El pedido ${pedidoId} no tiene orden:`;
  const judged = events
    .filter((event) => event.topic === pedidoCreado.name && !['repeat', 'conflict'].includes(event.outcome))
    .at(-1);
  if (judged) return `${none} ${whyNot(judged, spell)}.`;
  const waiting = parked.find((row) => row.state === 'waiting');
  if (waiting) return `${none} hasta ahora solo llegó ${waiting.topic}; lo espera hasta ${spell(waiting.expiresAt)}.`;
  const expired = parked.find((row) => row.state === 'expired');
  if (expired) return `${none} ${expired.topic} lo esperó en vano hasta ${spell(expired.expiresAt)}.`;
  return `${none} nunca llegó su pedido.creado.`;
}

function whyNot({ outcome, answer, cause, nextAttemptAt }: EventView, spell: Spell): string {
  const said = answer?.message ?? '';
  if (outcome === 'refused') return said;
  if (outcome === 'invalid') return `su pedido.creado no era válido; ${said}`;
  if (outcome === 'failed') {
    return `su pedido.creado falló${cause === null ? '' : ` (${cause})`} y se vuelve a intentar ${spell(nextAttemptAt)}`;
  }
  return `su pedido.creado quedó ${outcome}${cause ? ` (${cause})` : ''}`;
}

function hanging({ messages }: Known): string[] {
  const count = (state: string) => messages.filter((message) => message.state === state).length;
  const [dead, pending] = [count('dead'), count('pending')];
  return [
    ...(dead > 0 ? [`${dead} de sus mensajes no se pueden entregar como están.`] : []),
    ...(pending > 0 ? [`${pending} de sus mensajes todavía no llegaron al hub.`] : []),
  ];
}
