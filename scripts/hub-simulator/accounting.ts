import { z } from 'zod';
import type { Deliverer, DeliveryResult } from './deliver.ts';
import type { Faults } from './faults.ts';
import { checked } from './http.ts';
import type { Journal, PublishedEvent } from './journal.ts';
import { awaitEvent } from './journal.ts';

const answerTopics = {
  'ventas.mes': 'venta.mes.respuesta',
  'iva.pedido': 'iva.respuesta',
  'ordenesbytenant.pedido': 'ordenesbytenant.respuesta',
} as const;

const askSchema = z.strictObject({
  ask: z.enum(['ventas.mes', 'iva.pedido', 'ordenesbytenant.pedido']),
  fechaDesde: z.string().optional(),
  fechaHasta: z.string().optional(),
  tenant_id: z.union([z.number(), z.string()]).optional(),
  /** How long to wait for the answer (default 10000). */
  timeoutMs: z.int().positive().optional(),
});

export type AccountingRequest = z.input<typeof askSchema>;

export interface AccountingAnswer {
  delivery: DeliveryResult | undefined;
  /** Missing when the delivery failed or no answer was published in time. */
  answer?: PublishedEvent;
}

/** Plays the accounting module: delivers a request and waits for what is published in answer. */
export async function askAccounting(
  request: AccountingRequest,
  deliverer: Deliverer,
  journal: Journal,
  faults: Faults,
): Promise<AccountingAnswer> {
  const { ask, timeoutMs = 10_000, ...question } = checked(askSchema, request);
  const before = journal.lastSeq();
  const [delivery] = await deliverer.deliver({ topic: ask, payload: question }, faults);
  if (!wasTaken(delivery)) return { delivery };
  const answers = (event: PublishedEvent): boolean =>
    event.topic === answerTopics[ask] && agrees(event.payload, question);
  return { delivery, answer: await awaitEvent(journal, before, answers, timeoutMs) };
}

/** Whether the callback took the request, so that an answer can be hoped for. */
export function wasTaken(delivery: DeliveryResult | undefined): boolean {
  return delivery !== undefined && delivery.status >= 200 && delivery.status < 300;
}

/** An answer that repeats parts of its question must repeat ours; one that repeats nothing may be ours. */
function agrees(answer: Record<string, unknown>, question: Record<string, unknown>): boolean {
  return Object.entries(question).every(
    ([name, asked]) => asked === undefined || answer[name] === undefined || same(answer[name], asked),
  );
}

function same(answered: unknown, asked: unknown): boolean {
  return String(answered) === String(asked);
}
