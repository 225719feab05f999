import { collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

/** Seconds, from a hot callback's single milliseconds to an answer that waited for another system. */
export const LATENCY_BUCKETS = [0.002, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Often enough to see a blocked event loop, seldom enough not to be one of its burdens. */
const LOOP_DELAY_RESOLUTION_MS = 20;

/** What this process tells Prometheus; each part of it adds its own. One a service: several can share a process. */
export function createMetrics(version: string): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: LOOP_DELAY_RESOLUTION_MS });
  new Gauge({
    name: 'marketplace_build_info',
    help: 'Always 1; its labels say what runs.',
    labelNames: ['version', 'node'],
    registers: [registry],
  }).set({ version, node: process.version }, 1);
  return registry;
}

const METHODS = new Set(['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS']);

/** One answer over REST. `path` is the template of its endpoint, undefined for addresses that nobody serves. */
export type RestAnswered = (method: string, path: string | undefined, status: number, seconds: number) => void;

/** Times of REST answers. Only templates become labels: what callers make up must not make a series each. */
export function restTimes(registry: Registry): RestAnswered {
  const times = new Histogram({
    name: 'marketplace_http_seconds',
    help: 'From a request to the end of its answer, by endpoint.',
    labelNames: ['method', 'path', 'status'],
    buckets: LATENCY_BUCKETS,
    registers: [registry],
  });
  return (method, path = 'other', status, seconds) =>
    times.observe(
      { method: METHODS.has(method) ? method : 'OTHER', path, status: `${Math.floor(status / 100)}xx` },
      seconds,
    );
}
