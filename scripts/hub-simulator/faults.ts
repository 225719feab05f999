import { z } from 'zod';
import { checked } from './http.ts';

const status = z.int().min(200).max(599);
const share = z.number().min(0).max(1);
const milliseconds = z.number().min(0);

export const balanceModes = [
  'answer', // as asked
  'silent', // never
  'wrong-email', // for somebody else's email
  'no-trace', // without traceData
  'foreign-module', // with another module's originModule
  'twice', // the same answer two times
  'late', // after delayMs, by default later than the service waits
  'error', // blockchain.error.response, which has no traceData
] as const;

const faultsSchema = z.strictObject({
  /** Answer this status to every publish; a 2xx is an ordinary acceptance with that status. */
  status: status.optional(),
  /** Answer these statuses, each to its share of the publishes; the rest get `status`, or are accepted. */
  statuses: z
    .array(z.strictObject({ status, share }))
    .refine((all) => all.reduce((sum, one) => sum + one.share, 0) <= 1 + 1e-9, 'the shares exceed 1')
    .optional(),
  /** Sent as Retry-After with 429 and 503. */
  retryAfterSeconds: z.number().min(0).optional(),
  /** The share of publishes that the faults apply to (default 1). */
  share: share.optional(),
  /** Waits so long before it acts on a publish or a login. */
  delayMs: milliseconds.optional(),
  /** Destroys the socket; the event is not received. */
  dropConnection: z.boolean().optional(),
  /** Records the event, then destroys the socket: the sender sees a failure though it was received. */
  dropAfter: z.boolean().optional(),
  /** Each delivery to the callback is repeated so many times more. */
  duplicateDeliveries: z.int().min(0).max(1000).optional(),
  /** Waits so long before each delivery to the callback. */
  delayDeliveriesMs: milliseconds.optional(),
  /** One shot: the tokens given so far become invalid. */
  forgetTokens: z.boolean().optional(),
  /** The faults of publishing apply to these topics only. */
  topics: z.array(z.string()).optional(),
  /** Answer this status to every login; 0 destroys the socket. */
  loginStatus: z.union([z.literal(0), status]).optional(),
  /** How the payments module answers a balance request. */
  balance: z.strictObject({ mode: z.enum(balanceModes), delayMs: milliseconds.optional() }).optional(),
  /** How many publishes the faults apply to before all of them clear themselves. */
  for: z.int().positive().optional(),
});

/** How the hub misbehaves; see the schema for each field. */
export type Faults = z.output<typeof faultsSchema>;

/** What becomes of one publish. */
export interface Verdict {
  /** Whether the hub receives the event, whatever the sender is told. */
  received: boolean;
  drop: boolean;
  status: number;
  delayMs: number;
}

export interface FaultControl {
  current(): Faults;
  /** Replaces all faults; `{}` clears them. */
  set(faults: unknown): Faults;
  /** Decides about one publish, and counts it. */
  judge(topic: string): Verdict;
}

const ACCEPTED: Verdict = { received: true, drop: false, status: 200, delayMs: 0 };

/** `forgetTokens` is called when the faults say so; that one does not last. */
export function createFaults(forgetTokens: () => void): FaultControl {
  let faults: Faults = {};
  let random = pseudoRandom();

  return {
    current: () => faults,
    set(next) {
      const { forgetTokens: forget, ...lasting } = checked(faultsSchema, next);
      if (forget) forgetTokens();
      faults = lasting;
      random = pseudoRandom();
      return faults;
    },
    judge(topic) {
      if (faults.topics && !faults.topics.includes(topic)) return ACCEPTED;
      if (faults.share !== undefined && random() >= faults.share) return ACCEPTED;
      const verdict = verdictOf(faults, random);
      faults = countDown(faults);
      return verdict;
    },
  };
}

/** The header that goes with a status, if one does. */
export function retryAfter(status: number, faults: Faults): Record<string, string> {
  const limits = status === 429 || status === 503;
  return limits && faults.retryAfterSeconds !== undefined
    ? { 'retry-after': String(faults.retryAfterSeconds) }
    : {};
}

function verdictOf(faults: Faults, random: () => number): Verdict {
  const drop = Boolean(faults.dropConnection || faults.dropAfter);
  const status = drawStatus(faults, random);
  const received = drop ? Boolean(faults.dropAfter) : status < 300;
  return { received, drop, status, delayMs: faults.delayMs ?? 0 };
}

function drawStatus(faults: Faults, random: () => number): number {
  let left = faults.statuses ? random() : 0;
  for (const one of faults.statuses ?? []) {
    if (left < one.share) return one.status;
    left -= one.share;
  }
  return faults.status ?? 200;
}

function countDown(faults: Faults): Faults {
  if (faults.for === undefined) return faults;
  return faults.for > 1 ? { ...faults, for: faults.for - 1 } : {};
}

/**
 * Mulberry32, begun anew whenever faults are set: irregular, so that a retry does not always meet
 * the opposite luck, and yet the same in every run of a test.
 */
function pseudoRandom(seed = 0x5eed): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}
