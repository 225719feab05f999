import { appendToOutbox, markSuperseded } from '../../src/events/outbox.ts';
import { SUPERSEDED } from '../../src/events/read-model.ts';
import type { Sql } from '../../src/kernel/database.ts';
import { announcementOf, readShelves } from '../../src/modules/marketplace/stock/read-model.ts';
import { stockActualizado } from '../../src/modules/marketplace/stock/topics.ts';
import { OperatorError } from './connect.ts';

interface DeadRow {
  id: number;
  topic: string;
  key: string;
  state: string;
  payload: unknown;
  tenantId: number | null;
  eventId: number | null;
  lastError: string | null;
}

export interface Retried {
  /** The message that will go out; none when there is nothing to say any more. */
  messageId?: number;
  note: string;
}

/**
 * Gives a dead message another chance. Its body goes out as it was, but for stock: that would announce an amount that
 * is no longer true, so a new message tells the present one, beginning where the hub stands.
 */
export async function retryDead(trx: Sql, messageId: number, now: Date): Promise<Retried> {
  const dead = await trx.maybe<DeadRow>(
    `SELECT message_id AS id, topic, ordering_key AS key, state, payload, tenant_id AS "tenantId",
            event_id AS "eventId", last_error AS "lastError"
     FROM outbox WHERE message_id = $1 FOR UPDATE`,
    [messageId],
  );
  if (dead === undefined)
    throw new OperatorError(`there is no message ${messageId}; admin dead-letters lists those that are dead`);
  if (dead.state !== 'dead')
    throw new OperatorError(`message ${messageId} is ${dead.state}, not dead: there is nothing to retry`);
  if (dead.lastError?.startsWith(SUPERSEDED))
    throw new OperatorError(`message ${messageId} was settled before: ${dead.lastError}`);
  return dead.topic === stockActualizado.name ? announceStockAnew(trx, dead, now) : sendAgain(trx, dead);
}

async function sendAgain(trx: Sql, dead: DeadRow): Promise<Retried> {
  const { newer } = await trx.one<{ newer: number }>(
    `SELECT count(*) AS newer FROM outbox WHERE ordering_key = $1 AND message_id > $2 AND state = 'published'`,
    [dead.key, dead.id],
  );
  await trx.run(`UPDATE outbox SET state = 'pending', settled_at = NULL WHERE message_id = $1`, [dead.id]);
  const overtaken = newer > 0 ? `; beware: ${newer} newer messages about ${dead.key} went out before it` : '';
  return { messageId: dead.id, note: `message ${dead.id} (${dead.topic}, ${dead.key}) is pending again${overtaken}` };
}

async function announceStockAnew(trx: Sql, dead: DeadRow, now: Date): Promise<Retried> {
  const { comercio, producto } = stockActualizado.schema.parse(dead.payload);
  const pair = { comercioId: comercio.comercio_id, productoId: producto.producto_id };
  // Locked: who changes this stock writes its message under the same lock, so none can come in between.
  const [shelf] = await readShelves(trx, [pair], true);
  if (shelf === undefined)
    throw new OperatorError(
      `message ${dead.id} is about product ${pair.productoId} at comercio ${pair.comercioId}, which is gone`,
    );
  const known = await hubStandsAt(trx, dead.key);
  const current = shelf.cantidad ?? 0;
  if (known === current) {
    await markSuperseded(trx, dead.id, `by later messages, which tell the present stock, ${current}`);
    return { note: `message ${dead.id} is not sent again: the hub already knows the present stock, ${current}` };
  }
  const payload = JSON.stringify(announcementOf(shelf, known, current, now));
  const message = {
    topic: dead.topic,
    orderingKey: dead.key,
    payload,
    tenantId: shelf.tenantId,
    eventId: dead.eventId ?? undefined,
  };
  await appendToOutbox(trx, [message]);
  const { id } = await trx.one<{ id: number }>(`SELECT currval('outbox_message_id_seq') AS id`);
  await markSuperseded(trx, dead.id, `by message ${id}`);
  return {
    messageId: id,
    note: `message ${dead.id} is superseded by message ${id}: ${dead.key} ${known} → ${current}`,
  };
}

/**
 * The amount the hub will know when a new message reaches it: that of the last one of this key that was, or still is
 * to be, published. When none is left, the chain goes on where the first that died began.
 */
async function hubStandsAt(trx: Sql, key: string): Promise<number> {
  const last = await trx.maybe<{ known: number }>(
    `SELECT (payload->'stock'->>'cantidad_nueva')::int AS known FROM outbox
     WHERE ordering_key = $1 AND state IN ('published', 'pending') ORDER BY message_id DESC LIMIT 1`,
    [key],
  );
  if (last) return last.known;
  const { known } = await trx.one<{ known: number }>(
    `SELECT (payload->'stock'->>'cantidad_anterior')::int AS known FROM outbox
     WHERE ordering_key = $1 ORDER BY message_id LIMIT 1`,
    [key],
  );
  return known;
}
