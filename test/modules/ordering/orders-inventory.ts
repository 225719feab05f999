import { randomUUID } from 'node:crypto';
import type { RestApp } from '../marketplace/rest-support.ts';
import { TTL, type Ordering, type Store } from './orders-support.ts';

/** A message that the inventory has written and that is still on its way. */
export interface OnItsWay {
  orderId: string;
  deliver(): Promise<unknown>;
}

interface Held {
  reservationId: string;
  orderId: string;
  items: Array<{ variant_id: string; quantity: number }>;
  expiresAt: Date;
  sold: boolean;
}

type Message = { topic: string; data: { order_id: string; reservation_id?: string; items?: Held['items'] } };

/**
 * An inventory as the order service asks it: it takes what the outbox says in its order, reserves whole orders while
 * it has stock, and lets those that it cannot serve wait. What it answers is delivered when the test likes.
 */
export function createInventory(app: RestApp, ordering: Ordering, store: Store, stock: ReadonlyMap<string, number>) {
  const available = new Map(stock);
  const held = new Map<string, Held>();
  let waiting: Array<Message['data']> = [];
  const messages: OnItsWay[] = [];
  let seen = 0;
  let said = app.time.now.getTime();

  /** Each thing it says has a moment of its own, in the order in which it happened. */
  const moment = () => new Date((said = Math.max(said + 1, app.time.now.getTime())));

  const say = (orderId: string, deliver: () => Promise<unknown>) => void messages.push({ orderId, deliver });

  const sayStock = (variantId: string, before: number, orderId: string) => {
    const quantities = (n: number) => ({ total: n, available: n, reserved: 0, damaged: 0 });
    const [after, at, movement] = [available.get(variantId) as number, moment(), `mov_${randomUUID()}`];
    say(orderId, () =>
      ordering.receive(store, 'inventory.stock.updated', {
        stock_id: 'stock', variant_id: variantId, warehouse_id: 'wh_1', quantities: quantities(after),
        previous_quantities: quantities(before), change_type: 'out', movement_id: movement,
      }, at),
    );
  };

  function reserve(order: Message['data']): void {
    const items = order.items ?? [];
    if (items.some(({ variant_id, quantity }) => (available.get(variant_id) ?? 0) < quantity)) return void waiting.push(order);
    const reservationId = `res_${randomUUID()}`;
    const expiresAt = new Date(app.time.now.getTime() + TTL);
    held.set(reservationId, { reservationId, orderId: order.order_id, items, expiresAt, sold: false });
    const told = items.map(({ variant_id, quantity }) => {
      const before = available.get(variant_id) as number;
      available.set(variant_id, before - quantity);
      return { variant_id, warehouse_id: 'wh_1', quantity, stock_before: before, stock_after: before - quantity };
    });
    const at = moment();
    const fields = { reservation_id: reservationId, items: told, expires_at: expiresAt.toISOString() };
    say(order.order_id, () => ordering.reserved(store, order.order_id, fields, at));
  }

  function giveBack({ reservationId, orderId, items }: Held, reason: string): void {
    held.delete(reservationId);
    say(orderId, () => ordering.released(store, orderId, reservationId, reason));
    for (const { variant_id, quantity } of items) {
      const before = available.get(variant_id) as number;
      available.set(variant_id, before + quantity);
      sayStock(variant_id, before, orderId);
    }
    const again = waiting;
    waiting = [];
    for (const order of again) reserve(order);
  }

  return {
    /** Takes what was published since. */
    async listen(): Promise<void> {
      const fresh = await app.deps.database.transaction('system', (trx) =>
        trx.rows<Message & { id: number }>(
          `SELECT message_id AS id, topic, payload->'data' AS data FROM outbox
           WHERE destination LIKE 'amqp:%' AND tenant_id = $1 AND message_id > $2 ORDER BY message_id`,
          [store.tenantId, seen],
        ),
      );
      for (const { id, topic, data } of fresh) {
        seen = id;
        const one = held.get(data.reservation_id ?? '');
        if (topic === 'order.placed') reserve(data);
        if (topic === 'order.cancelled') waiting = waiting.filter(({ order_id }) => order_id !== data.order_id);
        if (topic === 'reservation.confirm' && one) one.sold = true;
        if (topic === 'reservation.release' && one) giveBack(one, 'released');
      }
    },
    /** Gives back what was not paid in time. */
    timeOut(): void {
      for (const one of [...held.values()]) if (!one.sold && one.expiresAt <= app.time.now) giveBack(one, 'timeout');
    },
    /** What is on its way, in the order it was said; the caller has it from now on. */
    take: (): OnItsWay[] => messages.splice(0),
    available,
  };
}
