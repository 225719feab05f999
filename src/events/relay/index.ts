import { randomUUID } from 'node:crypto';
import { setTimeout as sleepFor } from 'node:timers/promises';
import { causeOf } from '../../kernel/errors.ts';
import { OUTBOX_CHANNEL } from '../outbox.ts';
import { createCircuit } from './circuit.ts';
import { createHolds } from './holds.ts';
import { createLanes, type Lane, type Queued } from './lanes.ts';
import { createSignal } from './signal.ts';
import { createSlots, HEARTBEAT_MS } from './slots.ts';
import { loadPending, setAsleep, settle, type Outgoing } from './store.ts';
import type { Relay, RelayOptions, RelayState, SendResult } from './types.ts';

export type { Outgoing } from './store.ts';
export type { Relay, RelayOptions, SendResult, Transport } from './types.ts';

const PAGE = 2000;
const POLL_MS = 500;
const AWAKE_POLL_MS = 100;
const PACE_MS = 10;
const LOW_WATER = 512;
const PAUSE_AFTER_LAST_PAGE_MS = 20;
const MOST_REST_MS = 2000;
const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 30_000;

/**
 * Publishes the outbox at least once, in order per key, different keys at once. It holds no lock and no transaction
 * while a message is on its way: what may be sent is decided by leased slots, what was sent is written down after.
 */
