import { messagesCausedBy, messagesWrittenAt, eventsAbout, parkedOf } from '../../src/events/read-model.ts';
import type { EventView, MessageView, ParkedView } from '../../src/events/read-model.ts';
import type { Sql } from '../../src/kernel/database.ts';
import { orderRecord, type LedgerEntry, type OrderRecord } from './order-record.ts';
import { moment } from './table.ts';

/** Everything that is known about one pedido. */
export interface Story {
  pedidoId: string;
  events: EventView[];
  parked: ParkedView[];
  order?: OrderRecord;
  messages: MessageView[];
}

export interface Entry {
  at: Date;
  text: string;
}

/** @returns undefined when nothing was ever heard of it. */
export async function readStory(trx: Sql, pedidoId: string): Promise<Story | undefined> {
  const subject = `pedido:${pedidoId}`;
  const events = await eventsAbout(trx, subject);
  const order = await orderRecord(trx, pedidoId);
  if (events.length === 0 && order === undefined) return undefined;
  const parked = await parkedOf(
    trx,
    events.map((event) => event.eventId),
  );
  const caused = await messagesCausedBy(trx, subject);
  const announced = order
    ? await messagesWrittenAt(
        trx,
        shelvesOf(order.ledger),
        order.ledger.map((entry) => entry.moment),
      )
    : [];
  const messages = [...caused, ...announced].sort((a, b) => a.messageId - b.messageId);
  return { pedidoId, events, parked, order, messages };
}

const shelvesOf = (ledger: readonly LedgerEntry[]) => [
  ...new Set(ledger.map(({ comercioId, productoId }) => `stock:${comercioId}:${productoId}`)),
];

/** What happened, in order of time; within one transaction in the order in which one thing led to the next. */
export function entriesOf(story: Story): Entry[] {
  const entries: Array<Entry & { rank: number }> = [
    ...story.events.map((event) => ({
      at: event.receivedAt,
      rank: 0,
      text: received(event, parkedFrom(story, event)),
    })),
    ...story.events.filter(settledLater).map((event) => ({ at: event.settledAt, rank: 0, text: settled(event) })),
    ...(story.order ? orderEntries(story.order) : []),
    ...story.parked.flatMap((row) => (row.settledAt ? [{ at: row.settledAt, rank: 3, text: unparked(row) }] : [])),
    ...story.messages.map((message) => ({ at: message.createdAt, rank: 6, text: sent(message) })),
  ];
  return entries
    .sort((a, b) => a.at.getTime() - b.at.getTime() || a.rank - b.rank)
    .map(({ at, text }) => ({ at, text }));
}

const parkedFrom = ({ parked }: Story, { eventId }: EventView) => parked.find((row) => row.eventId === eventId);

function received(event: EventView, parked: ParkedView | undefined): string {
  const name = event.receivedTopic ? `${event.receivedTopic} (${event.topic})` : event.topic;
  const came = `event ${event.eventId}  ${name} from the ${event.source}:`;
  if (parked) return `${came} before its time, parked: ${parked.reason}`;
  return settledLater(event) ? `${came} failed at first` : `${came} ${fate(event)}`;
}

/** One that failed at first and was tried again: its row was settled by a later transaction. */
const settledLater = (event: EventView) => event.attempts > 1;

const settled = (event: EventView) => `event ${event.eventId}  tried again, attempt ${event.attempts}: ${fate(event)}`;

function fate({ outcome, answer, cause, nextAttemptAt }: EventView): string {
  const said = answer?.message ?? '';
  switch (outcome) {
    case 'done':
      return 'applied';
    case 'warned':
      return `applied, with a warning: ${said}`;
    case 'refused':
      return `refused (${answer?.code ?? ''}): ${said}`;
    case 'repeat':
      return `a repeat; the first answer was given again${said ? `: ${said}` : ''}`;
    case 'conflict':
      return `the same id with other content; nothing changed: ${said}`;
    case 'invalid':
      return `not valid, nothing changed: ${said}`;
    case 'failed':
      return `failed, next try at ${moment(nextAttemptAt)}: ${cause ?? ''}`;
    case 'abandoned':
      return `failed too often and was given up: ${cause ?? ''}`;
    default:
      return `${outcome} ${said}`.trim();
  }
}

function orderEntries(order: OrderRecord): Array<Entry & { rank: number }> {
  const lines = order.productos.map(
    (line) => `${line.cantidad} × ${line.nombre_producto} at ${line.precio_unitario.toFixed(2)}`,
  );
  const [created, ...steps] = order.historial;
  const what = `${lines.join(', ')}; total ${order.total.toFixed(2)}`;
  const text = `order ${order.orden_id}  created for comercio ${order.comercio_id}: ${what}`;
  return [
    { at: created?.fecha ?? order.fecha_creacion, rank: 1, text },
    ...steps.map(({ fecha, estado, causa }) => ({
      at: fecha,
      rank: 4,
      text: `order ${order.orden_id}  → ${estado}, by ${causa}`,
    })),
    ...order.ledger.map((entry) => ({
      at: entry.fecha,
      rank: entry.motivo === 'venta' ? 2 : 5,
      text: stockStep(entry),
    })),
  ];
}

const stockStep = ({ productoId, cantidadAnterior, cantidadNueva, motivo, version }: LedgerEntry) =>
  `stock    product ${productoId}: ${cantidadAnterior} → ${cantidadNueva} (${motivo}, ledger version ${version})`;

function unparked({ eventId, topic, state, note }: ParkedView): string {
  const became = state === 'applied' ? 'was applied' : state === 'refused' ? 'was refused in the end' : 'expired';
  return `event ${eventId}  the parked ${topic} ${became}${note ? `: ${note}` : ''}`;
}

function sent({ messageId, topic, state, attempts, lastError, settledAt }: MessageView): string {
  const tries = attempts === 1 ? '1 attempt' : `${attempts} attempts`;
  const how = state === 'published' ? `published ${moment(settledAt)}, ${tries}` : `${state}, ${tries}`;
  return `message ${messageId}  ${topic}: ${how}${lastError && state !== 'published' ? `; ${lastError}` : ''}`;
}
