import type { IncomingHttpHeaders } from 'node:http';
import axios from 'axios';
import { type Dispatcher, Pool } from 'undici';
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

const SHOWN_CHARACTERS = 300;

/**
 * What the hub said; the text only when it did not take the message. A handler of undici's dispatch, since its
 * request would make a stream for an answer that nobody reads.
 */
class Reply implements Dispatcher.DispatchHandler {
  status = 0;
  text = '';
  retryAfter: string | string[] | undefined;

  constructor(
    private readonly resolve: (reply: Reply) => void,
    private readonly reject: (error: Error) => void,
  ) {}

  get ok(): boolean {
    return this.status >= 200 && this.status < 300;
  }

  onRequestStart(): void {}

  onResponseStart(_controller: Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    this.status = status;
    this.retryAfter = headers['retry-after'];
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.ok && this.text.length < SHOWN_CHARACTERS) this.text += chunk.toString('utf8', 0, SHOWN_CHARACTERS);
  }

  onResponseEnd(): void {
    this.resolve(this);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    this.reject(error);
  }
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

  const post = (message: Outgoing, bearer: string) =>
    new Promise<Reply>((resolve, reject) => {
      const body = `{"topic":${JSON.stringify(message.topic)},"payload":${message.payload}}`;
      const headers = { authorization: `Bearer ${bearer}`, 'content-type': 'application/json' };
      pool.dispatch({ path, method: 'POST', headers, body }, new Reply(resolve, reject));
    });

  const attempt = async (message: Outgoing): Promise<SendResult> => {
    const used = currentToken();
    let response = await post(message, await used);
    if (response.status === 401) {
      if (token === used) token = undefined; // whoever sees the 401 first forgets the token, the others join the new login
      response = await post(message, await currentToken());
    }
    if (response.ok) return { kind: 'sent' };
    const cause = `${response.status} ${response.text}`.trim();
    if (NEVER_ACCEPTED.has(response.status)) return { kind: 'dead', cause };
    if (response.status === 401) token = undefined;
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
