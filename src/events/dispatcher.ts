import { isConnectionError, isRefusedAsItIs, lostARace, type Database, type Sql } from '../kernel/database.ts';
import { causeOf } from '../kernel/errors.ts';
import { retryAt } from './backoff.ts';
import { createBatcher, type Batchable, type Batcher } from './batcher.ts';
import { keepRepeats } from './repeats.ts';
import { createTurns } from './turns.ts';
import { nextEventIds, recordEvents, type Delivery } from './event-log.ts';
import { createLane, type Lane } from './lane.ts';
import type { EventMetrics } from './metrics.ts';
import { failedVerdict, invalidVerdict, unknownVerdict, type Verdict } from './outcome.ts';
import { processTogether, type Prepared, type ProcessorOptions } from './processor.ts';
import { readDelivery } from './read-delivery.ts';
import type { AnySubscription, BatchSubscription } from './registry.ts';
import { StaleRead } from './work.ts';

export interface Dispatcher {
  /**
   * Takes one delivery to its end. Resolves after its own COMMIT; `failed` means it was not applied (and was kept as
   * such, if the database could be reached). Never rejects.
   */
  receive(delivery: Delivery): Promise<Verdict>;
  /** Resolves when no event is being worked on. */
  drain(): Promise<void>;
  close(): Promise<void>;
}

interface Waiting extends Prepared, Omit<Batchable, 'identity'> {
  kind: BatchSubscription<unknown>;
  resolve: (verdict: Verdict) => void;
}

const LANES = 2; // a third connection gave nothing on two cores
const LANES_OF_A_QUEUE = 1; // its prefetch is one batch; a second would split it in two
const BATCH_MAX = 128;

export interface DispatcherOptions extends ProcessorOptions {
  /** Left out where nobody watches. */
  metrics?: Pick<EventMetrics, 'settled'>;
}

type Run = <T>(work: (trx: Sql) => Promise<T>) => Promise<T>;

