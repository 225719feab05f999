import type { z } from 'zod';
import { isStorable } from '../kernel/wire.ts';
import type { Delivery } from './event-log.ts';
import { prepare, type Prepared } from './processor.ts';
import type { AnySubscription } from './registry.ts';

/** Against its contract. */
export interface Unreadable {
  problems: string;
  /** What it seems to be about. */
  subject?: string;
}

/** The event, or what is wrong with it. One nested deeper than the stack goes is as invalid as any other. */
export function readDelivery(subscription: AnySubscription, delivery: Delivery): Prepared | Unreadable {
  const unreadable = (problems: string): Unreadable => ({
    problems,
    subject: guessSubject(subscription.topic.subject, delivery.payload),
  });
  try {
    const parsed: z.ZodSafeParseResult<unknown> = subscription.topic.schema.safeParse(delivery.payload);
    return parsed.success ? prepare(subscription, delivery, parsed.data) : unreadable(problemsOf(parsed.error));
  } catch (error) {
    if (error instanceof RangeError) return unreadable(`no se puede leer: ${error.message}`);
    throw error;
  }
}

const problemsOf = (error: z.ZodError): string =>
  error.issues
    .slice(0, 10)
    .map((issue) => `${issue.path.map(String).join('.') || 'payload'}: ${issue.message}`)
    .join('; ');

/** What an invalid payload seems to be about, so that `explain` finds it; nothing when it does not say. */
function guessSubject(subjectOf: (payload: never) => string | undefined, payload: unknown): string | undefined {
  if (typeof payload !== 'object' || payload === null) return undefined;
  const { pedidoId } = payload as Record<string, unknown>;
  const asText = typeof pedidoId === 'number' ? { pedidoId: String(pedidoId) } : undefined; // as the schema would
  try {
    const subject: unknown = subjectOf({ ...payload, ...asText } as never);
    if (typeof subject !== 'string' || subject.includes('undefined') || subject.includes('[object')) return undefined;
    return subject.length <= 300 && isStorable(subject) ? subject : undefined;
  } catch {
    return undefined; // it lacks something else that this topic's subject is made of
  }
}
