import type { Router } from 'express';
import type { Config } from '../config.ts';
import type { Commands } from '../events/commands.ts';
import type { AnySubscription } from '../events/registry.ts';
import type { Replies } from '../events/requests.ts';
import type { Topic } from '../events/topic.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Database } from '../kernel/database.ts';
import type { Logger } from '../kernel/logger.ts';

/** What the service gives a module; wired in `compose.ts` and nowhere else. */
export interface ModuleDeps {
  config: Config;
  database: Database;
  commands: Commands;
  replies: Replies;
  clock: Clock;
  log: Logger;
  /** Why the hub cannot be reached now, as far as the relays know; undefined while it can. */
  hubOutage: () => Promise<string | undefined>;
}

export interface Job {
  name: string;
  /** A node-cron expression; six fields, the first is seconds. */
  schedule: string;
  run: () => Promise<void>;
}

/** What a module brings: its manifest. What it does not need is left out. */
export interface Module {
  name: string;
  // Payload types differ from topic to topic; each was checked where it was declared.
  // eslint-disable-next-line @typescript-eslint/no-explicit-any
  topics?: ReadonlyArray<Topic<any>>;
  subscriptions?: readonly AnySubscription[];
  /** Adds its REST routes; the router is mounted at `/api`. */
  routes?: (router: Router) => void;
  /** Adds routes outside `/api` (the balance's second address). */
  rootRoutes?: (router: Router) => void;
  jobs?: readonly Job[];
}

export type ModuleFactory = (deps: ModuleDeps) => Module;
