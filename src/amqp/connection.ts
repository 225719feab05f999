import type { Duplex } from 'node:stream';
import { connect, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { causeOf } from '../kernel/errors.ts';
import { inTime } from '../kernel/in-time.ts';
import type { Logger } from '../kernel/logger.ts';
import { backoff, pause } from './pause.ts';

export interface LinkOptions {
  /** `amqp://` or `amqps://`, with the credentials; they are shown nowhere. */
  url: string;
  /** What it is for; the broker lists the connection under it. */
  name: string;
  log: Logger;
}

/** One connection that is kept open: whoever loses a channel asks for another. */
export interface Link {
  start(): void;
  /** A channel of one's own, with confirms. @throws Error when none is to be had in `patienceMs`, or after `close`. */
  channel(patienceMs: number): Promise<ConfirmChannel>;
  state(): { connected: boolean; cause?: string };
  /** Bounded, whatever the broker does. */
  close(): Promise<void>;
}

const CONNECT_MS = 5000;
const CLOSE_MS = 1000;
const HEARTBEAT_S = 10;
/** A connection that ends sooner counts as one more failure, so that a broker that drops us at once is not hammered. */
const STEADY_MS = 5000;

type Waiter = { resolve: (model: ChannelModel) => void; reject: (error: Error) => void };

/** Connects, and connects again for as long as it is not closed. No wait here depends on the broker alone. */
export function createLink({ url, name, log }: LinkOptions): Link {
  const address = new URL(url);
  if (!address.searchParams.has('heartbeat')) address.searchParams.set('heartbeat', String(HEARTBEAT_S));
  const closing = new AbortController();
  const waiters = new Set<Waiter>();
  let model: ChannelModel | undefined;
  let cause: string | undefined;

  const attempt = async (): Promise<ChannelModel> => {
    const clientProperties = { connection_name: `marketplace-service ${name}` };
    const connecting = connect(address.href, { noDelay: true, timeout: CONNECT_MS, clientProperties });
    return inTime(connecting, CONNECT_MS, 'the broker').catch((error: unknown) => {
      connecting.then(destroy, () => undefined); // one that comes too late is not kept; that it failed is told already
      throw error;
    });
  };

  /** Serves one connection from its opening to its end. @returns why it ended. */
  const serve = async (fresh: ChannelModel): Promise<string> => {
    const ended = endOf(fresh);
    model = fresh;
    cause = undefined;
    log.info(`[BROKER] connected, ${name}`);
    for (const { resolve } of waiters) resolve(fresh);
    try {
      return await ended;
    } finally {
      model = undefined;
      destroy(fresh);
    }
  };

  const keepOpen = async () => {
    for (let failures = 0; !closing.signal.aborted; failures += 1) {
      const begun = performance.now();
      try {
        const fresh = await attempt();
        if (closing.signal.aborted) return destroy(fresh);
        cause = await serve(fresh);
        if (performance.now() - begun > STEADY_MS) failures = 0;
        if (!closing.signal.aborted) log.warn(`[BROKER] connection lost, ${name}: ${cause}`);
      } catch (error) {
        if (cause !== causeOf(error)) log.warn(`[BROKER] no connection, ${name}: ${causeOf(error)}; trying again`);
        cause = causeOf(error);
      }
      await pause(backoff(failures), closing.signal);
    }
  };

  const opened = (patienceMs: number): Promise<ChannelModel> => {
    if (model) return Promise.resolve(model);
    if (closing.signal.aborted) return Promise.reject(new Error('the connection to the broker was closed'));
    let waiter: Waiter | undefined;
    const coming = new Promise<ChannelModel>((resolve, reject) => waiters.add((waiter = { resolve, reject })));
    return inTime(coming, patienceMs, 'the broker')
      .catch((error: unknown) => Promise.reject(new Error(cause ?? causeOf(error))))
      .finally(() => waiter && waiters.delete(waiter));
  };

  return {
    start: () => void keepOpen(),
    async channel(patienceMs) {
      const open = await opened(patienceMs);
      try {
        const channel = await inTime(open.createConfirmChannel(), CONNECT_MS, 'the broker');
        channel.on('error', () => undefined); // a close follows, and that is what ends it
        return channel;
      } catch (error) {
        destroy(open); // a broker that opens no channel is no longer there
        throw error;
      }
    },
    state: () => (model ? { connected: true } : { connected: false, cause }),
    async close() {
      closing.abort();
      for (const { reject } of waiters) reject(new Error('the connection to the broker was closed'));
      const last = model;
      if (last === undefined) return;
      await inTime(last.close(), CLOSE_MS, 'the broker').catch(() => undefined); // then it is cut
      destroy(last);
    },
  };
}

/** Both events lead here, whichever comes first. */
const endOf = (model: ChannelModel): Promise<string> =>
  new Promise((resolve) => {
    model.on('error', (error: Error) => resolve(error.message));
    model.on('close', (error?: Error) => resolve(error?.message ?? 'closed'));
  });

/**
 * With an error, since the library hears of a socket's end by its events: cut without one, it would leave every
 * promise of that connection's channels open for ever.
 */
function destroy(model: ChannelModel): void {
  model.on('error', () => undefined); // that one is told as well, and thrown where nobody listens, as to one never served
  const { stream } = model.connection as unknown as { stream: Duplex };
  stream.destroy(new Error('the connection to the broker was cut'));
}
