import {
  eventsAbout,
  messagesCausedBy,
  messagesWrittenAt,
  parkedOf,
  type EventView,
  type MessageView,
  type ParkedView,
} from '../../../events/read-model.ts';
import type { Sql } from '../../../kernel/database.ts';
import type { Check } from './checks.ts';
import { orderRecord, type LedgerEntry, type OrderRecord } from './record.ts';
import { conclusionOf } from './story-conclusion.ts';
import { entriesOf } from './story-entries.ts';
import { pedidoCreado, subjectOf } from './topics.ts';

/** What is known about one pedido, as it is in the tables. */
export interface Known {
  pedidoId: string;
  /** The seller it was sent to, also when it was refused; undefined when no readable pedido.creado came. */
  comercioId?: number;
  events: EventView[];
  parked: ParkedView[];
  order?: OrderRecord;
  messages: MessageView[];
}

/** One thing that happened, with the checks behind it where it was judged. */
export interface Entry {
  at: Date;
  texto: string;
  controles?: readonly Check[];
}

export interface Story extends Known {
  entries: Entry[];
  conclusion: string;
}

/** Spells a moment for whoever reads the story. */
export type Spell = (moment: Date | null | undefined) => string;

/**
 * Everything behind what became of one pedido, in time order, in Spanish: the operator's `explain` and the tenant's
 * panel tell the same. As the system role: events belong to no tenant; the caller checks whose it is.
 * @returns undefined when nothing was ever heard of it.
 */
export async function orderStory(trx: Sql, pedidoId: string, spell: Spell): Promise<Story | undefined> {
  const known = await readKnown(trx, pedidoId);
  return known && { ...known, entries: entriesOf(known, spell), conclusion: conclusionOf(known, spell) };
}

async function readKnown(trx: Sql, pedidoId: string): Promise<Known | undefined> {
  const subject = subjectOf(pedidoId);
  const events = await eventsAbout(trx, subject);
  const order = await orderRecord(trx, pedidoId);
  if (events.length === 0 && order === undefined) return undefined;
  const eventIds = events.map((event) => event.eventId);
  const parked = await parkedOf(trx, eventIds);
  const caused = await messagesCausedBy(trx, subject);
  const ledger = order?.ledger ?? [];
  const announced = await messagesWrittenAt(trx, shelvesOf(ledger), ledger.map((entry) => entry.moment));
  const messages = [...caused, ...announced].sort((a, b) => a.messageId - b.messageId);
  return { pedidoId, comercioId: order?.comercio_id ?? (await sellerAskedFor(trx, subject)), events, parked, order, messages };
}

const shelvesOf = (ledger: readonly LedgerEntry[]) => [
  ...new Set(ledger.map(({ comercioId, productoId }) => `stock:${comercioId}:${productoId}`)),
];

/** Whom the last pedido.creado named. The body is as the hub sent it, in any of its dialects. */
async function sellerAskedFor(trx: Sql, subject: string): Promise<number | undefined> {
  const event = await trx.maybe<{ body: string }>(
    'SELECT body FROM events WHERE subject = $1 AND topic = $2 ORDER BY received_at DESC LIMIT 1',
    [subject, pedidoCreado.name],
  );
  if (event === undefined) return undefined;
  try {
    const body = JSON.parse(event.body) as Record<string, unknown>;
    for (const payload of [body['payload'], body['data'], body]) {
      const id = (payload as Record<string, unknown> | undefined)?.['comercio_id'];
      if (typeof id === 'number') return id;
    }
  } catch {
    return undefined; // it was kept as it came, and it was no JSON
  }
  return undefined;
}
