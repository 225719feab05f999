/** What the batcher needs to know of an item to put it beside others. */
export interface Batchable {
  /** The rows it will change, by name. */
  touches: readonly string[];
  /** One batch holds items of one kind; left out where there is one only. */
  kind?: unknown;
  /** Equal ids are the same fact; in one batch they may only stand together when their content is the same. */
  identity?: { id: string; hash: string };
  /** Whether its sender may have more on the way; left out where nobody can say. */
  moreToCome?: () => boolean;
}

export interface BatcherOptions<Item extends Batchable> {
  /** How many batches run at once, each on a connection of its own. */
  lanes: number;
  /** The most items in one batch. */
  max: number;
  /** Runs one batch to its end; it settles every item itself and does not throw. */
  run: (items: Item[], lane: number) => Promise<void>;
  /** How long a batch waits, at most, to become as large as the last one. Milliseconds. */
  gatherMs?: number;
}

export interface Batcher<Item extends Batchable> {
  push(item: Item): void;
  /** Waits no longer for more: something came that must not leave before what waits here. */
  hurry(): void;
  /** Resolves when nothing waits and nothing runs. */
  idle(): Promise<void>;
}

const GATHER_MS = 2;

/**
 * A batch is what has arrived: it leaves at the end of the current turn of the event loop or as soon as a lane is
 * free, so an idle service answers one event at once and a busy one fills its batches by itself.
 * A sender that has only so many on the way at once (a broker, its prefetch) sends again what was settled together, in
 * pieces: where more may come, a batch waits until it holds as many as the last one, a moment at most. Left to
 * themselves the pieces would stay apart for good, and each would pay for a whole batch.
 * Two batches that run at once never touch the same row: an item whose rows are busy stays behind for the next batch
 * (and keeps its place before later items of the same rows), instead of waiting for a lock inside a transaction.
 */
export function createBatcher<Item extends Batchable>({ lanes, max, run, gatherMs = GATHER_MS }: BatcherOptions<Item>): Batcher<Item> {
  let queue: Item[] = [];
  const busy = new Set<string>();
  const free = Array.from({ length: lanes }, (_, lane) => lane);
  let scheduled = false;
  let enough = 1; // as many as the last batch held
  let gathering: NodeJS.Timeout | undefined;
  let idleWaiters: Array<() => void> = [];

  const schedule = () => {
    if (scheduled) return;
    scheduled = true;
    setImmediate(() => {
      scheduled = false;
      if (isWorthWaiting()) gathering ??= setTimeout(flush, gatherMs);
      else flush();
    });
  };

  const isWorthWaiting = (): boolean => free.length > 0 && queue.length < enough && queue.at(-1)?.moreToCome?.() === true;

  const flush = () => {
    clearTimeout(gathering);
    gathering = undefined;
    while (free.length > 0 && queue.length > 0) {
      const { batch, rest } = takeBatch(queue, busy, max);
      if (batch.length === 0) return; // all that wait touch rows of the batches that run; their end flushes again
      queue = rest;
      enough = batch.length;
      const lane = free.pop() as number;
      const touched = lanes === 1 ? [] : batch.flatMap((item) => item.touches); // alone it runs beside nothing
      for (const row of touched) busy.add(row);
      void run(batch, lane).finally(() => {
        for (const row of touched) busy.delete(row);
        free.push(lane);
        schedule();
        if (queue.length === 0 && free.length === lanes) idleWaiters.splice(0).forEach((resolve) => resolve());
      });
    }
  };

  return {
    push(item) {
      queue.push(item);
      schedule();
    },
    hurry: () => void (gathering && flush()),
    idle: () =>
      queue.length === 0 && free.length === lanes
        ? Promise.resolve()
        : new Promise((resolve) => void (idleWaiters = [...idleWaiters, resolve])),
  };
}

/** The first items, in order of arrival, that can run beside what runs now. Pure. */
export function takeBatch<Item extends Batchable>(queue: readonly Item[], busy: ReadonlySet<string>, max: number) {
  const batch: Item[] = [];
  const rest: Item[] = [];
  const passedOver = new Set<string>();
  const contents = new Map<string, string>();
  for (const item of queue) {
    const content = item.identity && contents.get(item.identity.id);
    const fits =
      batch.length < max &&
      (batch.length === 0 || item.kind === batch[0]?.kind) &&
      (content === undefined || content === item.identity?.hash) &&
      item.touches.every((row) => !busy.has(row) && !passedOver.has(row));
    if (fits) {
      batch.push(item);
      if (item.identity) contents.set(item.identity.id, item.identity.hash);
    } else {
      rest.push(item);
      if (batch.length < max) for (const row of item.touches) passedOver.add(row);
    }
  }
  return { batch, rest };
}
