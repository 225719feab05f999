/** One event that the hub received. */
export interface PublishedEvent {
  /** Rises by one an event and is never used twice, not even after a clear. */
  seq: number;
  /** When it was received, ISO 8601. */
  at: string;
  topic: string;
  payload: Record<string, unknown>;
}

export interface JournalFilter {
  topic?: string;
  /** Only events with a greater sequence number. */
  since?: number;
  limit?: number;
}

export interface Journal {
  append(topic: string, payload: Record<string, unknown>): PublishedEvent;
  list(filter?: JournalFilter): PublishedEvent[];
  /** How many were received since the last clear, those no longer kept included. */
  total(topic?: string): number;
  lastSeq(): number;
  /** Calls the listener with each event from now on, until the returned function is called. */
  watch(listener: (event: PublishedEvent) => void): () => void;
  clear(): void;
}

/** Trimming the array in steps keeps the cost of an event constant. */
const TRIM_STEP = 1024;

/** Keeps the last `keep` published events in the order they were received. */
export function createJournal(keep: number): Journal {
  let events: PublishedEvent[] = [];
  let seq = 0;
  const totals = new Map<string, number>();
  const listeners = new Set<(event: PublishedEvent) => void>();

  function append(topic: string, payload: Record<string, unknown>): PublishedEvent {
    const event = { seq: ++seq, at: new Date().toISOString(), topic, payload };
    events.push(event);
    if (events.length >= keep + TRIM_STEP) events = events.slice(events.length - keep);
    totals.set(topic, (totals.get(topic) ?? 0) + 1);
    for (const listener of listeners) listener(event);
    return event;
  }

  function list({ topic, since = 0, limit = Infinity }: JournalFilter = {}): PublishedEvent[] {
    // Sequence numbers have no gaps, so the place of the first wanted event is known without a search.
    const beforeFirst = (events[0]?.seq ?? 1) - 1;
    const start = Math.max(0, events.length - keep, since - beforeFirst);
    if (topic === undefined) return events.slice(start, start + limit);
    const found: PublishedEvent[] = [];
    for (let i = start; i < events.length && found.length < limit; i++) {
      const event = events[i];
      if (event?.topic === topic) found.push(event);
    }
    return found;
  }

  function total(topic?: string): number {
    if (topic !== undefined) return totals.get(topic) ?? 0;
    let sum = 0;
    for (const count of totals.values()) sum += count;
    return sum;
  }

  return {
    append,
    list,
    total,
    lastSeq: () => seq,
    watch(listener) {
      listeners.add(listener);
      return () => void listeners.delete(listener);
    },
    clear() {
      events = [];
      totals.clear();
    },
  };
}

/**
 * The first event after `since` that matches, or undefined when none came in time.
 * Looks back first: the answer to a delivery is often published before the delivery itself is answered.
 */
export function awaitEvent(
  journal: Journal,
  since: number,
  matches: (event: PublishedEvent) => boolean,
  timeoutMs: number,
): Promise<PublishedEvent | undefined> {
  const already = journal.list({ since }).find(matches);
  if (already) return Promise.resolve(already);
  return new Promise((resolve) => {
    const settle = (event?: PublishedEvent): void => {
      clearTimeout(timer);
      stop();
      resolve(event);
    };
    const stop = journal.watch((event) => {
      if (matches(event)) settle(event);
    });
    const timer = setTimeout(settle, timeoutMs);
    timer.unref();
  });
}
