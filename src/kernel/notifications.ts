import type pg from 'pg';
import type { Database } from './database.ts';
import { causeOf } from './errors.ts';
import type { Logger } from './logger.ts';

export interface Notifications {
  /** Calls `handler` for every NOTIFY on the channel, and with undefined after a gap in which some may be missed. */
  on(channel: string, handler: (payload: string | undefined) => void): void;
  start(): Promise<void>;
  stop(): Promise<void>;
}

const RETRY_MS = 500;

/** One LISTEN connection for the process. A lost one is opened again; the handlers are told so that they can look. */
export function createNotifications(database: Database, log: Logger): Notifications {
  const handlers = new Map<string, Array<(payload: string | undefined) => void>>();
  let client: pg.Client | undefined;
  let stopped = true;
  let retry: NodeJS.Timeout | undefined;

  const connect = async () => {
    const fresh = await database.connect({ application_name: 'marketplace-service listen' });
    fresh.on('notification', ({ channel, payload }) => handlers.get(channel)?.forEach((handler) => handler(payload)));
    fresh.once('end', () => {
      if (client === fresh) client = undefined;
      reconnectLater();
    });
    for (const channel of handlers.keys()) await fresh.query(`LISTEN ${channel}`);
    client = fresh;
    for (const all of handlers.values()) all.forEach((handler) => handler(undefined));
  };

  const reconnectLater = () => {
    if (stopped) return;
    clearTimeout(retry);
    retry = setTimeout(() => {
      connect().catch((error: unknown) => {
        log.warn(`[DATABASE] cannot listen: ${causeOf(error)}; trying again`);
        reconnectLater();
      });
    }, RETRY_MS);
  };

  return {
    on(channel, handler) {
      if (!stopped) throw new Error(`${channel}: handlers are added before start, which is when the channels are listened to`);
      handlers.set(channel, [...(handlers.get(channel) ?? []), handler]);
    },
    async start() {
      stopped = false;
      await connect();
    },
    async stop() {
      stopped = true;
      clearTimeout(retry);
      await client?.end();
    },
  };
}
