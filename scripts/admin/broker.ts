import amqp, { type ConfirmChannel, type GetMessage, type Options } from 'amqplib';
import { routingKeyOf } from '../../src/amqp/dead-letters.ts';
import { deadQueueOf } from '../../src/amqp/topology.ts';
import { describedService } from '../docs/described.ts';
import { OperatorError } from './connect.ts';
import type { Result } from './commands.ts';
import { table } from './table.ts';

interface QueueRow {
  queue: string;
  /** Undefined while it does not exist. */
  waiting?: number;
  dead?: number;
}

const COLUMNS = [
  { title: 'queue', value: (row: QueueRow) => row.queue },
  { title: 'waiting', value: (row: QueueRow) => row.waiting ?? 'not there' },
  { title: 'dead letters', value: (row: QueueRow) => row.dead ?? 'not there' },
];

/** What waits in our queues, and in the dead letters behind them. Why a message is dead stands in `events`. */
export const showQueues = (url: string): Promise<Result> =>
  atBroker(url, async (connection) => {
    const rows: QueueRow[] = [];
    for (const queue of describedService().queues()) {
      rows.push({ queue, waiting: await countOf(connection, queue), dead: await countOf(connection, deadQueueOf(queue)) });
    }
    return { text: table(rows, COLUMNS), data: rows, found: true };
  });

/** Sends the dead letters of a queue back into it, those that are there now, each safe there before it leaves here. */
export const resend = (url: string, queue: string): Promise<Result> =>
  atBroker(url, async (connection) => {
    const dead = await countOf(connection, deadQueueOf(queue));
    if (dead === undefined || (await countOf(connection, queue)) === undefined) {
      throw new OperatorError(`the broker has no queue ${queue} with dead letters; npm run admin -- broker lists ours`);
    }
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined); // whoever waits for an answer is told
    let sent = 0;
    for (; sent < dead; sent += 1) {
      const message = await channel.get(deadQueueOf(queue));
      if (message === false) break;
      await sendBack(channel, queue, message);
    }
    await channel.close(); // answered behind the last acknowledgement: the connection's end might overtake it
    return { text: `${sent} messages are back in ${queue}`, data: { queue, sent }, found: true };
  });

async function sendBack(channel: ConfirmChannel, queue: string, message: GetMessage): Promise<void> {
  const { contentType, contentEncoding, type, messageId } = message.properties as Options.Publish;
  channel.sendToQueue(queue, message.content, {
    persistent: true,
    contentType,
    contentEncoding,
    type,
    messageId,
    headers: { 'x-original-routing-key': routingKeyOf(message) },
  });
  await channel.waitForConfirms();
  channel.ack(message);
}

/** A question after a queue that does not exist costs its channel. */
async function countOf(connection: amqp.ChannelModel, queue: string): Promise<number | undefined> {
  const channel = await connection.createChannel();
  channel.on('error', () => undefined); // the answer below says it
  try {
    const { messageCount } = await channel.checkQueue(queue);
    await channel.close();
    return messageCount;
  } catch (error) {
    if ((error as { code?: unknown }).code === 404) return undefined;
    throw error;
  }
}

async function atBroker<T>(url: string, work: (connection: amqp.ChannelModel) => Promise<T>): Promise<T> {
  const connection = await amqp.connect(url, { timeout: 5000 }).catch((error: unknown) => {
    throw new OperatorError(`the broker does not answer (${String(error)}); check RABBITMQ_URL`);
  });
  connection.on('error', () => undefined); // whoever waits for an answer is told
  try {
    return await work(connection);
  } finally {
    await connection.close().catch(() => undefined); // it was lost meanwhile
  }
}
