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
  /**
   * Waits for what is under way, `graceMs` at most, and takes nothing more; what was not confirmed then is sent again
   * by the next process.
   */
  close(graceMs?: number): Promise<void>;
}

export interface SenderOptions {
  link: Link;
  /** Called when the channel is gone: what was declared may be gone as well. */
  onLost?: () => void;
  timeoutMs?: number;
}

/** A channel, and which of its messages no queue took; an older one's last words say nothing of its successor. */
interface Line {
  channel: ConfirmChannel;
  returned: Set<string>;
}

const CONFIRM_MS = 10_000;
const GRACE_MS = 1000;
/** Short: the relay has a circuit of its own, and others wait behind it. */
const PATIENCE_MS = 1500;
const TOO_LARGE = /message size \d+ is larger than configured max size (\d+)/;

/** Publishes with confirms and `mandatory`, all over one channel, which keeps their order. */
export function createSender({ link, onLost = () => undefined, timeoutMs = CONFIRM_MS }: SenderOptions): Sender {
  /** What is under way, and how to give it up. */
  const underWay = new Map<Promise<unknown>, (error: Error) => void>();
  let line: Promise<Line> | undefined;
  let maxBytes = Infinity;
  let ended = false;

  const unlessEnded = async <T>(begin: () => Promise<T>): Promise<T> => {
    if (ended) throw new Error('the service ends');
    const work = begin();
    const orGivenUp = new Promise<T>((resolve, reject) => {
      underWay.set(work, reject);
      work.then(resolve, reject);
    });
    return orGivenUp.finally(() => underWay.delete(work));
  };

  const lose = (lost: Promise<Line>) => {
    if (line !== lost) return;
    line = undefined;
    onLost();
  };

  const open = (): Promise<Line> => {
    const opening = link.channel(PATIENCE_MS).then((channel): Line => {
      const returned = new Set<string>();
      // The broker returns a message before it confirms it.
      channel.on('return', ({ fields, properties }: Message) => returned.add(idOf(fields, properties.messageId as string)));
      channel.on('error', (error: Error) => (maxBytes = Number(TOO_LARGE.exec(error.message)?.[1] ?? maxBytes)));
      channel.on('close', () => lose(opening));
      return { channel, returned };
    });
    return opening;
  };

  const attempt = async (envelope: Envelope): Promise<Fate> => {
    const used = (line ??= open());
    try {
      return await inTime(confirmed(await used, envelope), timeoutMs, 'the broker');
    } catch (error) {
      // Whatever was wrong with it, the next message gets a fresh one; closing this one may fail, it is given up.
      if (line === used) used.then(({ channel }) => channel.close()).catch(() => undefined);
      lose(used);
      throw error;
    }
  };

  return {
    send: (envelope) => unlessEnded(() => attempt(envelope)),
    declare: (work) =>
      unlessEnded(async () => {
        const own = await link.channel(PATIENCE_MS);
        try {
          await work(own);
        } finally {
          own.close().catch(() => undefined); // it is closed already when a declaration failed
        }
      }),
    maxBytes: () => maxBytes,
    async close(graceMs = GRACE_MS) {
      await inTime(Promise.allSettled(underWay.keys()), graceMs, 'the broker').catch(() => undefined); // then given up
      ended = true;
      for (const giveUp of underWay.values()) giveUp(new Error('the service ends'));
    },
  };
}

function confirmed({ channel, returned }: Line, { exchange, routingKey, body, properties }: Envelope): Promise<Fate> {
  const id = idOf({ exchange, routingKey }, properties.messageId);
  returned.delete(id);
  return new Promise<Fate>((resolve, reject) => {
    const options = { persistent: true, mandatory: true, ...properties };
    channel.publish(exchange, routingKey, body, options, (error: Error | null) => {
      if (error === null) resolve(returned.delete(id) ? 'returned' : 'taken');
      else if (error.message === 'message nacked') resolve('refused');
      else reject(error);
    });
  });
}

const idOf = ({ exchange, routingKey }: { exchange: string; routingKey: string }, messageId: string): string =>
  `${exchange} ${routingKey} ${messageId}`;
