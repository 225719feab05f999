import { isUtf8 } from 'node:buffer';
import type { AnyTopic } from '../../src/events/topic.ts';
import type { Side } from '../../src/events/catalogue.ts';
import { readMessage } from '../../src/hub/dialects.ts';

/** What is wrong with a message, and how to mend it. */
export interface Problem {
  /** `productos[0].cantidad`; empty for the message as a whole. */
  at: string;
  /** What it has there. */
  has?: string;
  /** The service's own words: they stand in its answer and with the dead letter. */
  says?: string;
  mend: string;
}

const problem = (mend: string, at = ''): { problem: Problem } => ({ problem: { at, mend } });

/** The payload of a message as it came over the wire, out of its wrapper if it has one. */
export function readPayload(
  topic: AnyTopic, side: Side, bytes: Buffer, maxBytes: number,
): { payload: unknown } | { problem: Problem } {
  if (side === 'in' && bytes.length > maxBytes) {
    return problem(`it has ${bytes.length} bytes; the service takes no more than ${maxBytes} (MAX_BODY_BYTES)`);
  }
  if (!isUtf8(bytes)) return problem('it is not UTF-8; write it as UTF-8');
  const text = bytes.toString('utf8');
  if (text.startsWith('\uFEFF')) return problem('it begins with a byte-order mark, which is no JSON; write it without');
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch (error) {
    return problem(`it is not JSON (${(error as Error).message}); send one JSON object`);
  }
  return topic.destination === 'hub' ? unwrapped(topic, side, body) : { payload: body };
}

/** The wrapped dialects say a topic; the payload alone is what the command says it is. */
function unwrapped({ name, aliases }: AnyTopic, side: Side, body: unknown): { payload: unknown } | { problem: Problem } {
  const { topic, payload } = readMessage(body, { 'x-topic': name });
  const names = side === 'in' ? [name, ...aliases] : [name];
  if (names.includes(topic)) return { payload };
  return problem(`its wrapper says ${JSON.stringify(topic)}, and you ask for ${names.join(' or ')}; mend the one or the other`, 'topic');
}
