import {
  bodiesOf,
  eventsAbout,
  messagesCausedBy,
  messagesWrittenAt,
  parkedOf,
  type EventView,
  type MessageView,
  type ParkedView,
} from '../../../events/read-model.ts';
import type { Sql } from '../../../kernel/database.ts';
import { MAX_ID } from '../../../kernel/rest/parse-id.ts';
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
  /** How many more there are, between the first and the last of those. */
  omitted: number;
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
 * A user of a tenant: of an id that several sellers were sent they are told what was sent to theirs, and nothing of our
 * inside (addresses, SQL) that the causes of failures may hold.
 */
export interface Viewer {
  tenantId: number;
  /** An operator's sellers; null for all of the tenant's. */
  only: readonly number[] | null;
}

/**
 * Everything behind what became of one pedido, in time order, in Spanish: the operator's `explain` and the tenant's
 * panel tell the same. As the system role, since events belong to no tenant.
 * @param viewer a tenant, who is told of its own sellers only; absent, the operator.
 * @returns undefined when nothing was ever heard of it.
 */
export async function orderStory(
  trx: Sql,
  pedidoId: string,
  spell: Spell,
  viewer?: Viewer,
): Promise<Story | undefined> {
  const known = await readKnown(trx, pedidoId, viewer);
  return known && { ...known, entries: entriesOf(known, spell), conclusion: conclusionOf(known, spell) };
}

/** Nobody reads further, and a page of megabytes helps nobody. */
const MOST_EVENTS = 200;

async function readKnown(trx: Sql, pedidoId: string, viewer: Viewer | undefined): Promise<Known | undefined> {
  const subject = subjectOf(pedidoId);
  const { events: all, total } = await eventsAbout(trx, subject, MOST_EVENTS);
  const asked = await sellersAsked(trx, subject, all);
  const hidden = viewer ? await foreign(trx, viewer, asked) : new Set<number>();
  const events = all.filter(({ eventId }) => !hidden.has(eventId));
  const found = await orderRecord(trx, pedidoId);
  const order = viewer && found && !isTheirs(viewer, found) ? undefined : found;
  if (order === undefined && (viewer ? events.every(({ eventId }) => !asked.has(eventId)) : events.length === 0)) {
    return undefined;
  }
  const eventIds = events.map((event) => event.eventId);
  const parked = await parkedOf(trx, eventIds);
  const caused = (await messagesCausedBy(trx, subject)).filter(({ eventId }) => eventId === null || !hidden.has(eventId));
  const ledger = order?.ledger ?? [];
  const announced = await messagesWrittenAt(trx, shelvesOf(ledger), ledger.map((entry) => entry.moment));
  const messages = [...caused, ...announced].sort((a, b) => a.messageId - b.messageId);
  const last = events.findLast(({ eventId }) => asked.has(eventId));
  const comercioId = order?.comercio_id ?? (last && asked.get(last.eventId));
  const known = { pedidoId, comercioId, events, omitted: total - all.length, parked, order, messages };
  return viewer ? withoutCauses(known) : known;
}

const isTheirs = ({ tenantId, only }: Viewer, order: OrderRecord): boolean =>
  order.tenant_id === tenantId && (only === null || only.includes(order.comercio_id));

const withoutCauses = (known: Known): Known => ({
  ...known,
  events: known.events.map((event) => ({ ...event, cause: null })),
  messages: known.messages.map((message) => ({ ...message, lastError: null })),
});

const shelvesOf = (ledger: readonly LedgerEntry[]) => [
  ...new Set(ledger.map(({ comercioId, productoId }) => `stock:${comercioId}:${productoId}`)),
];

/** Which seller each pedido.creado named, by event. The body is as the hub sent it, in any of its dialects. */
async function sellersAsked(trx: Sql, subject: string, events: readonly EventView[]): Promise<Map<number, number>> {
  const orders = events.filter(({ topic }) => topic === pedidoCreado.name).map(({ eventId }) => eventId);
  const bodies = await bodiesOf(trx, subject, orders);
  return new Map(
    bodies.flatMap(({ eventId, body }) => {
      const comercioId = sellerIn(body);
      return comercioId === undefined ? [] : [[eventId, comercioId] as const];
    }),
  );
}

function sellerIn(text: string): number | undefined {
  try {
    const body = JSON.parse(text) as Record<string, unknown>;
    return [body['payload'], body, body['data']]
      .map((payload) => (payload as Record<string, unknown> | undefined)?.['comercio_id'])
      .find((id) => typeof id === 'number');
  } catch {
    return undefined; // it was kept as it came, and it was no JSON
  }
}

/** The events that named sellers of others. */
async function foreign(trx: Sql, { tenantId, only }: Viewer, asked: ReadonlyMap<number, number>): Promise<Set<number>> {
  const own = await trx.rows<{ id: number }>(
    `SELECT comercio_id AS id FROM sellers
     WHERE tenant_id = $1 AND comercio_id = ANY($2) AND ($3::int[] IS NULL OR comercio_id = ANY($3))`,
    [tenantId, [...new Set(asked.values())].filter((id) => Number.isInteger(id) && id > 0 && id <= MAX_ID), only],
  );
  const ids = new Set(own.map(({ id }) => id));
  return new Set([...asked].filter(([, comercioId]) => !ids.has(comercioId)).map(([eventId]) => eventId));
}
