import { setMaxListeners } from 'node:events';
import type { ConfirmChannel, ConsumeMessage } from 'amqplib';
import type { ConsumedQueue } from '../events/registry.ts';
import { causeOf } from '../kernel/errors.ts';
import { inTime } from '../kernel/in-time.ts';
import type { Logger } from '../kernel/logger.ts';
import { createAcks } from './acks.ts';
import type { Link } from './connection.ts';
import { backoff, pause, unlessAborted } from './pause.ts';
import type { Hand, Settle } from './settle.ts';
import { answer, Conflict, declareQueue, QUEUE_GONE_MS } from './topology.ts';

export interface ConsumerOptions {
  link: Link;
  queue: ConsumedQueue;
  settle: Settle;
  log: Logger;
  /** How long to wait before looking again at a queue that is in the way. Milliseconds. */
  conflictMs?: number;
}

export interface Consumer {
  start(): void;
  /** Takes nothing new, finishes and acknowledges what is in hand. Bounded. */
  stop(): Promise<void>;
  /** Why nothing is taken from the queue, where somebody has to mend it. */
  problem(): string | undefined;
}

const PREFETCH = 20;
const CONFLICT_MS = 30_000;
const PATIENCE_MS = 60_000;
const DRAIN_MS = 2000;
const GOODBYE_MS = 1000;
/** Of all three together: the connection is closed then, and what is still in hand comes again. */
const STOP_MS = 2500;

/** Takes one queue, on a channel of its own; a message is acknowledged when it is settled, never before. */
export function createConsumer({ link, queue, settle, log, conflictMs = CONFLICT_MS }: ConsumerOptions): Consumer {
  const stopping = new AbortController();
  let problem: string | undefined;
  let serving: Promise<void> | undefined;

  /** Takes messages until it is over, then finishes what is in hand. */
  const consume = async (channel: ConfirmChannel, gone: AbortController): Promise<void> => {
    const over = AbortSignal.any([gone.signal, stopping.signal]);
    setMaxListeners(2 * PREFETCH, over); // all in hand may wait for Postgres
    const acks = createAcks(channel, gone.signal);
    let inHand = 0;
    let emptied: () => void = () => undefined;
    const hand: Hand = {
      over,
      moreToCome: () => inHand < PREFETCH,
      // Without Postgres nothing is kept, and the message waits here. Given back, it would come again at once, until the
      // delivery limit buries it.
      again: (failures) => pause(backoff(failures), over),
    };
    const finish = async (message: ConsumeMessage) => {
      try {
        if (await settle(message, hand)) acks.done(message);
      } catch (error) {
        log.error(`[BROKER] ${queue.name}: ${causeOf(error)}`);
        gone.abort(); // with its channel what was not acknowledged is over, and comes again
      }
      inHand -= 1;
      if (inHand === 0) emptied();
    };
    const take = (message: ConsumeMessage | null) => {
      if (message === null) return gone.abort(); // the queue was deleted, or its node went away
      acks.came(message);
      inHand += 1;
      void finish(message);
    };
    const { consumerTag } = await answer(channel.consume(queue.name, take));
    problem = undefined;
    channel.on('error', (error: Error) => log.warn(`[BROKER] ${queue.name}: ${error.message}`));
    log.info(`[BROKER] consuming ${queue.name}`);
    await aborted(over);
    if (gone.signal.aborted) return;
    await inTime(channel.cancel(consumerTag), GOODBYE_MS, 'the broker');
    const drained = inHand === 0 ? Promise.resolve() : new Promise<void>((resolve) => (emptied = resolve));
    await inTime(drained, DRAIN_MS, 'the work in hand');
    acks.flush();
  };

  /** From the declaration to the end of the channel, or of the service. */
  const serve = async (channel: ConfirmChannel): Promise<void> => {
    const gone = new AbortController();
    channel.on('close', () => gone.abort());
    const declaring = declareQueue(channel, queue).then(() => answer(channel.prefetch(PREFETCH)));
    try {
      // A broker that says nothing now must not hold up the end of the service: nothing is in hand yet.
      await unlessAborted(declaring, stopping.signal);
      if (!stopping.signal.aborted) await consume(channel, gone);
    } finally {
      gone.abort(); // what is done from here on must not be acknowledged: its channel throws once it is being closed
      await leave(channel);
    }
  };

  const note = (error: unknown) => {
    if (!link.state().connected || stopping.signal.aborted) return; // that is the connection's to tell
    const text = error instanceof Conflict ? error.message : `${queue.name} is not consumed: ${causeOf(error)}`;
    if (text !== problem) log.error(`[BROKER] ${text}`);
    problem = text;
  };

  const run = async () => {
    for (let failures = 0; !stopping.signal.aborted; failures += 1) {
      let wait = backoff(failures);
      try {
        const channel = await link.channel(PATIENCE_MS);
        serving = serve(channel);
        await serving;
        failures = 0;
        if (link.state().connected) wait = QUEUE_GONE_MS;
      } catch (error) {
        note(error);
        if (error instanceof Conflict) wait = conflictMs * (0.8 + 0.2 * Math.random());
      } finally {
        serving = undefined;
      }
      await pause(wait, stopping.signal);
    }
  };

  return {
    start: () => void run(),
    async stop() {
      stopping.abort();
      await inTime(Promise.resolve(serving), STOP_MS, 'the broker').catch((error: unknown) =>
        log.warn(`[BROKER] ${queue.name} was left in haste: ${causeOf(error)}`),
      );
    },
    problem: () => (link.state().connected ? problem : undefined),
  };
}

/** Waits for the answer, for it comes after what was acknowledged before; one that is closed already has left. */
const leave = (channel: ConfirmChannel) =>
  inTime(channel.close(), GOODBYE_MS, 'the broker').catch(() => undefined);

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
