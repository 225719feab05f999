import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { compose } from '../../src/compose.ts';
import { readConfig } from '../../src/config.ts';
import { openDatabase, type Database } from '../../src/kernel/database.ts';
import type { Logger } from '../../src/kernel/logger.ts';
import { closeServer } from '../../src/kernel/server.ts';
import { cloneDatabase } from '../support/database.ts';

const SECRET = 'a secret of at least thirty-two bytes';

/** A logger that keeps its lines, each with its level. */
export function recordingLogger(): { log: Logger; lines: string[] } {
  const lines: string[] = [];
  const at = (level: string) => (message: unknown) => void lines.push(`${level} ${String(message)}`);
  const log = { error: at('error'), warn: at('warn'), info: at('info'), debug: at('debug') };
  return { log: log as unknown as Logger, lines };
}

export interface Callback {
  url: string;
  /** What it logged, since the last call of `forget`. */
  lines: string[];
  close(): Promise<void>;
}

export interface CallbackBench {
  database: Database;
  /** A service over the bench's database that takes requests and does nothing else. */
  listen(settings?: Record<string, string>): Promise<Callback>;
  /** What is kept of the events so far, oldest first. */
  kept(): Promise<Array<{ topic: string; received_topic: string | null; outcome: string; body: string; subject: string | null }>>;
  close(): Promise<void>;
}

/** One database, and as many services with other settings over it as a test likes. */
export async function openCallbackBench(): Promise<CallbackBench> {
  const cloned = await cloneDatabase();
  const database = openDatabase(cloned.url, { max: 4, onError: () => undefined });
  const open: Callback[] = [];
  return {
    database,
    async listen(settings = {}) {
      const { log, lines } = recordingLogger();
      const config = readConfig({ JWT_SECRET: SECRET, ROLES: 'web', ...settings });
      // Nothing listens at the hub's address: nothing is to be published from here.
      const service = compose({ ...config, DATABASE_URL: cloned.url, HUB_URL: 'http://127.0.0.1:9', JWT_SECRET: SECRET }, log);
      await service.start();
      const server = createServer(service.listener);
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      const close = () => closeServer(server, 2000).then(() => service.stop());
      const callback = { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, lines, close };
      open.push(callback);
      return callback;
    },
    kept: () =>
      database.transaction('system', (trx) =>
        trx.rows('SELECT topic, received_topic, outcome, body, subject FROM events ORDER BY event_id'),
      ),
    async close() {
      for (const callback of open) await callback.close();
      await database.close();
      await cloned.drop();
    },
  };
}

export interface Answer {
  status: number;
  headers: Headers;
  text: string;
  body: Record<string, unknown>;
}

/** One POST of a body exactly as it is given. */
export async function post(url: string, body: string | Buffer, headers: Record<string, string> = {}): Promise<Answer> {
  return answerOf(await fetch(url, { method: 'POST', body: body as string, headers: { 'content-type': 'application/json', ...headers } }));
}

export async function answerOf(response: Response): Promise<Answer> {
  const text = await response.text();
  const isJson = text !== '' && response.headers.get('content-type')?.includes('json');
  return { status: response.status, headers: response.headers, text, body: isJson ? (JSON.parse(text) as Record<string, unknown>) : {} };
}
