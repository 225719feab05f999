import type { Channel } from 'amqplib';
import type { ConsumedQueue } from '../events/registry.ts';
import { causeOf } from '../kernel/errors.ts';
import { inTime } from '../kernel/in-time.ts';

/** Where messages go that will never be handled as they are; each queue has one of its own behind it. */
export const DEAD_LETTERS = 'dead_letters';
export const deadQueueOf = (queue: string): string => `${queue}.dead`;

/** How often a message may come back before the broker takes it for poison: each time, a process died over it. */
const DELIVERY_LIMIT = 20;
const ANSWER_MS = 10_000;
const PRECONDITION_FAILED = 406;

/**
 * A queue that somebody deleted is declared again no sooner: a consumer that has not yet been told of its end would
 * pass for one of the new queue, and RabbitMQ (seen with 3.10) then counts it and delivers nothing to it.
 */
export const QUEUE_GONE_MS = 1500;

/** Something of this name is at the broker and is not what we need; somebody has to decide what becomes of it. */
export class Conflict extends Error {}

/** Closes its channel when it fails, as the protocol has it. */
export async function declareExchange(channel: Channel, exchange: string): Promise<void> {
  await declare(
    () => channel.assertExchange(exchange, 'topic', { durable: true }),
    `the broker has an exchange ${exchange} that is not ours to use, needed is a durable one of type topic; ` +
      'delete it, or have its owner declare it so; we look again every 30 s',
  );
}

/** The queue, what leads into it, and where its poison goes. */
export async function declareQueue(channel: Channel, { name, exchange, routingKeys }: ConsumedQueue): Promise<void> {
  await declareExchange(channel, exchange);
  await declareDeadQueue(channel, name);
  await quorumQueue(channel, name, {
    'x-dead-letter-exchange': DEAD_LETTERS,
    'x-dead-letter-routing-key': deadQueueOf(name),
    'x-delivery-limit': DELIVERY_LIMIT,
  });
  for (const key of routingKeys) await answer(channel.bindQueue(name, exchange, key));
}

export async function declareDeadQueue(channel: Channel, queue: string): Promise<void> {
  const name = deadQueueOf(queue);
  await declareExchange(channel, DEAD_LETTERS);
  await quorumQueue(channel, name, {});
  await answer(channel.bindQueue(name, DEAD_LETTERS, name));
}

const quorumQueue = (channel: Channel, name: string, settings: Record<string, unknown>) => {
  const wanted = { 'x-queue-type': 'quorum', ...settings };
  const said = Object.entries(wanted).map(([key, value]) => `${key}=${String(value)}`).join(', ');
  return declare(
    () => channel.assertQueue(name, { durable: true, arguments: wanted }),
    `the broker has a queue ${name} that was declared in another way, needed is a durable one with ${said}; ` +
      'move what it holds elsewhere and delete it, we look again every 30 s and declare it ourselves',
  );
};

async function declare(declaration: () => Promise<unknown>, conflict: string): Promise<void> {
  try {
    await answer(declaration());
  } catch (error) {
    if ((error as { code?: unknown }).code !== PRECONDITION_FAILED) throw error;
    throw new Conflict(`${conflict} (${causeOf(error)})`);
  }
}

/** Bounded: of a queue whose leader is away the broker may say nothing for long. */
export const answer = <T>(asked: Promise<T>): Promise<T> => inTime(asked, ANSWER_MS, 'the broker');
