import { isUtf8 } from 'node:buffer';
import type { ConsumeMessage } from 'amqplib';
import { brokerDelivery } from '../events/broker-delivery.ts';
import type { Dispatcher } from '../events/dispatcher.ts';
import type { Delivery } from '../events/event-log.ts';
import type { Verdict } from '../events/outcome.ts';
import type { ConsumedQueue } from '../events/registry.ts';
import type { Logger } from '../kernel/logger.ts';
import { bury, routingKeyOf, type Cause } from './dead-letters.ts';
import type { Sender } from './sender.ts';

export interface SettlerOptions {
  queue: ConsumedQueue;
  dispatcher: Pick<Dispatcher, 'receive'>;
  /** For dead letters, on another connection: short of memory, the broker stops those that publish, not who takes. */
  sender: Sender;
  maxBodyBytes: number;
  log: Logger;
}

/** What one consumer's messages are taken with. */
export interface Hand extends Required<Pick<Delivery, 'moreToCome' | 'again'>> {
  over: AbortSignal;
}

/** Takes one message to its end. @returns whether it may be acknowledged; false: `over` came first, it comes again. */
export type Settle = (message: ConsumeMessage, hand: Hand) => Promise<boolean>;

/** What was applied, refused or kept for another try is settled; what is for nobody here goes to the dead letters. */
export function createSettler({ queue, dispatcher, sender, maxBodyBytes, log }: SettlerOptions): Settle {
  return async (message, hand) => {
    const buried = (cause: Cause) => bury(message, queue.name, cause, { sender, log, over: hand.over });
    const unreadable = unreadableOf(message.content, maxBodyBytes);
    if (unreadable) return buried(unreadable);
    const { subscriber } = queue;
    const raw = message.content.toString();
    const routingKey = routingKeyOf(message);
    const verdict = await dispatcher.receive(brokerDelivery({ source: 'amqp', subscriber, routingKey, raw }, hand));
    if (verdict.unkept) return false;
    return isForNobody(verdict) ? buried(causeIn(verdict)) : true;
  };
}

const isForNobody = ({ state, undeliverable }: Verdict): boolean =>
  undeliverable === true || state === 'invalid' || state === 'unknown';

const causeIn = ({ state, answer }: Verdict): Cause => ({
  code: answer?.code ?? state,
  message: answer?.message ?? state,
});

/** Not worth looking into; kept as a dead letter alone. */
function unreadableOf(content: Buffer, maxBodyBytes: number): Cause | undefined {
  if (content.length > maxBodyBytes) {
    const message = `${content.length} bytes, and no more than ${maxBodyBytes} are taken (MAX_BODY_BYTES)`;
    return { code: 'demasiado_grande', message };
  }
  return isUtf8(content) ? undefined : { code: 'contenido_invalido', message: 'the body is not UTF-8' };
}
