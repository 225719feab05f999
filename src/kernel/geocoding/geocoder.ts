import {
  circuitBreaker,
  CircuitState,
  ConsecutiveBreaker,
  ExponentialBackoff,
  halfJitterGenerator,
  handleAll,
} from 'cockatiel';
import { LRUCache } from 'lru-cache';
import { causeOf } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { plain } from './names.ts';
import { createOfflineLocator } from './offline.ts';
import { createProvider, lineOf, type ProviderOptions, type Verdict } from './provider.ts';
import type { Address, Geocoder } from './types.ts';

export interface GeocoderOptions extends Pick<ProviderOptions, 'url' | 'timeoutMs'> {
  /** The provider's key; without one, only what the service knows by heart. */
  key?: string;
  log: Logger;
  /** How long the provider is left alone after it failed three times in a row, at first; then longer each time. */
  pauseMs?: number;
}

const FAILURES_TO_OPEN = 3;
const PAUSE_MS = 10_000;
const LONGEST_PAUSE_MS = 5 * 60_000;
const MAX_ANSWERS = 5000;
const FOUND_TTL_MS = 24 * 3_600_000;
/** Maps learn, and people correct themselves. */
const NOT_FOUND_TTL_MS = 10 * 60_000;

/** The provider when its key is set, and the offline locator without one or whenever the provider fails. */
export function createGeocoder({ key, ...options }: GeocoderOptions): Geocoder {
  const offline = createOfflineLocator();
  if (key === undefined) return offline;
  const ask = remembering(throughCircuit(createProvider({ key, ...options }), options));
  return {
    async locate(address) {
      if (!address.ciudad?.trim()) return undefined; // a street or a province alone is everywhere and nowhere
      try {
        const verdict = await ask(address);
        if (verdict.kind !== 'refused') return verdict.kind === 'found' ? { ...verdict.place } : undefined;
      } catch {
        // The circuit tells the operator. An approximate place is better than none, and nobody is kept waiting.
      }
      return offline.locate(address);
    },
  };
}

type Ask = (address: Address) => Promise<Verdict>;

/** Answers by address. Those who ask the same at the same moment share one question; failures are not remembered. */
function remembering(ask: Ask): Ask {
  const answers = new LRUCache<string, Verdict, Address>({
    max: MAX_ANSWERS,
    ttl: NOT_FOUND_TTL_MS,
    async fetchMethod(_line, _stale, { options, context }) {
      const verdict = await ask(context);
      if (verdict.kind === 'found') options.ttl = FOUND_TTL_MS;
      return verdict;
    },
  });
  return (address) => answers.forceFetch(plain(lineOf(address)), { context: address });
}

/** Leaves a provider that fails alone for a while, then tries with one question while the others go without. */
function throughCircuit(ask: Ask, { log, pauseMs = PAUSE_MS }: Pick<GeocoderOptions, 'log' | 'pauseMs'>): Ask {
  const circuit = circuitBreaker(handleAll, {
    breaker: new ConsecutiveBreaker(FAILURES_TO_OPEN),
    halfOpenAfter: new ExponentialBackoff({
      generator: halfJitterGenerator, // the default may begin with no pause at all
      initialDelay: pauseMs,
      maxDelay: LONGEST_PAUSE_MS,
    }),
  });
  circuit.onBreak((reason) => {
    const cause = 'error' in reason ? causeOf(reason.error) : 'unknown';
    log.warn(`[GEOCODER] ${cause}; addresses are placed by their city until the provider answers again`);
  });
  circuit.onReset(() => log.info('[GEOCODER] the provider answers again'));
  return (address) =>
    circuit.state === CircuitState.HalfOpen
      ? Promise.reject(new Error('the provider is being tried'))
      : circuit.execute(() => ask(address));
}
