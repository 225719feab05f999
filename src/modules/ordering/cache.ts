import { createHash } from 'node:crypto';
import type { Config } from '../../config.ts';
import type { Work } from '../../events/work.ts';
import type { ModuleDeps } from '../module.ts';
import { createMemoryStore, type Store } from './cache-memory.ts';
import { createRedisStore } from './cache-redis.ts';
import type { Cache } from './ports.ts';

const CHANNEL = 'ordering_cache';
/** Postgres refuses a NOTIFY of 8000 bytes or more. */
const MAX_PAYLOAD_BYTES = 7_900;
/** Forgets whatever there is; for a key that no NOTIFY can carry. */
const EVERYTHING = '*';

/**
 * Values in this process's memory, or in Redis when there is a REDIS_URL. Forgetting is a NOTIFY of the transaction
 * that changed the rows: Postgres delivers it at COMMIT, to every instance, and not at all after a ROLLBACK.
 * `close` ends the connection to Redis; call it once no NOTIFY comes any more.
 */
export function createCache(
  { config, notifications, log }: Pick<ModuleDeps, 'config' | 'notifications' | 'log'>,
): Cache & { close: () => Promise<void> } {
  const store: Store = config.REDIS_URL === undefined
    ? createMemoryStore()
    : createRedisStore({ url: config.REDIS_URL, prefix: prefixOf(config), log });
  notifications.on(CHANNEL, (payload) => {
    const keys = keysOf(payload);
    if (keys === undefined) store.forgetAll();
    else store.forget(keys);
  });

  const gathered = new WeakMap<Work, Set<string>>();
  return {
    through: (tenantId, key, load) => store.through(ofTenant(tenantId, key), load),
    forget(work, tenantId, keys) {
      if (keys.length === 0) return;
      const known = gathered.get(work);
      const all = known ?? new Set<string>();
      for (const key of keys) all.add(ofTenant(tenantId, key));
      if (known !== undefined) return;
      gathered.set(work, all);
      work.write(() => {
        gathered.delete(work); // what is forgotten after this was written is written by itself
        return tell(work, [...all]);
      });
    },
    close: () => store.close(),
  };
}

const ofTenant = (tenantId: number, key: string): string => `${tenantId}:${key}`;

const tell = (work: Work, keys: readonly string[]): Promise<unknown> =>
  work.trx.rows('SELECT pg_notify($1, payload) FROM unnest($2::text[]) AS payload', [CHANNEL, payloadsOf(keys)]);

/** The keys as JSON lists, each of which a NOTIFY can carry. */
function payloadsOf(keys: readonly string[]): string[] {
  const payloads: string[] = [];
  let list: string[] = [];
  let bytes = 0;
  for (const text of keys.map((key) => JSON.stringify(key))) {
    const size = Buffer.byteLength(text) + 1; // and a comma or bracket
    if (size >= MAX_PAYLOAD_BYTES) return [EVERYTHING];
    if (bytes + size >= MAX_PAYLOAD_BYTES) {
      payloads.push(`[${list.join(',')}]`);
      [list, bytes] = [[], 0];
    }
    list.push(text);
    bytes += size;
  }
  return list.length === 0 ? payloads : [...payloads, `[${list.join(',')}]`];
}

/** Undefined: everything there is. A payload that is not ours to read may mean anything. */
function keysOf(payload = EVERYTHING): string[] | undefined {
  try {
    return JSON.parse(payload) as string[];
  } catch {
    return undefined;
  }
}

/** One Redis may serve several databases, whose tenants have the same ids. */
function prefixOf({ DATABASE_URL }: Config): string {
  const { host, pathname } = new URL(DATABASE_URL ?? 'postgres://embedded');
  return `ordering:${createHash('sha256').update(`${host}${pathname}`).digest('base64url').slice(0, 10)}`;
}
