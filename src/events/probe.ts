/**
 * The places between two steps where a crash could lose or double something. Each is passed through a probe; in the
 * service it does nothing, in the crash tests it kills the process at the point it was told.
 */
export const CRASH_POINTS = [
  'receive.before-transaction',
  'receive.locked',
  'receive.handled',
  'receive.recorded',
  'receive.before-commit',
  'receive.after-commit',
  'parking.applied',
  'relay.before-send',
  'relay.sent',
  'relay.settled',
] as const;

export type CrashPoint = (typeof CRASH_POINTS)[number];
export type Probe = (point: CrashPoint) => void;

export const noProbe: Probe = () => undefined;
