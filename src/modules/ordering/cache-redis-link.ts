import { Redis } from 'ioredis';
import { causeOf } from '../../kernel/errors.ts';
import type { Logger } from '../../kernel/logger.ts';

/** Longer than a Redis that is well ever takes, shorter than anybody minds. */
const COMMAND_TIMEOUT_MS = 250;
const CONNECT_TIMEOUT_MS = 2_000;
const LONGEST_RETRY_MS = 2_000;
/** After a failure the database is asked at once, for so long. */
const REST_MS = 1_000;
const WARN_EVERY_MS = 60_000;

/** A connection that may be away, and what is known of how it does. */
export interface RedisLink {
  redis: Redis;
  /** Connected, so that a command goes out now. Connects in the background when nothing has asked before. */
  isUp(): boolean;
  /** Up, and without a failure just now: worth waiting for. */
  isWell(): boolean;
  /** Tells of a failure: it is rested for a while, and warned of once in a while. */
  failed(error: unknown): void;
  close(): Promise<void>;
}

/** @param onUp called whenever it is connected, the first time too. */
export function openRedisLink(url: string, log: Logger, onUp: () => void): RedisLink {
  const redis = connectionTo(url);
  let [restingUntil, warnedAt] = [0, -Infinity];

  const failed = (error: unknown) => {
    const now = performance.now();
    restingUntil = now + REST_MS;
    if (now - warnedAt < WARN_EVERY_MS) return;
    warnedAt = now;
    log.warn(`[CACHE] Redis: ${causeOf(error)}; the database answers until it is back`);
  };
  const isUp = () => {
    if (redis.status === 'wait') redis.connect().catch(failed);
    return redis.status === 'ready';
  };
  redis.on('error', failed);
  redis.on('ready', () => {
    restingUntil = 0;
    onUp();
  });
  return {
    redis,
    isUp,
    isWell: () => isUp() && performance.now() >= restingUntil,
    failed,
    async close() {
      if (redis.status === 'ready') await redis.quit().catch(() => undefined); // it is over with either way
      redis.disconnect();
    },
  };
}

/**
 * Nothing is queued or sent again: an old value must not be put back later, and nobody waits for a Redis that is
 * away. Lazy, because the service is also composed to be described, and nobody ends it then.
 */
const connectionTo = (url: string): Redis =>
  new Redis(url, {
    lazyConnect: true,
    connectTimeout: CONNECT_TIMEOUT_MS,
    commandTimeout: COMMAND_TIMEOUT_MS,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    retryStrategy: (times) => Math.min(times * 100, LONGEST_RETRY_MS),
    connectionName: 'marketplace-service cache',
  });
