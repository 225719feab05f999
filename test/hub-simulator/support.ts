import type { IncomingHttpHeaders, Server } from 'node:http';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { HubSimulator } from '../../scripts/hub-simulator/index.ts';

export interface Received {
  method: string;
  url: string;
  headers: IncomingHttpHeaders;
  raw: string;
}

export interface Callback {
  url: string;
  received: Received[];
  /** What the next deliveries are answered; runs before the answer is sent. */
  respond: (request: Received) => Response | Promise<Response>;
  close(): Promise<void>;
}

/** A little callback on a free port, answering 204 until told otherwise. */
export async function startCallback(): Promise<Callback> {
  const server = createServer((req, res) => {
    const chunks: Buffer[] = [];
    req.on('data', (chunk: Buffer) => chunks.push(chunk));
    req.on('end', () => {
      const raw = Buffer.concat(chunks).toString('utf8');
      const request = { method: req.method ?? '', url: req.url ?? '', headers: req.headers, raw };
      callback.received.push(request);
      void Promise.resolve(callback.respond(request)).then(async (response) => {
        res.writeHead(response.status, Object.fromEntries(response.headers));
        res.end(await response.text());
      });
    });
  });
  const port = await listenOnFreePort(server);
  const callback: Callback = {
    url: `http://127.0.0.1:${port}/callback`,
    received: [],
    respond: () => new Response(null, { status: 204 }),
    close: () => stop(server),
  };
  return callback;
}

export async function listenOnFreePort(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

export function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

/** Looks again until the condition holds; fails the test when it never does. */
export async function until(condition: () => boolean, withinMs = 5000): Promise<void> {
  const deadline = Date.now() + withinMs;
  while (!condition()) {
    if (Date.now() > deadline) throw new Error(`Not so within ${withinMs} ms: ${condition.toString()}`);
    await new Promise((resolve) => setTimeout(resolve, 2));
  }
}

export interface Answer {
  status: number;
  headers: Headers;
  body: Record<string, unknown>;
}

/** One JSON request; rejects when the connection breaks. */
export async function call(url: string, method = 'GET', body?: unknown, token?: string): Promise<Answer> {
  const response = await fetch(url, {
    method,
    headers: { 'content-type': 'application/json', ...(token ? { authorization: `Bearer ${token}` } : {}) },
    body: body === undefined ? undefined : typeof body === 'string' ? body : JSON.stringify(body),
  });
  const text = await response.text();
  const parsed = text ? (JSON.parse(text) as Record<string, unknown>) : {};
  return { status: response.status, headers: response.headers, body: parsed };
}

/** Logs in and gives a function that publishes with the token. */
export async function publisherOf(hub: HubSimulator) {
  const login = await call(`${hub.url}/auth/login`, 'POST', { username: 'somebody', password: 'x' });
  const token = String(login.body.access_token);
  return (topic: string, payload: unknown = {}): Promise<Answer> =>
    call(`${hub.url}/hub/publish`, 'POST', { topic, payload }, token);
}
