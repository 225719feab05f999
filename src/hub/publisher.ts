import axios from 'axios';
import { Pool } from 'undici';
import type { Outgoing, SendResult, Transport } from '../events/relay/index.ts';
import { causeOf } from '../kernel/errors.ts';
import type { Logger } from '../kernel/logger.ts';

export interface PublisherOptions {
  hubUrl: string;
  username: string;
  password?: string;
  log: Logger;
  connections?: number;
  timeoutMs?: number;
}

export interface Publisher extends Transport {
  /** Cuts what is still under way after `graceMs`; it was not confirmed, so it is sent again by the next relay. */
  close(graceMs?: number): Promise<void>;
}

/** The message itself is at fault and will be for ever; every other failure says the hub is wrong for all. */
const NEVER_ACCEPTED = new Set([400, 413, 422]);
const DEFAULT_TIMEOUT_MS = 10_000;
const DEFAULT_GRACE_MS = 1500;

/**
 * Publishes at the core hub: `POST /auth/login` → `access_token`, `POST /hub/publish {topic, payload}` with it; any
 * 2xx is success. The token is kept until a 401, then renewed once for all and the message sent once more.
 */
export function createPublisher(options: PublisherOptions): Publisher {
  const { hubUrl, username, password = '', timeoutMs = DEFAULT_TIMEOUT_MS } = options;
  const base = new URL(hubUrl);
  const path = `${base.pathname.replace(/\/$/, '')}/hub/publish`;
  const pool = new Pool(base.origin, { connections: options.connections ?? 64, pipelining: 1, headersTimeout: timeoutMs, bodyTimeout: timeoutMs, connectTimeout: timeoutMs });
  let token: Promise<string> | undefined;

  const login = async (): Promise<string> => {
    const { data } = await axios.post<{ access_token?: unknown }>(
      new URL(`${base.pathname.replace(/\/$/, '')}/auth/login`, base.origin).href,
      { username, password },
      { maxRedirects: 0, proxy: false, timeout: timeoutMs },
    );
    if (typeof data.access_token !== 'string') throw new Error('the hub answered the login without an access_token');
    options.log.info(`[HUB LOGIN] ${username} at ${base.origin}`);
    return data.access_token;
  };
  /** One login for all that wait; a failed one is not kept. */
  const currentToken = (): Promise<string> => {
    token ??= login().catch((error: unknown) => {
      token = undefined;
      throw error;
    });
    return token;
  };

  const post = async (message: Outgoing, bearer: string) => {
    const { statusCode, headers, body } = await pool.request({
      path,
      method: 'POST',
      headers: { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' },
      body: `{"topic":${JSON.stringify(message.topic)},"payload":${message.payload}}`,
    });
    const ok = statusCode >= 200 && statusCode < 300;
    const text = ok ? (await body.dump(), '') : (await body.text()).slice(0, 300);
    return { statusCode, ok, text, retryAfter: headers['retry-after'] };
  };

  const attempt = async (message: Outgoing): Promise<SendResult> => {
    const used = currentToken();
    let response = await post(message, await used);
    if (response.statusCode === 401) {
      if (token === used) token = undefined; // whoever sees the 401 first forgets the token, the others join the new login
      response = await post(message, await currentToken());
    }
    if (response.ok) return { kind: 'sent' };
    const cause = `${response.statusCode} ${response.text}`.trim();
    if (NEVER_ACCEPTED.has(response.statusCode)) return { kind: 'dead', cause };
    if (response.statusCode === 401) token = undefined;
    return { kind: 'down', cause, retryAfterMs: parseRetryAfter(response.retryAfter) };
  };

  return {
    destination: 'hub',
    send: (message) =>
      attempt(message).catch((error: unknown): SendResult => ({
        kind: 'down',
        cause: axios.isAxiosError(error) ? `login: ${error.message}` : causeOf(error),
        retryAfterMs: axios.isAxiosError(error) ? parseRetryAfter(error.response?.headers['retry-after'] as string | undefined) : undefined,
      })),
    async close(graceMs = DEFAULT_GRACE_MS) {
      const cut = setTimeout(() => void pool.destroy(), graceMs);
      await pool.close().finally(() => clearTimeout(cut));
    },
  };
}

/** Retry-After (RFC 9110 §10.2.3): seconds or a date, to milliseconds from now. */
export function parseRetryAfter(header: string | string[] | undefined, now = Date.now()): number | undefined {
  const value = Array.isArray(header) ? header[0] : header;
  if (value === undefined || value === '') return undefined;
  const ms = /^\d+$/.test(value) ? Number(value) * 1000 : Date.parse(value) - now;
  return Number.isNaN(ms) ? undefined : Math.max(0, ms);
}
