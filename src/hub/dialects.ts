import type { IncomingHttpHeaders } from 'node:http';

/** A delivery once its dialect is taken off. */
export interface HubMessage {
  topic: string;
  payload: unknown;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The two members of each wrapped dialect, in the order they are looked for. */
const WRAPPERS = [
  ['topic', 'payload'],
  ['topic', 'data'],
  ['event', 'data'],
] as const;

/**
 * Understands all four dialects of the core hub without being told which: `{topic, payload}`, `{topic, data}`,
 * `{event, data}`, and the payload itself as the body with the topic in the header `x-topic`, which is what a body
 * that lacks one of the two members means.
 */
export function readMessage(body: unknown, headers: IncomingHttpHeaders): HubMessage {
  const wrapped = unwrap(body);
  if (wrapped) return wrapped;
  const header = headers['x-topic'];
  const topic = typeof header === 'string' ? header.trim() : '';
  return { topic: topic === '' ? topicWithoutPayload(body) : topic, payload: body };
}

/** The payload of a kept body, whatever dialect it came in. */
export function payloadOf(raw: string): unknown {
  const body: unknown = JSON.parse(raw);
  return unwrap(body)?.payload ?? body;
}

function unwrap(body: unknown): HubMessage | undefined {
  if (!isObject(body)) return undefined;
  for (const [name, content] of WRAPPERS) {
    const [topic, payload] = [body[name], body[content]];
    if (typeof topic === 'string' && isObject(payload)) return { topic, payload };
  }
  return undefined;
}

const topicWithoutPayload = (body: unknown): string =>
  isObject(body) && typeof body.topic === 'string' && body.topic !== '' ? body.topic : '(sin tema)';

/** A subscription check in either dialect: bare names from the core hub, `hub.`-names from a W3C hub (WebSub §5.3). */
export interface Verification {
  mode: 'subscribe' | 'unsubscribe' | 'denied';
  topic: string;
  challenge: string;
}

/** @returns undefined when the topic, or a challenge where one is due, is missing. */
export function readVerification(query: URLSearchParams): Verification | undefined {
  const read = (name: string) => query.get(`hub.${name}`) ?? query.get(name) ?? '';
  const mode = read('mode') || 'subscribe';
  const [topic, challenge] = [read('topic'), read('challenge')];
  if (topic === '') return undefined;
  if (mode === 'denied') return { mode, topic, challenge };
  if (challenge === '') return undefined;
  return { mode: mode === 'unsubscribe' ? 'unsubscribe' : 'subscribe', topic, challenge };
}
