import type { Database } from '../../kernel/database.ts';
import type { Logger } from '../../kernel/logger.ts';
import type { Notifications } from '../../kernel/notifications.ts';
import type { EventMetrics } from '../metrics.ts';
import type { Probe } from '../probe.ts';
import type { Destination } from '../topic.ts';
import type { CircuitState } from './circuit.ts';
import type { Outgoing } from './store.ts';

/**
 * What one attempt came to. `dead`: this message can never succeed. `down`: the other side is wrong for all. `untaken`:
 * nobody there takes its topic; all of that topic wait, each with those of its key behind it, and the others go on.
 * `later`: the same of this one alone.
 */
export type SendResult =
  | { kind: 'sent' }
  | { kind: 'dead' | 'untaken'; cause: string }
  | { kind: 'down' | 'later'; cause: string; retryAfterMs?: number };

/** A way out of the service. Must not throw for what the other side does, and must end within its own time-out. */
export interface Transport {
  destination: Destination;
  /** How many messages (of different keys) may be under way at once; the relay's own measure, unless it says otherwise. */
  concurrency?: number;
  send(message: Outgoing): Promise<SendResult>;
}

export interface RelayOptions {
  database: Database;
  notifications: Notifications;
  transport: Transport;
  log: Logger;
  probe: Probe;
  metrics: Pick<EventMetrics, 'sent'>;
}

/** Its circuit; where that is closed and `held`, that of a topic that nobody takes. */
export interface RelayState extends CircuitState {
  held: boolean;
}

export interface Relay {
  start(): Promise<void>;
  /** Finishes what is under way, gives the slots back. Bounded by the transport's time-out. */
  stop(): Promise<void>;
  state(): RelayState;
}
