import { strict as assert } from 'node:assert';
import type { HubSimulator } from '../../scripts/hub-simulator/index.ts';
import type { Database } from '../../src/kernel/database.ts';
import { isTaken, type Answered } from './sender.ts';
import { until } from './service.ts';
import { proveStock, type Shop } from './shop.ts';

export interface World {
  database: Database;
  hub: HubSimulator;
  shop: Shop;
  /** Every answer that the sender got, in any order. */
  answers: readonly Answered[];
}

interface OrderPayload {
  pedidoId: string | number;
  productos: Array<{ producto_id: number; cantidad: number }>;
}

/** Nothing lost, nothing doubled, nothing out of order; call it when every event was answered 2xx and all is published. */
export async function proveNothingLostOrDoubled(world: World): Promise<void> {
  const taken = world.answers.filter(isTaken);
  await everyAnswerIsKept(world.database, taken);
  repeatsGetTheFirstAnswer(taken);
  const accepted = acceptedOrders(taken);
  await oneOrderEach(world.database, accepted);
  await ledgerOnce(world.database, accepted);
  await noWaitingLeft(world.database);
  await endedWhereTheyWereSent(world.database, taken);
  await stockIsProven(world);
  await everyAcceptedIsConfirmed(world.hub, accepted);
  await publishedInOrder(world.database, world.hub);
  await stockMessagesChain(world.database, world.shop);
}

const rowsOf = <Row extends object>(database: Database, sql: string, values: readonly unknown[] = []): Promise<Row[]> =>
  database.transaction('system', (trx) => trx.rows<Row>(sql, values));

const count = (items: readonly string[]): Map<string, number> => {
  const counts = new Map<string, number>();
  for (const item of items) counts.set(item, (counts.get(item) ?? 0) + 1);
  return counts;
};

/** Waits until the outbox holds nothing that is still to be sent. */
export async function outboxDrained(database: Database, patienceMs = 30_000): Promise<void> {
  const drained = async () => (await rowsOf(database, `SELECT FROM outbox WHERE state = 'pending' LIMIT 1`)).length === 0;
  await until('the outbox is drained', drained, patienceMs);
}

/** A killed relay's leases end at once, as if their seven seconds had passed. */
export async function expireLeases(database: Database): Promise<void> {
  await database.pool.query('UPDATE relay_slots SET leased_until = now()');
  await database.pool.query('UPDATE relays SET alive_until = now()');
}

async function everyAnswerIsKept(database: Database, taken: readonly Answered[]): Promise<void> {
  const rows = await rowsOf<{ event: string; kept: number }>(
    database,
    `SELECT topic || ' ' || subject AS event, count(*) AS kept FROM events WHERE outcome NOT IN ('failed', 'abandoned') GROUP BY 1`,
  );
  const kept = new Map(rows.map((row) => [row.event, row.kept]));
  for (const [event, answers] of count(taken.map(({ event: { topic, payload } }) => `${topic} pedido:${payload.pedidoId}`))) {
    assert.ok((kept.get(event) ?? 0) >= answers, `${event} was answered 2xx ${answers} times and is kept ${kept.get(event) ?? 0} times`);
  }
}

function repeatsGetTheFirstAnswer(taken: readonly Answered[]): void {
  const first = new Map<string, string>();
  for (const { event, result } of taken) {
    const id = `${event.topic} ${event.payload.pedidoId}`;
    const answer = JSON.stringify([result.status, result.body]);
    assert.equal(answer, first.get(id) ?? answer, `${id} was answered in two ways`);
    first.set(id, answer);
  }
}

/** The orders whose `pedido.creado` was answered as done. */
export function acceptedOrders(taken: readonly Answered[]): Map<string, OrderPayload> {
  const accepted = taken.filter(({ event, result }) => {
    const { success } = (result.body || {}) as { success?: boolean };
    return event.topic === 'pedido.creado' && (result.status === 204 || success === true);
  });
  return new Map(accepted.map(({ event }) => [String(event.payload.pedidoId), event.payload as OrderPayload]));
}

const linesOf = ({ productos }: OrderPayload): string =>
  productos.map(({ producto_id, cantidad }) => `${producto_id}x${cantidad}`).join(' ');

async function oneOrderEach(database: Database, accepted: Map<string, OrderPayload>): Promise<void> {
  const rows = await rowsOf<{ pedidoId: string; lines: string }>(
    database,
    `SELECT o.pedido_id AS "pedidoId", string_agg(l.producto_id || 'x' || l.cantidad, ' ' ORDER BY l.linea) AS lines
     FROM orders o LEFT JOIN order_lines l USING (tenant_id, orden_id) GROUP BY o.tenant_id, o.orden_id, o.pedido_id`,
  );
  const found = rows.map(({ pedidoId, lines }) => `${pedidoId}: ${lines}`).sort();
  assert.deepEqual(found, [...accepted].map(([pedidoId, payload]) => `${pedidoId}: ${linesOf(payload)}`).sort(), 'one order each, with its lines');
}

async function ledgerOnce(database: Database, accepted: Map<string, OrderPayload>): Promise<void> {
  const rows = await rowsOf<{ pedidoId: string; estado: string; entries: string }>(
    database,
    `SELECT o.pedido_id AS "pedidoId", o.estado, string_agg(e.motivo || e.producto_id || 'x' || e.delta, ' ' ORDER BY e.version) AS entries
     FROM orders o LEFT JOIN stock_ledger e USING (tenant_id, orden_id) GROUP BY o.pedido_id, o.estado`,
  );
  for (const { pedidoId, estado, entries } of rows) {
    const { productos } = accepted.get(pedidoId) as OrderPayload;
    const taken = productos.map(({ producto_id, cantidad }) => `venta${producto_id}x${-cantidad}`);
    const given = productos.map(({ producto_id, cantidad }) => `devolucion${producto_id}x${cantidad}`);
    assert.equal(entries, [...taken, ...(estado === 'cancelada' ? given : [])].join(' '), `the ledger of ${pedidoId}, ${estado}`);
  }
}

