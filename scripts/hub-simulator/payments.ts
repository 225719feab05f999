import { createHash } from 'node:crypto';
import type { Deliverer } from './deliver.ts';
import type { Faults } from './faults.ts';
import { isObject } from './http.ts';
import type { PublishedEvent } from './journal.ts';
import type { Pauses } from './pauses.ts';
import { isCancelled } from './pauses.ts';

export const BALANCE_REQUEST = 'get.balances.request';

/** Longer than the service waits by default (BALANCE_TIMEOUT_MS, 30 s). */
const LATE_MS = 35_000;

interface Answer {
  topic: string;
  payload: Record<string, unknown>;
  times?: number;
}

type Mode = NonNullable<Faults['balance']>['mode'];

/** The balances told for a request: the same for the same traceId, different for another. */
export function balanceFor(traceId: string): { fiatBalance: number; cryptoBalance: number } {
  const digest = createHash('sha256').update(traceId).digest();
  return {
    fiatBalance: (digest.readUInt32BE(0) % 100_000_000) / 100,
    cryptoBalance: (digest.readUInt32BE(4) % 100_000_000) / 10_000,
  };
}

/** Plays the payments module: answers balance requests at the callback. */
export function createPayments(deliverer: Deliverer, pauses: Pauses, log: (line: string) => void) {
  return async function answerBalanceRequest(event: PublishedEvent, faults: Faults): Promise<void> {
    const mode = faults.balance?.mode ?? 'answer';
    const answer = answerTo(event.payload, mode);
    if (!answer || !deliverer.callbackUrl) return;
    try {
      const delayMs = faults.balance?.delayMs ?? (mode === 'late' ? LATE_MS : 0);
      if (delayMs > 0) await pauses.pause(delayMs);
      for (const delivery of await deliverer.deliver(answer, faults)) {
        if (delivery.status < 200 || delivery.status > 299) {
          log(`payments: ${answer.topic} was answered ${delivery.status} ${delivery.error ?? ''}`);
        }
      }
    } catch (error) {
      if (!isCancelled(error)) log(`payments: ${String(error)}`);
    }
  };
}

function answerTo(request: Record<string, unknown>, mode: Mode): Answer | undefined {
  const { email, traceData } = request;
  const traceId = isObject(traceData) ? traceData.traceId : undefined;
  if (mode === 'silent') return undefined;
  if (mode === 'error' || typeof email !== 'string' || typeof traceId !== 'string') {
    return { topic: 'blockchain.error.response', payload: { error: 'The balances could not be read.' } };
  }
  const payload: Record<string, unknown> = {
    traceData,
    email: mode === 'wrong-email' ? `not-${email}` : email,
    ...balanceFor(traceId),
    lastUpdated: new Date().toISOString(),
  };
  if (mode === 'no-trace') delete payload.traceData;
  if (mode === 'foreign-module') payload.traceData = { originModule: 'another-service', traceId };
  return { topic: 'get.balances.response', payload, times: mode === 'twice' ? 2 : 1 };
}
