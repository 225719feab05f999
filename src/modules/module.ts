import type { RequestHandler } from 'express';
import type { Config } from '../config.ts';
import type { Commands } from '../events/commands.ts';
import type { Dispatcher } from '../events/dispatcher.ts';
import type { AnySubscription } from '../events/registry.ts';
import type { Transport } from '../events/relay/index.ts';
import type { Replies } from '../events/requests.ts';
import type { AnyTopic } from '../events/topic.ts';
import type { Clock } from '../kernel/clock.ts';
import type { Database } from '../kernel/database.ts';
import type { Geocoder } from '../kernel/geocoding/index.ts';
import type { Logger } from '../kernel/logger.ts';
import type { Notifications } from '../kernel/notifications.ts';
import type { PanelSection } from '../kernel/panel.ts';
import type { Endpoint } from '../kernel/rest/endpoint.ts';
import type { Limits } from '../kernel/rest/limits.ts';

/** What the service gives a module; wired in `compose.ts` and nowhere else. */
export interface ModuleDeps {
  config: Config;
  database: Database;
  commands: Commands;
  replies: Replies;
  /** Takes one delivery to its end, from whom a module itself listens to: a payment gateway. */
  receive: Dispatcher['receive'];
  /** NOTIFY of Postgres; handlers are added while the module is made. */
  notifications: Notifications;
  clock: Clock;
  log: Logger;
  /** By address, account and tenant; see kernel/rest/limits.ts. */
  limits: Limits;
  /** Asked before a transaction, never in one. */
  geocoder: Geocoder;
  /** Why the hub cannot be reached now, as far as the relays know; undefined while it can. */
  hubOutage: () => Promise<string | undefined>;
}

export interface Job {
  name: string;
  /** A node-cron expression; six fields, the first is seconds. */
  schedule: string;
  run: () => Promise<void>;
}

export type Topics = readonly AnyTopic[];

/** What a module brings: its manifest. What it does not need is left out. */
export interface Module {
  name: string;
  /** The context its topics are of; left out: the one it is loaded for, without its part. */
  context?: string;
  topics?: Topics;
  subscriptions?: readonly AnySubscription[];
  /** Its REST interface; what it says is served, checked and documented. */
  endpoints?: readonly Endpoint[];
  /** Its part of the tenants' panel. */
  panel?: PanelSection;
  /** Pages outside the REST interface, which answer their own errors: the panel. */
  pages?: RequestHandler;
  jobs?: readonly Job[];
  /** Ways out of the service that are the module's own: a payment gateway. Each gets a relay. */
  transports?: readonly Transport[];
  /** Ends the connections that are the module's own; called once nothing is asked of it any more. */
  close?: () => Promise<void>;
}

export type ModuleFactory = (deps: ModuleDeps) => Module;
