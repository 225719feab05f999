/** Something the sender should know about an event that was applied all the same. */
export interface Warning {
  /** A stable word for programs, e.g. `precio_distinto`. */
  code: string;
  /** A sentence for people. */
  message: string;
}

/** What a handler made of an event. A handler that cannot say throws: that is a failure, and is tried again. */
export type Outcome =
  | { kind: 'done'; warnings: Warning[] }
  /** Understood and not applied, for good; what it would have changed is unchanged. */
  | { kind: 'refused'; code: string; message: string; forNow?: boolean; details?: unknown; undeliverable?: boolean }
  /** Came before its time; applied by the change that `waitKey` names. */
  | { kind: 'parked'; waitKey: string; code: string; message: string };

export const done = (...warnings: Warning[]): Outcome => ({ kind: 'done', warnings });
/** @param details what was looked at, as JSON: kept with the event for whoever asks why, not sent. */
export const refused = (code: string, message: string, details?: unknown): Outcome => ({
  kind: 'refused',
  code,
  message,
  details,
});
/** Refused as things stand: the same event may be right later, so its key is not taken and a repeat is judged again. */
export const refusedForNow = (code: string, message: string): Outcome => ({ kind: 'refused', code, message, forNow: true });
/**
 * Refused for now, and nobody here is who it is for (an unknown organization): over a broker it goes to the dead
 * letters, from where it can be sent back once that is mended.
 */
export const undeliverable = (code: string, message: string): Outcome => ({
  kind: 'refused',
  code,
  message,
  forNow: true,
  undeliverable: true,
});
export const parked = (waitKey: string, code: string, message: string): Outcome => ({ kind: 'parked', waitKey, code, message });

/** The body the sender gets; null stands for done without a word. */
export type Answer = { success: boolean; message: string; code: string } | null;

/** What became of a delivery, as kept in `events.outcome`. */
export type EventState =
  | 'done' | 'warned' | 'refused' | 'parked' | 'conflict' | 'repeat' | 'invalid' | 'unknown' | 'failed' | 'abandoned';

/** What a delivery came to: kept, and told to the sender by its transport. */
export interface Verdict {
  state: EventState;
  answer: Answer;
  /** The answer is that of an earlier delivery of the same event. */
  replay?: boolean;
  /** What the handler looked at when it refused; kept, not sent. */
  details?: unknown;
  /** For nobody here; a broker's dead letter. */
  undeliverable?: boolean;
  /** It failed, and not even the failure could be written down: only its sender still has it. */
  unkept?: boolean;
}

export function verdictOf(outcome: Outcome): Verdict & { state: 'done' | 'warned' | 'refused' | 'parked' } {
  if (outcome.kind !== 'done') {
    const { kind, message, code } = outcome;
    const answer = { success: false, message, code };
    if (kind === 'parked') return { state: kind, answer };
    return { state: kind, answer, details: outcome.details, undeliverable: outcome.undeliverable };
  }
  const [first] = outcome.warnings;
  if (first === undefined) return { state: 'done', answer: null };
  const message = outcome.warnings.map((warning) => warning.message).join('; ');
  return { state: 'warned', answer: { success: true, message, code: first.code } };
}

export const conflictVerdict = (key: string): Verdict => ({
  state: 'conflict',
  answer: {
    success: false,
    code: 'conflicto',
    message: `${key} ya se recibió con otro contenido y fue aceptado; se conserva el primero`,
  },
});

export const unknownVerdict = (topic: string): Verdict => ({
  state: 'unknown',
  answer: { success: false, code: 'tema_desconocido', message: `el tema ${topic} no se atiende aquí; el evento quedó guardado` },
});

export const invalidVerdict = (problems: string): Verdict => ({
  state: 'invalid',
  answer: { success: false, code: 'contenido_invalido', message: `el contenido no es válido: ${problems}` },
});

export const failedVerdict: Verdict = {
  state: 'failed',
  answer: { success: false, code: 'error_interno', message: 'el evento no se pudo procesar; se volverá a intentar' },
};
