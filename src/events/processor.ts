import { together, type Sql } from '../kernel/database.ts';
import type { Logger } from '../kernel/logger.ts';
import { nextEventIds, recordEvents, type Delivery, type EventRecord } from './event-log.ts';
import { contentHash, inboxId, readInbox, writeInbox, type InboxEntry, type InboxKey } from './inbox.ts';
import { conflictVerdict, verdictOf, type Outcome, type Verdict } from './outcome.ts';
import { applyWoken, park, readWaiting } from './parking.ts';
import { otherInside } from './in-organization.ts';
import type { Probe } from './probe.ts';
import type { AnySubscription, Registry } from './registry.ts';
import { openWork, type OpenWork } from './work.ts';

/** A delivery whose topic is known and whose payload is valid. */
export interface Prepared {
  delivery: Delivery;
  payload: unknown;
  subject?: string;
  /** Its place in the inbox; an event that only asks for something has none. */
  identity?: { id: string; key: InboxKey; hash: string };
}

export interface ProcessorOptions {
  registry: Registry;
  log: Logger;
  probe: Probe;
  clock: () => Date;
  parkTtlMs: number;
}

export function prepare(subscription: AnySubscription, delivery: Delivery, payload: unknown): Prepared {
  const { topic, subscriber } = subscription;
  const natural: string | undefined = topic.key(payload) ?? (delivery.deliveryId && `delivery:${delivery.deliveryId}`);
  const subject: string | undefined = topic.subject(payload);
  // What contradicts itself is told so, whatever came under its key before.
  if (natural === undefined || otherInside(payload) !== undefined) return { delivery, payload, subject };
  const key = { key: natural, topic: topic.name, subscriber, organization: delivery.organization };
  return { delivery, payload, subject, identity: { id: inboxId(key), key, hash: contentHash(topic.content(payload)) } };
}

/**
 * Takes events of one subscription through one transaction that the caller has begun and will commit: lock their
 * subjects, tell repeats from new ones, let the handler work on the new ones, keep every event with what became of
 * it. The order of writing is always inbox and events, then messages, then the rows that others wait for (stock).
 * @returns a verdict for each event, in their order.
 */
export async function processTogether(
  trx: Sql,
  subscription: AnySubscription,
  events: readonly Prepared[],
  options: ProcessorOptions & { locked: boolean },
): Promise<Verdict[]> {
  const work = openWork({ trx, now: options.clock(), traceId: events[0]?.delivery.traceId ?? '', log: options.log, locked: options.locked });
  const newRows = events.filter(({ delivery }) => delivery.kept === undefined).length;
  // One trip; inbox and picture are read when the locks are held, since statements run in the order they were issued.
  const [, ids, inbox, picture] = await together([
    lockSubjects(trx, events),
    nextEventIds(trx, newRows),
    readInbox(trx, keysOf(events)),
    'read' in subscription ? (subscription.read(events.map(({ payload }) => payload), work) as Promise<unknown>) : undefined,
  ]);
  options.probe('receive.locked');
  const eventIds = events.map(({ delivery }) => delivery.kept?.eventId ?? (ids.shift() as number));
  const verdicts = judgeRepeats(events, inbox);
  const fresh = events.map((_, index) => index).filter((index) => verdicts[index] === undefined);

  if (fresh.length === 1) work.causedBy(eventIds[fresh[0] as number] as number);
  const outcomes = await handle(subscription, events, fresh, eventIds, picture, work);
  options.probe('receive.handled');
  fresh.forEach((index, position) => (verdicts[index] = verdictOf(outcomes[position] as Outcome)));
  const settled = foldRepeats(events, verdicts);

  const entries = fresh.flatMap((index, position) =>
    entryOf(events[index] as Prepared, eventIds[index] as number, settled[index] as Verdict, outcomes[position] as Outcome),
  );
  const records = events.map((event, index) => recordOf(subscription, event, eventIds[index] as number, settled[index] as Verdict));
  const parking = fresh.flatMap((index, position) => {
    const [outcome, event] = [outcomes[position] as Outcome, events[index] as Prepared];
    return outcome.kind === 'parked' ? [{ outcome, topic: subscription.topic.name, eventId: eventIds[index] as number, ...event }] : [];
  });
  // Again one trip: inbox, events and parking, then the handler's rows and messages, then what others wait for.
  const [, , , , waiting] = await together([
    writeInbox(trx, entries),
    recordEvents(trx, records),
    together(parking.map((event) => park(trx, event, options.parkTtlMs))),
    work.flush(),
    readWaiting(trx, [...work.wakeKeys]),
  ]);
  options.probe('receive.recorded');
  await applyWoken(work, waiting, options);
  options.probe('receive.before-commit');
  return settled;
}

