import { createCircuit, type Circuit, type CircuitState } from './circuit.ts';

/**
 * Topics that nobody at the other side takes just now, each with a circuit of its own: what cannot be delivered must not
 * hold up what can. Nothing of them is kept in memory, however much waits; it stays in the outbox.
 */
export interface Holds {
  /** What is not to be loaded: held, or a probe is under way. */
  topics(): string[];
  /** Whether one of this topic may be sent now; of a topic that was held, it is the probe. */
  mayStart(topic: string): boolean;
  /** Nobody took it. @returns whether that is new, found again by a probe, or known: of those that were under way as well. */
  untaken(topic: string, cause: string): 'new' | 'again' | 'known';
  /** It came to something else. @returns whether that ends a hold. */
  over(topic: string, taken: boolean): boolean;
  /** Of the one that is held longest from now on; closed when none is. */
  state(): CircuitState;
}

const NONE: CircuitState = { openUntil: undefined, cause: undefined };

export function createHolds(newCircuit: () => Circuit = createCircuit): Holds {
  const circuits = new Map<string, Circuit>();
  const probing = new Set<string>();
  return {
    topics: () => [...circuits].filter(([topic, circuit]) => probing.has(topic) || circuit.wait() > 0).map(([topic]) => topic),
    mayStart(topic) {
      const circuit = circuits.get(topic);
      if (circuit === undefined) return true;
      if (circuit.allowance(probing.has(topic) ? 1 : 0, 1) === 0) return false;
      probing.add(topic);
      return true;
    },
    untaken(topic, cause) {
      const known = circuits.get(topic);
      const circuit = known ?? newCircuit();
      const found = known === undefined ? 'new' : known.wait() === 0 ? 'again' : 'known';
      circuits.set(topic, circuit);
      probing.delete(topic);
      circuit.failure(cause);
      return found;
    },
    over(topic, taken) {
      probing.delete(topic);
      return taken && circuits.delete(topic);
    },
    state: () =>
      [...circuits.values()].map((circuit) => circuit.state()).reduce((a, b) => ((b.openUntil ?? 0) > (a.openUntil ?? 0) ? b : a), NONE),
  };
}
