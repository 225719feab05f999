import { deadMessages, eventsAbout, parkedEvents, recentEvents, sagas, sagasOf } from '../../src/events/read-model.ts';
import type { EventView, MessageView, ParkedView, SagaOverview } from '../../src/events/read-model.ts';
import type { Database, Sql } from '../../src/kernel/database.ts';
import type { Check } from '../../src/modules/marketplace/orders/checks.ts';
import { orderStory, type Entry } from '../../src/modules/marketplace/orders/story.ts';
import { orderSubject } from '../../src/modules/ordering/orders/topics.ts';
import { onlineOrderStories, received, type OnlineStory } from '../../src/modules/ordering/orders/story.ts';
import { retryDead } from './dead-letters.ts';
import { moment, table, type Column } from './table.ts';

/** What a command found: text for people, data for machines, and whether it found what it was asked for. */
export interface Result {
  text: string;
  data: unknown;
  found: boolean;
}

export interface Flags {
  topic?: string;
  outcome?: string;
  limit: number;
  all: boolean;
}

const EVENT_COLUMNS: Array<Column<EventView>> = [
  { title: 'received (UTC)', value: (event) => moment(event.receivedAt) },
  { title: 'event', value: (event) => event.eventId },
  { title: 'topic', value: (event) => event.receivedTopic ?? event.topic, max: 30 },
  { title: 'about', value: (event) => event.subject ?? '–', max: 32 },
  { title: 'outcome', value: (event) => event.outcome },
  { title: 'why', value: (event) => event.cause ?? event.answer?.message, max: 80 },
];

const PARKED_COLUMNS: Array<Column<ParkedView>> = [
  { title: 'parked (UTC)', value: (row) => moment(row.parkedAt) },
  { title: 'event', value: (row) => row.eventId },
  { title: 'topic', value: (row) => row.topic, max: 30 },
  { title: 'waits for', value: (row) => row.waitKey, max: 32 },
  { title: 'state', value: (row) => row.state },
  { title: 'until', value: (row) => moment(row.settledAt ?? row.expiresAt) },
  { title: 'why', value: (row) => row.note ?? row.reason, max: 80 },
];

const DEAD_COLUMNS: Array<Column<MessageView>> = [
  { title: 'message', value: (row) => row.messageId },
  { title: 'died (UTC)', value: (row) => moment(row.settledAt) },
  { title: 'topic', value: (row) => row.topic, max: 30 },
  { title: 'about', value: (row) => row.orderingKey, max: 32 },
  { title: 'tries', value: (row) => row.attempts },
  { title: 'cause', value: (row) => row.lastError, max: 90 },
];

const SAGA_COLUMNS: Array<Column<SagaOverview>> = [
  { title: 'begun (UTC)', value: (row) => moment(row.createdAt) },
  { title: 'saga', value: (row) => row.saga },
  { title: 'about', value: (row) => row.sagaId, max: 36 },
  { title: 'status', value: (row) => row.status },
  { title: 'until', value: (row) => moment(row.status === 'running' ? row.deadline : row.updatedAt) },
  { title: 'steps', value: (row) => stepsOf(row) },
  { title: 'why', value: (row) => row.reason, max: 80 },
];

const stepsOf = ({ steps }: SagaOverview): string => Object.entries(steps).map(([step, state]) => `${step} ${state}`).join(', ');

const listed = <Row>(rows: Row[], columns: Array<Column<Row>>, none: string): Result => ({
  text: rows.length === 0 ? none : table(rows, columns),
  data: rows,
  found: true,
});

export const showEvents = async (database: Database, { topic, outcome, limit }: Flags): Promise<Result> => {
  const rows = await database.transaction('system', (trx) => recentEvents(trx, { topic, outcome, limit }));
  return listed(rows, EVENT_COLUMNS, topic || outcome ? 'No event fits.' : 'No event came yet.');
};

export const showParked = async (database: Database, { all, limit }: Flags): Promise<Result> => {
  const rows = await database.transaction('system', (trx) => parkedEvents(trx, { all, limit }));
  return listed(rows, PARKED_COLUMNS, all ? 'Nothing was ever parked.' : 'Nothing is parked.');
};

export const showSagas = async (database: Database, { all, limit }: Flags): Promise<Result> => {
  const rows = await database.transaction('system', (trx) => sagas(trx, { all, limit }));
  return listed(rows, SAGA_COLUMNS, all ? 'No saga was ever begun.' : 'Every saga went well, and none is under way.');
};

export const showDead = async (database: Database, { all, limit }: Flags): Promise<Result> => {
  const rows = await database.transaction('system', (trx) => deadMessages(trx, { all, limit }));
  return listed(rows, DEAD_COLUMNS, 'No dead letters: everything could be delivered.');
};

export async function retry(database: Database, messageId: number): Promise<Result> {
  const retried = await database.transaction('system', (trx) => retryDead(trx, messageId, new Date()));
  return { text: `${retried.note}.`, data: retried, found: true };
}

/** Tells what the tenant's panel tells, in its words, with moments in UTC as in the log. */
export async function explain(database: Database, pedidoId: string): Promise<Result> {
  const [story, online] = await database.transaction('system', async (trx) => [
    await orderStory(trx, pedidoId, utc),
    await onlineOrderStories(trx, pedidoId),
  ]);
  if (online.length > 0) return { text: online.map(onlineText).join('\n\n'), data: online, found: true };
  if (story === undefined) {
    const begun = await database.transaction('system', (trx) => sagaStory(trx, pedidoId));
    if (begun) return begun;
    return { text: `No se sabe nada del pedido ${pedidoId}: nunca llegó un evento sobre él.`, data: null, found: false };
  }
  const lines = story.entries.flatMap(linesOf);
  return { text: [`pedido ${pedidoId}`, ...lines, '', story.conclusion].join('\n'), data: story, found: true };
}

/** Of what was asked for and never became an order: it was rejected before, or its stock is kept by others. */
async function sagaStory(trx: Sql, id: string): Promise<Result | undefined> {
  const begun = await sagasOf(trx, id);
  if (begun.length === 0) return undefined;
  const { events } = await eventsAbout(trx, orderSubject(id), MOST_EVENTS);
  const heard = events.map(received).map(({ at, texto }) => `  ${moment(at)}  ${texto}`);
  const stands = begun.map((one) => `${one.saga}: ${one.status}${one.reason === null ? '' : ` (${one.reason})`}; ${stepsOf(one)}.`);
  return { text: [`orden ${id}`, ...heard, '', ...stands].join('\n'), data: { sagas: begun, events }, found: true };
}

const MOST_EVENTS = 200;

const onlineText = ({ orderId, orderNumber, tenantId, entries, conclusion }: OnlineStory): string =>
  [
    `pedido ${orderNumber} (${orderId}), negocio ${tenantId}`,
    ...entries.map(({ at, texto }) => `  ${moment(at)}  ${texto}`),
    '',
    conclusion,
  ].join('\n');

const utc = (at: Date | null | undefined): string => (at ? `${moment(at)} UTC` : '');

const linesOf = ({ at, texto, controles = [] }: Entry): string[] => [
  `  ${moment(at)}  ${texto}`,
  ...controles.map((check) => `${' '.repeat(27)}${mark(check)} ${check.regla}: ${check.detalle}`),
];

const mark = ({ cumple }: Check): string => (cumple ? '✓' : '✗');