/** Whatever is said about one subject goes one after another; sorted, so that two batches cannot wait in a circle. */
export async function lockSubjects(trx: Sql, events: ReadonlyArray<{ subject?: string }>): Promise<void> {
  const subjects = events.flatMap(({ subject }) => subject ?? []);
  if (subjects.length === 0) return;
  await trx.rows(
    `SELECT pg_advisory_xact_lock(lock) FROM (
       SELECT DISTINCT hashtextextended(subject, 0) AS lock FROM unnest($1::text[]) AS subject ORDER BY 1) AS sorted`,
    [subjects],
  );
}

const keysOf = (events: readonly Prepared[]): InboxKey[] => events.flatMap(({ identity }) => identity?.key ?? []);

/** What the inbox already says of each event; undefined for those to be handled (a repeat within the batch is not). */
function judgeRepeats(events: readonly Prepared[], inbox: Map<string, InboxEntry>): Array<Verdict | undefined> {
  const inBatch = new Set<string>();
  return events.map(({ identity }) => {
    if (identity === undefined) return undefined;
    const seen = inbox.get(identity.id);
    if (seen?.contentHash === identity.hash) return { state: 'repeat', answer: seen.answer, replay: true };
    if (seen !== undefined && seen.outcome !== 'refused') return conflictVerdict(identity.key.key);
    if (inBatch.has(identity.id)) return { state: 'repeat', answer: null, replay: true }; // its answer comes in foldRepeats
    inBatch.add(identity.id);
    return undefined;
  });
}

/** Gives each repeat within the batch the answer of the one that was handled. */
function foldRepeats(events: readonly Prepared[], verdicts: ReadonlyArray<Verdict | undefined>): Verdict[] {
  const first = new Map<string, Verdict>();
  return verdicts.map((verdict, index) => {
    if (verdict === undefined) throw new Error('an event was left without a verdict');
    const id = events[index]?.identity?.id;
    if (id === undefined) return verdict;
    const handled = first.get(id);
    if (handled !== undefined && verdict.replay) return { ...verdict, answer: handled.answer };
    if (!verdict.replay) first.set(id, verdict);
    return verdict;
  });
}

async function handle(
  subscription: AnySubscription,
  events: readonly Prepared[],
  fresh: readonly number[],
  eventIds: readonly number[],
  picture: unknown,
  work: OpenWork,
): Promise<Outcome[]> {
  if (fresh.length === 0) return [];
  if ('handle' in subscription) {
    const outcomes: Outcome[] = [];
    for (const index of fresh) outcomes.push(await subscription.handle((events[index] as Prepared).payload, work));
    return outcomes;
  }
  const received = fresh.map((index) => {
    const { payload, delivery } = events[index] as Prepared;
    return { payload, eventId: eventIds[index] as number, traceId: delivery.traceId };
  });
  const outcomes = subscription.handleBatch(received, picture, work);
  if (outcomes.length !== fresh.length) throw new Error(`${subscription.topic.name}: ${fresh.length} events, ${outcomes.length} outcomes`);
  return outcomes;
}

const recordOf = (subscription: AnySubscription, event: Prepared, eventId: number, verdict: Verdict): EventRecord => ({
  delivery: event.delivery,
  eventId,
  topic: subscription.topic.name,
  subject: event.subject,
  verdict,
});

function entryOf(event: Prepared, eventId: number, verdict: Verdict, outcome: Outcome): InboxEntry[] {
  if (event.identity === undefined || (outcome.kind === 'refused' && outcome.forNow)) return [];
  const { key, hash } = event.identity;
  return [{ ...key, contentHash: hash, outcome: verdict.state, answer: verdict.answer, eventId }];
}
