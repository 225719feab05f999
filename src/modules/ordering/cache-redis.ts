import { randomUUID } from 'node:crypto';
import { deserialize, serialize } from 'node:v8';
import type { Logger } from '../../kernel/logger.ts';
import { createLoads } from './cache-loads.ts';
import { TTL_MS, type Store } from './cache-memory.ts';
import { openRedisLink, type RedisLink } from './cache-redis-link.ts';

interface RedisStoreOptions {
  url: string;
  /** What all our keys begin with. */
  prefix: string;
  log: Logger;
}

/**
 * Shared by all instances. Every value carries the version it was loaded under; a new version, which whoever may have
 * missed a NOTIFY sets, makes all of them worthless at once. A forget that Redis could not be told of is a debt: until
 * it is settled by a new version, this instance neither reads nor writes Redis. Fails only as `load` does.
 */
export function createRedisStore({ url, prefix, log }: RedisStoreOptions): Store {
  const link = openRedisLink(url, log, () => void debts.settle());
  const nameOf = (key: string) => `${prefix}:${key}`;
  const versionKey = nameOf('version');
  const debts = createDebts(link, () => link.redis.set(versionKey, randomUUID()));
  const loads = createLoads();

  /** Undefined while Redis is not to be asked, and when it does not answer. */
  async function read(key: string): Promise<Entry | undefined> {
    if (!link.isWell()) return undefined;
    await debts.settle();
    if (debts.any()) return undefined;
    try {
      return entryOf(await link.redis.mgetBuffer(versionKey, nameOf(key)));
    } catch (error) {
      return void link.failed(error);
    }
  }

  /** Not waited for. One that failed may be there all the same; it is of a version that then ends. */
  const keep = (key: string, version: string, value: unknown) =>
    void link.redis.set(nameOf(key), packed(version, value), 'PX', TTL_MS).catch(debts.add);

  return {
    async through<Value>(key: string, load: () => Promise<Value>) {
      const under = loads.begin(key);
      try {
        const entry = await read(key);
        if (entry?.hit !== undefined) return entry.hit.value as Value;
        const value = await load();
        if (entry !== undefined && !debts.any() && under.isCurrent()) keep(key, entry.version, value);
        return value;
      } finally {
        under.end();
      }
    },
    forget(keys) {
      loads.forget(keys);
      if (link.isUp()) link.redis.unlink(keys.map(nameOf)).catch(debts.add);
      else debts.add();
    },
    forgetAll() {
      loads.forgetAll();
      debts.add();
      void debts.settle();
    },
    close: () => link.close(),
  };
}

interface Debts {
  any(): boolean;
  /** @param cause the failure it comes of, if it was one just now. */
  add(this: void, cause?: unknown): void;
  /** Tries, if there is any and Redis can be told now. */
  settle(): Promise<void>;
}

/** What Redis has not been told. @param pay makes good for all of it. */
function createDebts(link: Pick<RedisLink, 'isUp' | 'failed'>, pay: () => Promise<unknown>): Debts {
  let [count, settling] = [0, false];
  return {
    any: () => count > 0,
    add(cause) {
      count += 1;
      if (cause !== undefined) link.failed(cause);
    },
    async settle() {
      if (settling || count === 0 || !link.isUp()) return;
      settling = true;
      const known = count;
      try {
        await pay();
        if (count === known) count = 0; // what was added meanwhile is settled by the next one to come
      } catch (error) {
        link.failed(error);
      } finally {
        settling = false;
      }
    },
  };
}

/** What Redis said of a key: the version that values are of now, and the value, when one of that version is there. */
interface Entry {
  version: string;
  hit?: { value: unknown };
}

function entryOf([version, entry]: ReadonlyArray<Buffer | null>): Entry {
  const current = version?.toString() ?? '';
  const { of, value } = unpacked(entry ?? undefined);
  return of === current ? { version: current, hit: { value } } : { version: current };
}

/** Not as JSON: what comes back is what was kept, dates and all. */
const packed = (version: string, value: unknown): Buffer => serialize([version, value]);

/** What a newer Node wrote may be unreadable to this one: as good as not there. */
function unpacked(entry: Buffer | undefined): { of?: string; value?: unknown } {
  if (entry === undefined) return {};
  try {
    const [of, value] = deserialize(entry) as [string, unknown];
    return { of, value };
  } catch {
    return {};
  }
}
