import type { DeliveryResult, HubSimulator } from '../../scripts/hub-simulator/index.ts';
import { orderOf, type Shop } from './shop.ts';

/** One event to be delivered. */
export interface HubEvent {
  topic: 'pedido.creado' | 'pedido.entregado' | 'pedido.cancelado';
  payload: { pedidoId: string | number };
}

export interface Answered {
  event: HubEvent;
  result: DeliveryResult;
}

export const isTaken = ({ result }: Answered): boolean => result.status >= 200 && result.status < 300;

const CONNECTIONS = 16;
const GIVE_UP_MS = 60_000;
const AGAIN_MS = 20;

interface Sending {
  connections?: number;
  callbackUrl?: string;
  /** Called with every answer, also those that are not 2xx. */
  onAnswer?: (answered: Answered) => void;
}

/** Delivers each event once, in every dialect by turns, so many at once. */
export function sendAll(hub: HubSimulator, events: readonly HubEvent[], options: Sending = {}): Promise<Answered[]> {
  return inParallel(events, options.connections ?? CONNECTIONS, (event) => send(hub, event, options));
}

/** As a hub does that repeats what was not answered 2xx. @returns what each was told in the end. */
export function sendUntilTaken(hub: HubSimulator, events: readonly HubEvent[], options: Sending = {}): Promise<Answered[]> {
  const deadline = Date.now() + GIVE_UP_MS;
  return inParallel(events, options.connections ?? CONNECTIONS, async (event) => {
    for (;;) {
      const answered = await send(hub, event, options);
      if (isTaken(answered)) return answered;
      if (Date.now() > deadline) throw new Error(`never taken: ${JSON.stringify(answered)}`);
      await new Promise((resolve) => setTimeout(resolve, AGAIN_MS));
    }
  });
}

async function send(hub: HubSimulator, event: HubEvent, { callbackUrl, onAnswer }: Sending): Promise<Answered> {
  const [result] = await hub.deliver({ ...event, dialect: 'random', ...(callbackUrl ? { callbackUrl } : {}) });
  const answered = { event, result: result as DeliveryResult };
  onAnswer?.(answered);
  return answered;
}

/** Runs `work` on every item, `width` at once. @returns the results in the items' order. */
export async function inParallel<Item, Result>(
  items: readonly Item[], width: number, work: (item: Item, index: number) => Promise<Result>,
): Promise<Result[]> {
  const results: Result[] = [];
  const queue = items.entries(); // shared: each worker takes the next
  const worker = async () => {
    for (const [index, item] of queue) results[index] = await work(item, index);
  };
  await Promise.all(Array.from({ length: width }, worker));
  return results;
}

/** A small random source with a seed (mulberry32), so that what failed can be run again. */
export function seeded(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/**
 * Orders over the shop's products as a day brings them: some cancelled or delivered, a part of these before their
 * order came, and some events twice.
 */
export function loadOf(shop: Shop, count: number, prefix: string, random: () => number): HubEvent[] {
  return Array.from({ length: count }, (_, index) => storyOf(shop, `${prefix}-${index}`, random)).flat();
}

function storyOf(shop: Shop, pedidoId: string, random: () => number): HubEvent[] {
  const producto = shop.productos[Math.floor(random() * shop.productos.length)];
  const created: HubEvent = {
    topic: 'pedido.creado',
    payload: orderOf(shop, pedidoId, { cantidad: 1 + Math.floor(random() * 3), producto }),
  };
  const fate = random();
  const ending: HubEvent[] = fate < 0.5 ? [] : [{ topic: fate < 0.75 ? 'pedido.cancelado' : 'pedido.entregado', payload: { pedidoId } }];
  const story = random() < 0.5 ? [...ending, created] : [created, ...ending];
  return random() < 0.2 ? [...story, created] : story;
}
