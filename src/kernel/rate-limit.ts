import { LRUCache } from 'lru-cache';
import type { Clock } from './clock.ts';
import type { Database } from './database.ts';
import { AppError, causeOf } from './errors.ts';
import type { Logger } from './logger.ts';

export interface Rule {
  /** Keeps the keys of one limit apart from those of another. */
  name: string;
  /** How many may happen in a window; 0 for no limit. */
  max: number;
  windowMs: number;
}

/** A limit that all instances share: guessing must not pay off by the number of instances. */
export interface SharedLimit {
  /** Counts one. @throws AppError 429 with `retryAfter` when there were too many in this window. */
  take(key: string): Promise<void>;
  /** Takes one back that turned out not to count. */
  giveBack(key: string): Promise<void>;
}

interface Count {
  hits: number;
  endsAt: Date;
}

/** So many keys are remembered in a process; those not heard of for longest are forgotten first. */
const MAX_KEYS = 50_000;
/** A key just refused is refused again without a query, or a flood from one address would take the pool from others. */
const REFUSAL_KNOWN_MS = 1000;

/** Counts in this process alone. @returns a function that counts one. @throws AppError 429 */
export function localLimit(rule: Rule, clock: Clock): (key: string) => void {
  const counts = countInMemory(rule, clock);
  return (key) => {
    if (rule.max > 0) refuseAbove(rule, counts.add(key), clock());
  };
}

/**
 * Counts in Postgres. While that fails it counts in this process and says so: people should still get in, and whoever
 * guesses is still slowed down.
 */
export function sharedLimit(rule: Rule, deps: { database: Database; clock: Clock; log: Logger }): SharedLimit {
  const { database, clock, log } = deps;
  const here = countInMemory(rule, clock);
  const refused = new LRUCache<string, Count & { knownUntil: number }>({ max: MAX_KEYS });
  const failed = (error: unknown) =>
    void log.warn(`[RATE LIMIT] ${rule.name} is counted here alone: ${causeOf(error)}`);
  return {
    async take(key) {
      if (rule.max === 0) return;
      const now = clock();
      const known = refused.get(key);
      if (known && now.getTime() < known.knownUntil) refuseAbove(rule, known, now);
      const count = await countInPostgres(database, rule, key, now).catch((error: unknown) => {
        failed(error);
        return here.add(key);
      });
      if (count.hits > rule.max) {
        const knownUntil = Math.min(now.getTime() + REFUSAL_KNOWN_MS, count.endsAt.getTime());
        refused.set(key, { ...count, knownUntil });
      }
      refuseAbove(rule, count, now);
    },
    async giveBack(key) {
      if (rule.max === 0) return;
      await giveBackInPostgres(database, rule, key).catch((error: unknown) => {
        failed(error);
        here.giveBack(key);
      });
    },
  };
}

/** Deletes the counters of windows that have ended; returns how many. */
export const forgetEndedWindows = (database: Database, now: Date): Promise<number> =>
  database.transaction('system', (trx) => trx.run('DELETE FROM rate_limits WHERE ends_at <= $1', [now]));

function refuseAbove({ max }: Rule, { hits, endsAt }: Count, now: Date): void {
  if (hits <= max) return;
  const retryAfter = Math.max(1, Math.ceil((endsAt.getTime() - now.getTime()) / 1000));
  const message = `Demasiados intentos. Probá de nuevo en ${waitOf(retryAfter)}.`;
  throw new AppError(429, 'too_many_requests', message, { retryAfter });
}

const waitOf = (seconds: number): string =>
  seconds > 90 ? `${Math.ceil(seconds / 60)} minutos` : seconds === 1 ? 'un segundo' : `${seconds} segundos`;

function countInMemory({ windowMs }: Rule, clock: Clock): { add(key: string): Count; giveBack(key: string): void } {
  const counts = new LRUCache<string, Count>({ max: MAX_KEYS });
  return {
    add(written) {
      const key = written.toLowerCase();
      const now = clock().getTime();
      let count = counts.get(key);
      if (count === undefined || count.endsAt.getTime() <= now) {
        counts.set(key, (count = { hits: 0, endsAt: new Date(now + windowMs) }));
      }
      count.hits += 1;
      return count;
    },
    giveBack(written) {
      const count = counts.get(written.toLowerCase());
      if (count !== undefined && count.hits > 0) count.hits -= 1;
    },
  };
}

/** Postgres folds the case, as it does when it looks an account up: no other spelling has a count of its own. */
const HASHED_KEY = `sha256(convert_to(lower($1), 'UTF8'))`;

/** What is refused is counted once and no more, so that what others give back can open the window again. */
const countInPostgres = (database: Database, { name, max, windowMs }: Rule, key: string, now: Date): Promise<Count> =>
  database.transaction('system', (trx) =>
    trx.one<Count>(
      `INSERT INTO rate_limits AS l (key, hits, ends_at) VALUES (${HASHED_KEY}, 1, $3)
       ON CONFLICT (key) DO UPDATE SET
         hits = CASE WHEN l.ends_at <= $2 THEN 1 ELSE least(l.hits + 1, $4) END,
         ends_at = CASE WHEN l.ends_at <= $2 THEN $3 ELSE l.ends_at END
       RETURNING hits, ends_at AS "endsAt"`,
      [`${name} ${key}`, now, new Date(now.getTime() + windowMs), max + 1],
    ),
  );

const giveBackInPostgres = (database: Database, { name }: Rule, key: string): Promise<number> =>
  database.transaction('system', (trx) =>
    trx.run(`UPDATE rate_limits SET hits = hits - 1 WHERE key = ${HASHED_KEY} AND hits > 0`, [`${name} ${key}`]),
  );
