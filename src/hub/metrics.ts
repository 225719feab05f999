import { Histogram, type Registry } from 'prom-client';
import { LATENCY_BUCKETS } from '../kernel/metrics.ts';

/** Times of the callback's answers: what a hub waits for. @returns takes the status and the seconds of one answer. */
export function callbackTimes(registry: Registry): (status: number, seconds: number) => void {
  const times = new Histogram({
    name: 'marketplace_callback_seconds',
    help: 'From a request at the callback to its answer, which comes after the commit.',
    labelNames: ['status'],
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  });
  return (status, seconds) => times.observe({ status }, seconds);
}