/** What waits for an order that was refused goes on waiting: it may be sent again with other content. */
async function noWaitingLeft(database: Database): Promise<void> {
  const waiting = await rowsOf(
    database,
    `SELECT wait_key, topic, note FROM parked_events JOIN orders ON wait_key = 'pedido:' || pedido_id WHERE state = 'waiting'`,
  );
  assert.deepEqual(waiting, [], 'what came before its time was applied when its order came');
}

/** The shop prepares by itself, so an order is `listo` unless it was cancelled or delivered. */
async function endedWhereTheyWereSent(database: Database, taken: readonly Answered[]): Promise<void> {
  const sent = new Map<string, string>();
  for (const { event } of taken) if (event.topic !== 'pedido.creado') sent.set(String(event.payload.pedidoId), event.topic);
  const ends = new Map([[undefined, 'listo'], ['pedido.cancelado', 'cancelada'], ['pedido.entregado', 'finalizada']]);
  const rows = await rowsOf<{ pedidoId: string; estado: string }>(database, 'SELECT pedido_id AS "pedidoId", estado FROM orders');
  for (const { pedidoId, estado } of rows) assert.equal(estado, ends.get(sent.get(pedidoId)), `order ${pedidoId}`);
}

async function stockIsProven({ database, shop }: World): Promise<void> {
  for (const { producto, cantidad, sum, chained } of await proveStock(database, shop)) {
    assert.ok(cantidad >= 0);
    assert.deepEqual({ sum, chained }, { sum: cantidad, chained: true }, `the ledger of product ${producto}`);
  }
  const gaps = await rowsOf(
    database,
    `SELECT producto_id FROM stock_ledger GROUP BY comercio_id, producto_id HAVING max(version) <> count(*) OR min(version) <> 1`,
  );
  assert.deepEqual(gaps, [], 'the versions have no gap');
}

async function everyAcceptedIsConfirmed(hub: HubSimulator, accepted: Map<string, OrderPayload>): Promise<void> {
  const confirmed = new Set(hub.published('pedido.confirmar').map(({ payload }) => String(payload.pedidoId)));
  assert.deepEqual([...confirmed].sort(), [...accepted.keys()].sort(), 'the accepted orders are confirmed, and no others');
}

/**
 * Compares what arrived at the hub with the outbox: nothing arrived that was not committed, everything that was
 * committed arrived, and the first arrivals of each key came in the order of its messages. Repeats are allowed.
 */
export async function publishedInOrder(database: Database, hub: HubSimulator): Promise<void> {
  const messages = await rowsOf<{ key: string; topic: string; payload: unknown; state: string }>(
    database,
    'SELECT ordering_key AS key, topic, payload, state FROM outbox ORDER BY message_id',
  );
  assert.deepEqual([...new Set(messages.map(({ state }) => state))].filter((state) => state !== 'published'), [], 'all is published');
  const expected = new Map<string, string[]>();
  const keyOf = new Map<string, string>();
  for (const { key, topic, payload } of messages) {
    const text = `${topic} ${JSON.stringify(payload)}`;
    keyOf.set(text, key);
    expected.set(key, [...(expected.get(key) ?? []), text]);
  }
  const arrived = new Map<string, number>();
  for (const { topic, payload, seq } of hub.published()) {
    const text = `${topic} ${JSON.stringify(payload)}`;
    const key = keyOf.get(text);
    assert.ok(key !== undefined, `the hub got what was never committed: ${text}`);
    const [wanted, place] = [expected.get(key) as string[], arrived.get(key) ?? 0];
    if (wanted[place] === text) arrived.set(key, place + 1);
    else assert.ok(wanted.slice(0, place).includes(text), `message ${seq} of ${key} came before its time: ${text}; due was ${wanted[place]}`);
  }
  for (const [key, wanted] of expected) assert.equal(arrived.get(key) ?? 0, wanted.length, `all messages of ${key} arrived`);
}

/** Each stock message begins where the one before ended; the last says what is on the shelf. */
async function stockMessagesChain(database: Database, shop: Shop): Promise<void> {
  const steps = await rowsOf<{ producto: number; anterior: number; nueva: number; now: number }>(
    database,
    `SELECT s.producto_id AS producto, s.cantidad AS now, (o.payload->'stock'->>'cantidad_anterior')::int AS anterior,
            (o.payload->'stock'->>'cantidad_nueva')::int AS nueva
     FROM outbox o JOIN stock s ON o.ordering_key = 'stock:' || s.comercio_id || ':' || s.producto_id
     WHERE s.comercio_id = $1 AND o.topic = 'stock.actualizado' ORDER BY o.message_id`,
    [shop.comercioId],
  );
  const at = new Map<number, number>();
  for (const { producto, anterior, nueva } of steps) {
    assert.equal(anterior, at.get(producto) ?? anterior, `a gap in the stock messages of product ${producto}`);
    at.set(producto, nueva);
  }
  for (const { producto, now } of steps) assert.equal(at.get(producto), now, `the last stock message of product ${producto}`);
}
