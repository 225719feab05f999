import { randomUUID } from 'node:crypto';
import type { ConsumeMessage, Message, Options } from 'amqplib';
import { causeOf } from '../kernel/errors.ts';
import type { Logger } from '../kernel/logger.ts';
import { backoff, pause } from './pause.ts';
import type { Sender } from './sender.ts';
import { DEAD_LETTERS, deadQueueOf, declareDeadQueue } from './topology.ts';

export interface Cause {
  code: string;
  message: string;
}

/** Headers travel in one frame. */
const SHOWN_CHARACTERS = 1000;

/**
 * Puts a copy behind the queue, with the reason. Tries until the broker has it safe. @returns false when `over` came
 * first: the message is still the broker's and comes again.
 */
export async function bury(
  message: ConsumeMessage,
  queue: string,
  cause: Cause,
  { sender, log, over }: { sender: Sender; log: Logger; over: AbortSignal },
): Promise<boolean> {
  log.warn(`[BROKER] ${routingKeyOf(message)} in ${queue} is dead-lettered: ${cause.message}`);
  for (let failures = 0; !over.aborted; failures += 1) {
    try {
      const fate = await sender.send(copyOf(message, queue, cause));
      if (fate === 'taken') return true;
      if (fate === 'returned') await sender.declare((channel) => declareDeadQueue(channel, queue));
    } catch (error) {
      if (failures === 0) log.warn(`[BROKER] ${deadQueueOf(queue)} does not take a dead letter yet: ${causeOf(error)}`);
    }
    await pause(backoff(failures), over);
  }
  return false;
}

const copyOf = (message: ConsumeMessage, queue: string, { code, message: why }: Cause) => {
  const { contentType, type, correlationId, messageId } = message.properties as Options.Publish;
  return {
    exchange: DEAD_LETTERS,
    routingKey: deadQueueOf(queue),
    body: message.content,
    properties: {
      contentType, type, correlationId,
      messageId: randomUUID(),
      headers: {
        'x-cause': why.slice(0, SHOWN_CHARACTERS),
        'x-code': code,
        'x-queue': queue,
        'x-original-exchange': message.fields.exchange,
        'x-original-routing-key': routingKeyOf(message),
        ...(messageId !== undefined && { 'x-original-message-id': messageId }),
      },
    },
  };
};

/**
 * What it is. One that was moved back from the dead letters straight into its queue bears the queue's name instead, and
 * one that lies among them theirs. Those that the broker gave up itself bear no header of ours, but its own.
 */
export function routingKeyOf({ fields, properties }: Message): string {
  if (fields.exchange !== '' && fields.exchange !== DEAD_LETTERS) return fields.routingKey;
  const { 'x-original-routing-key': ours, 'x-death': deaths } = (properties.headers ?? {}) as Record<string, unknown>;
  const first = Array.isArray(deaths) ? (deaths.at(-1) as Death | undefined)?.['routing-keys']?.[0] : undefined;
  return [ours, first].find((key) => typeof key === 'string') ?? fields.routingKey;
}

/** One entry of the broker's own header, the latest first. */
interface Death {
  'routing-keys'?: unknown[];
}