export function createRelay({ database, notifications, transport, log, probe, metrics }: RelayOptions): Relay {
  const { concurrency = 64 } = transport;
  const relayId = randomUUID();
  const circuit = createCircuit();
  const holds = createHolds();
  const state = (): RelayState => {
    const [whole, topic] = [circuit.state(), holds.state()];
    const held = whole.openUntil === undefined && topic.openUntil !== undefined;
    return { ...(held ? topic : whole), held };
  };
  const slots = createSlots(database, transport.destination, relayId);
  const signal = createSignal();
  const lanes = createLanes();
  let inFlight = 0;
  let nextLoadAt = 0;
  let stopping = false;
  let heartbeat: NodeJS.Timeout | undefined;
  let loop: Promise<void> = Promise.resolve();

  notifications.on(OUTBOX_CHANNEL, (destination) => {
    if (destination === undefined || destination === transport.destination) signal.raise();
  });

  const renew = () => slots.renew(lanes.isBusy, state());
  const beatNow = () =>
    renew()
      .catch((error: unknown) => log.warn(`[RELAY] cannot renew its leases: ${causeOf(error)}`))
      .then(signal.raise);
  const beat = async () => {
    await beatNow();
    if (!stopping) heartbeat = setTimeout(() => void beat(), HEARTBEAT_MS);
  };

  const load = async (): Promise<number> => {
    const [begun, heldTopics] = [Date.now(), holds.topics()];
    const messages = await loadPending(database, transport.destination, {
      slots: slots.loadable(), busyKeys: lanes.keys(), heldTopics, limit: PAGE,
    });
    // Each look reads all that is held, and that may have gathered for months: a fifth of the time at most.
    const restMs = heldTopics.length === 0 ? 0 : Math.min(MOST_REST_MS, 4 * (Date.now() - begun));
    // A page that is not full was all there is for now; every look passes over what is being worked on.
    nextLoadAt = messages.length < PAGE ? Date.now() + Math.max(PAUSE_AFTER_LAST_PAGE_MS, restMs) : 0;
    lanes.add(messages);
    dispatch();
    return messages.length;
  };

  const dispatch = () => {
    for (let allowance = stopping ? 0 : circuit.allowance(inFlight, concurrency); allowance > 0; ) {
      const lane = lanes.next();
      if (lane === undefined) return;
      const message = lane.queue[0] as Queued;
      if (!slots.holds(lane.slot)) lanes.drop(lane);
      else if (message.expiresAt !== undefined && message.expiresAt <= Date.now()) lanes.finished(lane, 'expired');
      else if (!holds.mayStart(message.topic)) lanes.drop(lane);
      else {
        void send(lane, message);
        allowance -= 1;
      }
    }
  };

  const send = async (lane: Lane, message: Outgoing) => {
    inFlight += 1;
    probe('relay.before-send');
    const begun = performance.now();
    const result = await transport.send(message).catch((error: unknown): SendResult => ({ kind: 'down', cause: causeOf(error) }));
    metrics.sent(result.kind, (performance.now() - begun) / 1000, transport.destination);
    if (result.kind === 'sent' || result.kind === 'dead') probe('relay.sent');
    inFlight -= 1;
    if (result.kind !== 'untaken' && holds.over(message.topic, result.kind === 'sent')) void beatNow();
    if (result.kind === 'down') waitForAll(lane, result);
    else if (result.kind === 'later') retryLater(lane, result);
    else {
      const wasOpen = circuit.state().openUntil !== undefined;
      circuit.success();
      if (wasOpen) void beatNow(); // closed again: tell the other instances at once
      if (result.kind === 'sent') lanes.finished(lane, 'published');
      else if (result.kind === 'untaken') hold(lane, message, result.cause);
      else {
        lanes.finished(lane, 'dead', result.cause);
        log.error(`[RELAY] ${message.topic} ${message.id} can never be delivered: ${result.cause}`);
      }
    }
    dispatch();
    signal.raise();
  };

  type InVain = Extract<SendResult, { kind: 'down' | 'later' }>;

  const waitForAll = (lane: Lane, { cause, retryAfterMs }: InVain) => {
    const { openUntil, cause: before } = circuit.state();
    circuit.failure(cause, retryAfterMs);
    if (cause !== before) log.warn(`[RELAY] ${transport.destination} does not take messages: ${cause}; waiting`);
    if (openUntil === undefined || openUntil <= Date.now()) void beatNow(); // it opens, or opens again after a vain probe
    retryLater(lane, { kind: 'down', cause });
  };

  const hold = (lane: Lane, { topic }: Outgoing, cause: string) => {
    const found = holds.untaken(topic, cause);
    if (found === 'new') log.warn(`[RELAY] ${transport.destination}: ${cause}; ${topic} waits`);
    if (found !== 'known') void beatNow();
    lanes.putBack(lane, cause);
  };

  const retryLater = (lane: Lane, { cause, retryAfterMs = 0 }: InVain) => {
    const backoff = Math.random() * Math.min(LONGEST_RETRY_MS, FIRST_RETRY_MS * 2 ** Math.min(lane.failures, 12));
    // No longer than that: whoever takes its slot over meanwhile has to find it soon.
    const delay = Math.max(backoff, Math.min(LONGEST_RETRY_MS, retryAfterMs));
    lanes.later(lane, delay, cause);
    // By a clock of its own: the loop may be waiting for Postgres just then, to write down what was sent before.
    // A millisecond more since it counts whole ones, and another since a timer may fire that much too early.
    setTimeout(dispatch, Math.max(delay, circuit.wait()) + 2).unref();
  };

  const writeDown = async () => {
    const settlements = lanes.takeSettlements();
    if (settlements.length === 0) return;
    try {
      await settle(database, settlements);
    } catch (error) {
      lanes.unwritten(settlements);
      throw error;
    }
    probe('relay.settled');
    lanes.written(settlements);
  };

  const turn = async () => {
    // By lanes, not by messages: one key with a long queue must not keep the others from being loaded.
    const wantsMore = lanes.ready < LOW_WATER && circuit.wait() === 0 && Date.now() >= nextLoadAt;
    const [loaded] = await Promise.all([wantsMore ? load() : 0, writeDown()]);
    dispatch();
    if (lanes.size === 0 && loaded === 0) await sleep();
    else {
      await signal.wait(AWAKE_POLL_MS);
      // Sends start one another; what they come to is written down many at a time.
      if (inFlight > 0) await sleepFor(PACE_MS);
    }
  };

  const sleep = async () => {
    await setAsleep(database, relayId, true);
    // What was committed before the flag was seen is found by this look; what comes after sends a NOTIFY. It looks
    // again now and then all the same: a notice may be missed while its connection is renewed.
    while (!stopping && (await load()) === 0) {
      await signal.wait(POLL_MS);
      if (!stopping && holds.topics().length > 0) await sleepFor(Math.max(0, nextLoadAt - Date.now()));
    }
    await setAsleep(database, relayId, false);
  };

  const finish = async () => {
    await writeDown();
    if (inFlight > 0) await signal.wait(AWAKE_POLL_MS);
  };

  const run = async () => {
    while (!stopping || inFlight > 0 || lanes.unwrittenCount > 0) {
      try {
        await (stopping ? finish() : turn());
      } catch (error) {
        log.warn(`[RELAY] ${causeOf(error)}; trying again`);
        if (stopping && inFlight === 0) return; // what is not written down is sent once more by the next relay
        await signal.wait(POLL_MS);
      }
    }
  };

  return {
    async start() {
      await renew();
      heartbeat = setTimeout(() => void beat(), HEARTBEAT_MS);
      loop = run();
    },
    async stop() {
      stopping = true;
      signal.raise();
      await loop;
      clearTimeout(heartbeat);
      await slots.release().catch((error: unknown) => log.warn(`[RELAY] slots are left to expire: ${causeOf(error)}`));
    },
    state,
  };
}
