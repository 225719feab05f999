import { LRUCache } from 'lru-cache';
import { createLoads } from './cache-loads.ts';

/** How long a value may live that nobody made us forget: a safety net, no more. */
export const TTL_MS = 30_000;

const MAX_ENTRIES = 10_000;

/** Where values are kept, by keys that name their tenant. Values are shared: whoever gets one must not change it. */
export interface Store {
  /** The value, or what `load` finds. Fails only as `load` does. */
  through<Value>(key: string, load: () => Promise<Value>): Promise<Value>;
  forget(keys: readonly string[]): void;
  /** After a gap, in which we may not have been told what to forget. */
  forgetAll(): void;
  close(): Promise<void>;
}

/** This process's own. Boxed, since a value may be undefined. */
export function createMemoryStore({ ttlMs = TTL_MS }: { ttlMs?: number } = {}): Store {
  const kept = new LRUCache<string, { value: unknown }>({ max: MAX_ENTRIES, ttl: ttlMs });
  const loads = createLoads();
  return {
    async through<Value>(key: string, load: () => Promise<Value>) {
      const hit = kept.get(key);
      if (hit !== undefined) return hit.value as Value;
      const under = loads.begin(key);
      try {
        const value = await load();
        if (under.isCurrent()) kept.set(key, { value });
        return value;
      } finally {
        under.end();
      }
    },
    forget(keys) {
      loads.forget(keys);
      keys.forEach((key) => kept.delete(key));
    },
    forgetAll() {
      loads.forgetAll();
      kept.clear();
    },
    close: async () => undefined,
  };
}
