import type { Outgoing, Settlement } from './store.ts';

/** A message in memory. Only requests age out: nobody waits for them after `expiresAt`. */
export interface Queued extends Outgoing {
  expiresAt?: number;
}

/** The loaded messages of one key, in order. At most one is under way. */
export interface Lane {
  key: string;
  slot: number;
  queue: Queued[];
  /** Messages whose fate is decided but not yet written down. */
  unsettled: number;
  failures: number;
}

export interface Lanes {
  add(messages: readonly Outgoing[]): void;
  /** The next lane whose first message may be sent now; it is busy until `finished` or `later`. */
  next(): Lane | undefined;
  /** The first message of the lane is decided. */
  finished(lane: Lane, state: 'published' | 'dead' | 'expired', error?: string): void;
  /** The first message of the lane is tried again after `delayMs`. */
  later(lane: Lane, delayMs: number, error: string): void;
  /** The first message of the lane was tried in vain; with those behind it, it is loaded again when its time comes. */
  putBack(lane: Lane, error: string): void;
  /** Gives up a lane that another relay sends now, or that is not to be sent now. */
  drop(lane: Lane): void;
  /** What is to be written down. Call `written` after it was, or `unwritten` with it after that failed. */
  takeSettlements(): Settlement[];
  written(settlements: readonly Settlement[]): void;
  unwritten(settlements: readonly Settlement[]): void;
  keys(): string[];
  /** Whether anything of this slot is under way or to be written down; what waits for another try may be another relay's. */
  isBusy(slot: number): boolean;
  /** Lanes whose first message may be sent now. */
  readonly ready: number;
  readonly size: number;
  readonly unwrittenCount: number;
}

/** What a relay holds in memory: nothing here is missed when the process dies, the outbox has it all. */
export function createLanes(now: () => number = Date.now): Lanes {
  const lanes = new Map<string, Lane>();
  const ready: Lane[] = [];
  const delayed = new Map<Lane, number>();
  let settlements: Settlement[] = [];

  const note = (lane: Lane, state: Settlement['state'], error?: string) => {
    settlements.push({ id: (lane.queue[0] as Queued).id, key: lane.key, state, error });
    lane.unsettled += 1;
  };
  // A key is free again only once its messages are written down; earlier, they would be loaded and sent twice.
  const freeIfEmpty = (lane: Lane | undefined) => {
    if (lane && lane.queue.length === 0 && lane.unsettled === 0) lanes.delete(lane.key);
  };

  return {
    add(messages) {
      for (const message of messages) {
        let lane = lanes.get(message.key);
        if (lane === undefined) {
          lane = { key: message.key, slot: message.slot, queue: [], unsettled: 0, failures: 0 };
          lanes.set(message.key, lane);
          ready.push(lane);
        }
        const { expiresInMs } = message;
        lane.queue.push(expiresInMs === null ? message : { ...message, expiresAt: now() + expiresInMs });
      }
    },
    next() {
      if (delayed.size > 0) {
        const time = now();
        for (const [lane, from] of delayed) {
          if (from > time) continue;
          delayed.delete(lane);
          ready.push(lane);
        }
      }
      return ready.shift();
    },
    finished(lane, state, error) {
      note(lane, state, error);
      lane.queue.shift();
      lane.failures = 0;
      if (lane.queue.length > 0) ready.push(lane);
    },
    later(lane, delayMs, error) {
      lane.failures += 1;
      note(lane, 'pending', error);
      delayed.set(lane, now() + delayMs);
    },
    putBack(lane, error) {
      note(lane, 'pending', error);
      lane.queue = [];
    },
    drop(lane) {
      lane.queue = [];
      freeIfEmpty(lane);
    },
    takeSettlements() {
      const taken = settlements;
      settlements = [];
      return taken;
    },
    written(done) {
      for (const { key } of done) {
        const lane = lanes.get(key);
        if (lane === undefined) continue;
        lane.unsettled -= 1;
        freeIfEmpty(lane);
      }
    },
    unwritten: (failed) => void (settlements = [...failed, ...settlements]),
    keys: () => [...lanes.keys()],
    isBusy: (slot) => [...lanes.values()].some((lane) => lane.slot === slot && (lane.unsettled > 0 || !delayed.has(lane))),
    get ready() {
      return ready.length;
    },
    get size() {
      return lanes.size;
    },
    get unwrittenCount() {
      return settlements.length;
    },
  };
}
