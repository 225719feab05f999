import type { EventView, MessageView, ParkedView } from '../../../events/read-model.ts';
import { decimal, pesos } from '../../../kernel/es-ar.ts';
import { toCents } from '../../../kernel/money.ts';
import type { Check } from './checks.ts';
import type { LedgerEntry, OrderRecord } from './record.ts';
import type { Entry, Known, Spell } from './story.ts';

/** Within one transaction everything has one time: the rank keeps the order in which one thing led to the next. */
interface Ranked extends Entry {
  rank: number;
}

/** What happened, in order of time. */
export function entriesOf(known: Known, spell: Spell): Entry[] {
  const { events, parked, order, messages } = known;
  const entries: Ranked[] = [
    ...omission(known),
    ...events.map((event) => ({ at: event.receivedAt, rank: 0, ...received(event, known, spell) })),
    ...events.filter(settledLater).map((event) => ({
      at: event.settledAt,
      rank: 0,
      texto: `evento ${event.eventId}  se volvió a intentar (${event.attempts}): ${fate(event, spell)}`,
      controles: checksOf(event),
    })),
    ...(order ? orderEntries(order) : []),
    ...parked.flatMap((row) => (row.settledAt ? [{ at: row.settledAt, rank: 3, texto: unparked(row) }] : [])),
    ...messages.map((message) => ({ at: message.createdAt, rank: 6, texto: sent(message, spell) })),
  ];
  return entries
    .sort((a, b) => a.at.getTime() - b.at.getTime() || a.rank - b.rank)
    .map(({ rank: _rank, ...entry }) => entry);
}

/** Before the first of the last ones. */
function omission({ events, omitted }: Known): Ranked[] {
  const next = events[Math.ceil(events.length / 2)];
  if (omitted === 0 || next === undefined) return [];
  return [{ at: next.receivedAt, rank: -1, texto: `… ${omitted} eventos más sobre este pedido, que no se muestran` }];
}

function received(event: EventView, { parked }: Known, spell: Spell): Omit<Entry, 'at'> {
  const name = event.receivedTopic ? `${event.receivedTopic} (${event.topic})` : event.topic;
  const came = `evento ${event.eventId}  ${name}, de ${event.source}:`;
  const waits = parked.find((row) => row.eventId === event.eventId);
  if (waits) return { texto: `${came} llegó antes de tiempo y quedó en espera: ${waits.reason}` };
  if (settledLater(event)) return { texto: `${came} al principio falló` };
  return { texto: `${came} ${fate(event, spell)}`, controles: checksOf(event) };
}

/** One that failed at first and was tried again: its row was settled by a later transaction. */
const settledLater = (event: EventView) => event.attempts > 1;

const checksOf = ({ details }: EventView): Check[] | undefined =>
  Array.isArray(details) ? (details as Check[]) : undefined;

function fate({ outcome, answer, cause, nextAttemptAt }: EventView, spell: Spell): string {
  const said = answer?.message ?? '';
  switch (outcome) {
    case 'done':
      return 'aplicado';
    case 'warned':
      return `aplicado, con un aviso: ${said}`;
    case 'refused':
      return `rechazado (${answer?.code ?? ''}): ${said}`;
    case 'repeat':
      return `repetido; se dio otra vez la primera respuesta${said ? `: ${said}` : ''}`;
    case 'conflict':
      return `el mismo identificador con otro contenido; no cambió nada: ${said}`;
    case 'invalid':
      return `no es válido, no cambió nada: ${said}`;
    case 'failed':
      return `falló, se vuelve a intentar ${spell(nextAttemptAt)}${because(cause)}`;
    case 'abandoned':
      return `falló demasiadas veces y se abandonó${because(cause)}`;
    default:
      return `${outcome} ${said}`.trim();
  }
}

const because = (cause: string | null): string => (cause === null ? '' : `: ${cause}`);

function orderEntries(order: OrderRecord): Ranked[] {
  const lines = order.productos.map(({ cantidad, nombre_producto, precio_unitario, promocion, iva_pct }) => {
    const price = `${cantidad} × ${nombre_producto} a ${pesos(toCents(precio_unitario))} (IVA ${decimal(iva_pct)} %)`;
    return promocion === null ? price : `${price}, promoción «${promocion}»`;
  });
  const [created, ...steps] = order.historial;
  const texto = `orden ${order.orden_id}  creada para el comercio ${order.comercio_id}: ${lines.join(', ')}; total ${pesos(toCents(order.total))}`;
  return [
    { at: created?.fecha ?? order.fecha_creacion, rank: 1, texto, controles: order.checks },
    ...steps.map(({ fecha, estado, causa }) => ({
      at: fecha,
      rank: 4,
      texto: `orden ${order.orden_id}  → ${estado}, por ${causa}`,
    })),
    ...order.ledger.map((entry) => ({ at: entry.fecha, rank: entry.motivo === 'venta' ? 2 : 5, texto: stockStep(entry) })),
  ];
}

const stockStep = ({ productoId, cantidadAnterior, cantidadNueva, motivo, version }: LedgerEntry) =>
  `stock  producto ${productoId}: ${cantidadAnterior} → ${cantidadNueva} (${motivo}, asiento ${version})`;

const BECAME = { applied: 'se aplicó', refused: 'al final se rechazó', expired: 'venció', waiting: 'sigue en espera' };

const unparked = ({ eventId, topic, state, note }: ParkedView): string =>
  `evento ${eventId}  el ${topic} en espera ${BECAME[state]}${note ? `: ${note}` : ''}`;

const STATES = { pending: 'pendiente', published: 'publicado', dead: 'no se puede entregar', expired: 'vencido' };

function sent({ messageId, topic, state, attempts, lastError, settledAt }: MessageView, spell: Spell): string {
  const tries = attempts === 1 ? '1 intento' : `${attempts} intentos`;
  const how = `${STATES[state]}${state === 'published' ? ` ${spell(settledAt)}` : ''}, ${tries}`;
  return `mensaje ${messageId}  ${topic}: ${how}${lastError && state !== 'published' ? `; ${lastError}` : ''}`;
}
