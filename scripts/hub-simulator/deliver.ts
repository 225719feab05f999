import { createHmac } from 'node:crypto';
import { Agent, request as send } from 'undici';
import { z } from 'zod';
import type { Faults } from './faults.ts';
import { checked, Refusal } from './http.ts';
import type { Pauses } from './pauses.ts';

const dialects = ['core', 'topic-payload', 'topic-data', 'event-data'] as const;

/** How topic and payload lie in a delivery. */
export type Dialect = (typeof dialects)[number];

const deliverSchema = z.strictObject({
  topic: z.string().min(1),
  payload: z.unknown().refine((payload) => payload !== undefined, 'is missing'),
  /** `core` by default: the payload is the body, the topic a header. `random` rotates through all four. */
  dialect: z.enum([...dialects, 'random']).optional(),
  times: z.int().min(1).max(100_000).optional(),
  /** How many at once (default 1: one after the other). */
  concurrency: z.int().min(1).max(1000).optional(),
  /** Added to the simulator's own headers, or in place of them. */
  headers: z.record(z.string(), z.string()).optional(),
  callbackUrl: z.url().optional(),
  /** Signs the body in X-Hub-Signature. */
  secret: z.string().min(1).optional(),
  signatureMethod: z.enum(['sha1', 'sha256', 'sha384', 'sha512']).optional(),
  timeoutMs: z.int().positive().optional(),
});

export type DeliverRequest = z.input<typeof deliverSchema>;

export interface CallbackAnswer {
  /** 0 when no answer came; then `error` says why. */
  status: number;
  /** Parsed when the answer says it is JSON, text otherwise. */
  body: unknown;
  headers: Record<string, string | string[] | undefined>;
  ms: number;
  error?: string;
}

export interface DeliveryResult extends CallbackAnswer {
  dialect: Dialect;
}

export interface Deliverer {
  callbackUrl: string | undefined;
  deliver(request: DeliverRequest, faults?: Faults): Promise<DeliveryResult[]>;
  /** One request to the callback; a failed connection is an answer with status 0. */
  call(method: Method, url: string, wire?: Wire, timeoutMs?: number): Promise<CallbackAnswer>;
  /** The address to call: the given one, or the one that is set. */
  target(callbackUrl?: string): string;
  close(): Promise<void>;
}

type Method = 'GET' | 'HEAD' | 'POST';

interface Wire {
  headers: Record<string, string>;
  body: string;
}

const TIMEOUT_MS = 60_000;

/** Delivers events to the callback the way hubs do. */
export function createDeliverer(pauses: Pauses, callbackUrl?: string): Deliverer {
  const agent = new Agent({ connections: 1000 });
  let rotation = 0;
  const choose = (dialect: Dialect | 'random'): Dialect =>
    dialect === 'random' ? (dialects[rotation++ % dialects.length] ?? 'core') : dialect;

  const deliverer: Deliverer = {
    callbackUrl,
    target(url = deliverer.callbackUrl) {
      if (!url) throw new Refusal(409, 'There is no callback to deliver to: give a callbackUrl.');
      return url;
    },
    async deliver(request, faults = {}) {
      const { times = 1, concurrency = 1, dialect = 'core', ...order } = checked(deliverSchema, request);
      const url = deliverer.target(order.callbackUrl);
      const copies = 1 + (faults.duplicateDeliveries ?? 0);
      const jobs = Array.from({ length: times }, () => Array<Dialect>(copies).fill(choose(dialect))).flat();
      const wires = new Map(dialects.map((each) => [each, wireOf(order, each)]));
      return inParallel(jobs, concurrency, async (chosen) => {
        if (faults.delayDeliveriesMs) await pauses.pause(faults.delayDeliveriesMs);
        const answer = await deliverer.call('POST', url, wires.get(chosen), order.timeoutMs);
        return { dialect: chosen, ...answer };
      });
    },
    call: (method, url, wire, timeoutMs = TIMEOUT_MS) =>
      callThrough(agent, url, { method, ...wire, headersTimeout: timeoutMs, bodyTimeout: timeoutMs }),
    close: () => agent.destroy(),
  };
  return deliverer;
}

async function callThrough(agent: Agent, url: string, options: CallOptions): Promise<CallbackAnswer> {
  const begun = performance.now();
  try {
    const { statusCode, headers, body } = await send(url, { ...options, dispatcher: agent });
    const text = await body.text();
    return { status: statusCode, body: bodyOf(text, headers['content-type']), headers, ms: since(begun) };
  } catch (error) {
    return { status: 0, body: '', headers: {}, ms: since(begun), error: reasonOf(error) };
  }
}

type CallOptions = Partial<Wire> & { method: Method; headersTimeout: number; bodyTimeout: number };

type Order = Pick<DeliverRequest, 'topic' | 'payload' | 'headers' | 'secret' | 'signatureMethod'>;

function wireOf(order: Order, dialect: Dialect): Wire {
  const { topic, payload, headers, secret, signatureMethod = 'sha256' } = order;
  const body = JSON.stringify(bodyIn(dialect, topic, payload));
  const own: Record<string, string> = { 'content-type': 'application/json' };
  if (dialect === 'core') own['x-topic'] = topic;
  if (secret) {
    const digest = createHmac(signatureMethod, secret).update(body).digest('hex');
    own['x-hub-signature'] = `${signatureMethod}=${digest}`;
  }
  for (const [name, value] of Object.entries(headers ?? {})) own[name.toLowerCase()] = value;
  return { headers: own, body };
}

function bodyIn(dialect: Dialect, topic: string, payload: unknown): unknown {
  if (dialect === 'topic-payload') return { topic, payload };
  if (dialect === 'topic-data') return { topic, data: payload };
  if (dialect === 'event-data') return { event: topic, data: payload };
  return payload;
}

/** Runs the jobs, so many at once, and gives the results in the jobs' order. */
async function inParallel<J, R>(jobs: J[], width: number, run: (job: J) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  const queue = jobs.entries(); // shared: each worker takes the next
  async function work(): Promise<void> {
    for (const [index, job] of queue) results[index] = await run(job);
  }
  await Promise.all(Array.from({ length: Math.min(width, jobs.length) }, work));
  return results;
}

function bodyOf(text: string, contentType: string | string[] | undefined): unknown {
  if (!String(contentType).includes('json')) return text;
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

function since(begun: number): number {
  return Math.round((performance.now() - begun) * 100) / 100;
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const code = 'code' in error ? String(error.code) : error.name;
  return error.message.includes(code) ? error.message : `${code}: ${error.message}`;
}
