import type { ConfirmChannel, Message, Options } from 'amqplib';
import { inTime } from '../kernel/in-time.ts';
import type { Link } from './connection.ts';

export interface Envelope {
  exchange: string;
  routingKey: string;
  body: Buffer;
  /** `messageId` tells messages that are under way at once apart. */
  properties: Options.Publish & { messageId: string };
}

/** What the broker made of it: it has it safe, no queue takes it, or it could not keep it just now. */
export type Fate = 'taken' | 'returned' | 'refused';

export interface Sender {
  /** Resolves when the broker has answered. @throws Error when it has not: nobody knows then whether it took it. */
  send(envelope: Envelope): Promise<Fate>;
  /** Runs declarations on a channel of their own, since one that fails takes its channel along. */
  declare(work: (channel: ConfirmChannel) => Promise<void>): Promise<void>;
  /** The largest body the broker takes, as far as it has said so. Bytes. */
  maxBytes(): number;
  /** Waits for what is under way, `graceMs` at most; what was not confirmed then is sent again by the next process. */
  close(graceMs?: number): Promise<void>;
}

export interface SenderOptions {
  link: Link;
  /** Called when the channel is gone: what was declared may be gone as well. */
  onLost?: () => void;
  timeoutMs?: number;
}

const CONFIRM_MS = 10_000;
const GRACE_MS = 1500;
/** Short: the relay has a circuit of its own, and others wait behind it. */
const PATIENCE_MS = 1500;
const TOO_LARGE = /message size \d+ is larger than configured max size (\d+)/;

/** Publishes with confirms and `mandatory`, all over one channel, which keeps their order. */
export function createSender({ link, onLost = () => undefined, timeoutMs = CONFIRM_MS }: SenderOptions): Sender {
  const underWay = new Set<Promise<Fate>>();
  const giveUps = new Set<(error: Error) => void>();
  const returned = new Set<string>();
  let channel: Promise<ConfirmChannel> | undefined;
  let maxBytes = Infinity;

  const open = async (): Promise<ConfirmChannel> => {
    const fresh = await link.channel(PATIENCE_MS);
    // The broker returns a message before it confirms it.
    fresh.on('return', ({ fields, properties }: Message) => returned.add(idOf(fields, properties.messageId as string)));
    fresh.on('error', (error: Error) => (maxBytes = Number(TOO_LARGE.exec(error.message)?.[1] ?? maxBytes)));
    fresh.on('close', () => {
      channel = undefined;
      returned.clear();
      onLost();
    });
    return fresh;
  };

  const confirmed = (on: ConfirmChannel, { exchange, routingKey, body, properties }: Envelope): Promise<Fate> => {
    const id = idOf({ exchange, routingKey }, properties.messageId);
    returned.delete(id);
    return new Promise<Fate>((resolve, reject) => {
      giveUps.add(reject);
      const options = { persistent: true, mandatory: true, ...properties };
      on.publish(exchange, routingKey, body, options, (error: Error | null) => {
        giveUps.delete(reject);
        if (error === null) resolve(returned.delete(id) ? 'returned' : 'taken');
        else if (error.message === 'message nacked') resolve('refused');
        else reject(error);
      });
    });
  };

  const attempt = async (envelope: Envelope): Promise<Fate> => {
    const used = (channel ??= open());
    try {
      return await inTime(confirmed(await used, envelope), timeoutMs, 'the broker');
    } catch (error) {
      if (channel === used) {
        // Whatever was wrong with it, the next message gets a fresh one; closing this one may fail, it is given up.
        channel = undefined;
        used.then((old) => old.close()).catch(() => undefined);
      }
      throw error;
    }
  };

  return {
    send(envelope) {
      const work = attempt(envelope);
      underWay.add(work);
      return work.finally(() => underWay.delete(work));
    },
    async declare(work) {
      const own = await link.channel(PATIENCE_MS);
      try {
        await work(own);
      } finally {
        own.close().catch(() => undefined); // it is closed already when a declaration failed
      }
    },
    maxBytes: () => maxBytes,
    async close(graceMs = GRACE_MS) {
      await inTime(Promise.allSettled(underWay), graceMs, 'the broker').catch(() => undefined); // then given up
      for (const giveUp of giveUps) giveUp(new Error('the service ends'));
    },
  };
}

const idOf = ({ exchange, routingKey }: { exchange: string; routingKey: string }, messageId: string): string =>
  `${exchange} ${routingKey} ${messageId}`;