export function createDispatcher(database: Database, options: DispatcherOptions): Dispatcher {
  const lanes: Lane[] = []; // of all batchers; a connection serves one batcher only
  /** One a subscription, but one for all that come out of the same queue: they may be about the same rows. */
  const batchers = new Map<AnySubscription | string, Batcher<Waiting>>();
  /** Those whose last batch were mostly repeats: a sender says all again after a loss, and then for a while. */
  const repeating = new Set<AnySubscription>();
  const turns = createTurns();
  const running = new Set<Promise<unknown>>();
  const onPool: Run = (work) => database.transaction('system', work);

  const process = async (run: Run, subscription: AnySubscription, events: readonly Prepared[]): Promise<Verdict[]> => {
    options.probe('receive.before-transaction');
    const attempt = (locked: boolean) => run((trx) => processTogether(trx, subscription, events, { ...options, locked }));
    const verdicts = await attempt(false).catch((error: unknown) => {
      if (error instanceof StaleRead || lostARace(error)) return attempt(true); // with locks from the start
      throw error;
    });
    options.probe('receive.after-commit');
    return verdicts;
  };

  const processOne = async (subscription: AnySubscription, event: Prepared): Promise<Verdict> => {
    const slots = 'handle' in subscription ? subscription.slots : undefined;
    const attempt = () => process(onPool, subscription, [event]);
    try {
      const [verdict] = await (slots ? slots.execute(attempt) : attempt());
      return verdict as Verdict;
    } catch (error) {
      return keepFailed(subscription, event, error);
    }
  };

  /** Where most of the last batch were repeats, the next ones are asked first. @returns those that are none. */
  const settleRepeats = async (subscription: AnySubscription, batch: Waiting[], lane: Lane): Promise<Waiting[]> => {
    const known = await lane
      .statement((sql) => keepRepeats(sql, subscription, batch))
      .catch(() => new Map<number, Verdict>()); // what is wrong shows when they are handled
    if (!isMostly(known.size, batch)) repeating.delete(subscription);
    for (const [index, verdict] of known) batch[index]?.resolve(verdict);
    return batch.filter((_, index) => !known.has(index));
  };

  /** One statement that fails fails its batch; so each event gets its own try, and only the guilty one fails. */
  const processBatch = async (subscription: AnySubscription, arrived: Waiting[], lane: Lane): Promise<void> => {
    const batch = repeating.has(subscription) ? await settleRepeats(subscription, arrived, lane) : arrived;
    if (batch.length === 0) return;
    try {
      const verdicts = await process((work) => lane.transaction(work), subscription, batch);
      if (isMostly(verdicts.filter(({ replay }) => replay).length, batch)) repeating.add(subscription);
      batch.forEach((event, index) => event.resolve(verdicts[index] as Verdict));
    } catch (error) {
      if (batch.length === 1 || isConnectionError(error)) {
        await Promise.all(batch.map(async (event) => event.resolve(await keepFailed(subscription, event, error))));
      } else for (const event of batch) event.resolve(await processOne(subscription, event));
    }
  };

  const keep = async (delivery: Delivery, topic: string, subject: string | undefined, verdict: Verdict, cause?: string) => {
    const nextAttemptAt = verdict.state === 'failed' ? retryAt(options.clock(), delivery.kept?.attempts ?? 0) : undefined;
    await onPool(async (trx) => {
      const [eventId] = delivery.kept ? [delivery.kept.eventId] : await nextEventIds(trx, 1);
      await recordEvents(trx, [{ delivery, eventId: eventId as number, topic, subject, verdict, cause, nextAttemptAt }]);
    });
    return verdict;
  };

  const keepFailed = (subscription: AnySubscription, { delivery, subject }: Prepared, error: unknown): Promise<Verdict> => {
    options.log.error(`[EVENT FAILED] ${subscription.topic.name} ${subject ?? ''}: ${causeOf(error)}`, { traceId: delivery.traceId });
    return keep(delivery, subscription.topic.name, subject, failedVerdict, causeOf(error)).catch((lost: unknown) => unkept(delivery, lost));
  };

  /** Postgres is away, or short of something: later it will be kept. What it refuses for itself never will. */
  const unkept = (delivery: Delivery, error: unknown): Verdict => {
    options.log.error(`[EVENT NOT KEPT] ${delivery.receivedTopic}: ${causeOf(error)}`, { traceId: delivery.traceId });
    return { ...failedVerdict, ...(isRefusedAsItIs(error) ? { undeliverable: true } : { unkept: true }) };
  };

  const untilKept = async (delivery: Delivery, attempt: () => Promise<Verdict>): Promise<Verdict> => {
    for (let failures = 0; ; failures += 1) {
      let verdict: Verdict;
      try {
        verdict = await attempt();
      } catch (error) {
        verdict = unkept(delivery, error);
      }
      if (!verdict.unkept || !(await delivery.again?.(failures))) return verdict;
    }
  };

  const batcherOf = (subscription: BatchSubscription<unknown>): Batcher<Waiting> => {
    const { queue } = subscription;
    const source = queue ?? subscription;
    let batcher = batchers.get(source);
    if (batcher === undefined) {
      const count = queue === undefined ? LANES : LANES_OF_A_QUEUE;
      const own = Array.from({ length: count }, () => createLane(database));
      lanes.push(...own);
      batcher = createBatcher<Waiting>({
        lanes: count,
        max: BATCH_MAX,
        run: (batch, lane) => processBatch((batch[0] as Waiting).kind, batch, own[lane] as Lane),
      });
      batchers.set(source, batcher);
    }
    return batcher;
  };

  const accept = (delivery: Delivery): Promise<Verdict> => {
    const subscription = options.registry.find(delivery.subscriber, delivery.receivedTopic);
    if (subscription === undefined) {
      return keep(delivery, delivery.receivedTopic, undefined, unknownVerdict(delivery.receivedTopic));
    }
    const event = readDelivery(subscription, delivery);
    if ('problems' in event) return keep(delivery, subscription.topic.name, event.subject, invalidVerdict(event.problems));
    if ('handle' in subscription) {
      // What came before it out of the same queue may be about the same subject, and is not held back behind it.
      if (subscription.queue !== undefined) batchers.get(subscription.queue)?.hurry();
      return turns.take(event.subject, () => untilKept(delivery, () => processOne(subscription, event)));
    }
    const { payload, subject, identity } = event;
    const { moreToCome } = delivery;
    const touches = subject === undefined ? subscription.touches(payload) : [...subscription.touches(payload), subject];
    return new Promise((resolve) =>
      batcherOf(subscription).push({ kind: subscription, delivery, payload, subject, identity, touches, resolve, moreToCome }),
    );
  };

  const topicOf = ({ subscriber, receivedTopic }: Delivery): string | undefined =>
    options.registry.find(subscriber, receivedTopic)?.topic.name;

  return {
    receive(delivery) {
      const work = untilKept(delivery, () => accept(delivery)).then((verdict) => {
        options.metrics?.settled(topicOf(delivery), verdict.state);
        running.delete(work);
        return verdict;
      });
      running.add(work);
      return work;
    },
    drain: async () => {
      while (running.size > 0) await Promise.allSettled(running);
    },
    close: async () => {
      await Promise.all(lanes.map((lane) => lane.close()));
    },
  };
}

const isMostly = (some: number, all: readonly unknown[]): boolean => some * 2 > all.length;
