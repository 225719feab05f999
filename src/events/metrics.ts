import { Counter, Histogram, type Registry } from 'prom-client';
import { LATENCY_BUCKETS } from '../kernel/metrics.ts';
import type { EventState } from './outcome.ts';
import type { SendResult } from './relay/types.ts';
import type { Destination } from './topic.ts';

export interface EventMetrics {
  /** One delivery came to its end; `topic` is undefined for one that nobody here takes. */
  settled(topic: string | undefined, state: EventState): void;
  /** One attempt of the relay for `destination` came to its end. */
  sent(kind: SendResult['kind'], seconds: number, destination: Destination): void;
}

/** Whatever name it came under: senders could make up as many as they like. */
const UNKNOWN_TOPIC = 'unknown';

/** Counts in plain memory what passes on the hot path; Prometheus's own bookkeeping is done when it asks. */
export function createEventMetrics(registry: Registry): EventMetrics {
  const counts = new Map<string, Map<EventState, number>>();
  new Counter({
    name: 'marketplace_events_total',
    help: 'Deliveries by topic and by what became of them, at this process since it started.',
    labelNames: ['topic', 'outcome'],
    registers: [registry],
    collect() {
      this.reset();
      for (const [topic, states] of counts) for (const [outcome, count] of states) this.inc({ topic, outcome }, count);
    },
  });
  const sends = new Histogram({
    name: 'marketplace_relay_send_seconds',
    help: 'One attempt to publish, by where and by what it came to: sent, dead, down, later, untaken.',
    labelNames: ['destination', 'result'],
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  });
  return {
    settled(topic = UNKNOWN_TOPIC, state) {
      let states = counts.get(topic);
      if (states === undefined) counts.set(topic, (states = new Map<EventState, number>()));
      states.set(state, (states.get(state) ?? 0) + 1);
    },
    sent: (result, seconds, destination) => sends.observe({ destination, result }, seconds),
  };
}
