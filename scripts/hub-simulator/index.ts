import type { Server } from 'node:http';
import type { AccountingAnswer, AccountingRequest } from './accounting.ts';
import { askAccounting } from './accounting.ts';
import type { Controls } from './control.ts';
import { controlRoutes } from './control.ts';
import type { Deliverer, DeliverRequest, DeliveryResult } from './deliver.ts';
import { createDeliverer } from './deliver.ts';
import type { Faults } from './faults.ts';
import { createFaults } from './faults.ts';
import type { Route } from './http.ts';
import type { PublishedEvent } from './journal.ts';
import { createJournal } from './journal.ts';
import type { Pauses } from './pauses.ts';
import { createPauses } from './pauses.ts';
import { BALANCE_REQUEST, createPayments } from './payments.ts';
import { coreHubRoutes } from './publish.ts';
import { createRoutedServer, listen } from './server.ts';
import { createTokens } from './tokens.ts';
import type { VerifyRequest, VerifyResult } from './verify.ts';
import { verifySubscription } from './verify.ts';
import { w3cHubRoutes } from './w3c.ts';

export type { AccountingAnswer, AccountingRequest } from './accounting.ts';
export type { DeliverRequest, DeliveryResult, Dialect } from './deliver.ts';
export type { Faults } from './faults.ts';
export type { PublishedEvent } from './journal.ts';
export type { VerifyRequest, VerifyResult } from './verify.ts';
export { balanceFor } from './payments.ts';

type Log = (line: string) => void;

export interface HubSimulatorOptions {
  /** 4000 by default; 0 takes a free one. */
  port?: number;
  host?: string;
  /** May be set later. */
  callbackUrl?: string;
  username?: string;
  /** When unset any login is accepted. */
  password?: string;
  /** How many published events are kept in memory (default 100000). */
  keep?: number;
  /** Plays the payments module (default true). */
  payments?: boolean;
  /** Rare lines only, never one an event. */
  log?: Log;
}

export interface HubSimulator {
  url: string;
  port: number;
  setCallbackUrl(url: string): void;
  /** What was published and is still kept, in order. */
  published(topic?: string): PublishedEvent[];
  /** Delivers to the callback; rejects only when the request makes no sense, or reset() cancels a delay. */
  deliver(request: DeliverRequest): Promise<DeliveryResult[]>;
  /** Plays the accounting module: delivers a request, waits for what is published in answer. */
  ask(request: AccountingRequest): Promise<AccountingAnswer>;
  /** Verifies the callback as the core hub does. */
  verify(request: VerifyRequest): Promise<VerifyResult>;
  /** Replaces all faults; `{}` clears them. */
  faults(faults: Partial<Faults>): void;
  /** Forgets events and faults and cancels what is delayed; tokens, callback and sequence numbers stay. */
  reset(): void;
  close(): Promise<void>;
}

/** Starts a hub that behaves as core.deliver.ar does, or misbehaves as told. */
export async function startHubSimulator(options: HubSimulatorOptions = {}): Promise<HubSimulator> {
  const { port: wanted = 4000, host = '127.0.0.1', log = () => undefined } = options;
  const pauses = createPauses();
  const deliverer = createDeliverer(pauses, options.callbackUrl);
  const { routes, controls } = assemble(options, deliverer, pauses, log);
  const { journal, faults, deliver, ask, verify } = controls;
  const server = createRoutedServer(routes, log);
  const port = await listen(server, wanted, host);

  return {
    url: `http://${host.includes(':') ? `[${host}]` : host}:${port}`,
    port,
    setCallbackUrl(url) {
      deliverer.callbackUrl = url;
    },
    published: (topic) => journal.list({ topic }),
    deliver,
    ask,
    verify,
    faults: (next) => void faults.set(next),
    reset() {
      pauses.cancel();
      journal.clear();
      faults.set({});
    },
    async close() {
      pauses.cancel();
      await Promise.all([stop(server), deliverer.close()]);
    },
  };
}

function assemble(options: HubSimulatorOptions, deliverer: Deliverer, pauses: Pauses, log: Log) {
  const { username, password, payments = true } = options;
  const journal = createJournal(options.keep ?? 100_000);
  const tokens = createTokens();
  const faults = createFaults(() => tokens.forget());
  const answerBalanceRequest = createPayments(deliverer, pauses, log);
  const react = (event: PublishedEvent, then: Faults): (() => void) | undefined =>
    payments && event.topic === BALANCE_REQUEST ? () => void answerBalanceRequest(event, then) : undefined;

  const controls: Controls = {
    journal,
    faults,
    deliver: (request) => deliverer.deliver(request, faults.current()),
    ask: (request) => askAccounting(request, deliverer, journal, faults.current()),
    verify: (request) => verifySubscription(request, deliverer),
  };
  const routes = [
    ...coreHubRoutes({ journal, faults, tokens, pauses, username, password, react }),
    ...w3cHubRoutes(),
    ...controlRoutes(controls),
  ];
  routes.push(selfDescription(routes, () => ({ callbackUrl: deliverer.callbackUrl ?? null, payments })));
  return { routes, controls };
}

function selfDescription(routes: Route[], state: () => Record<string, unknown>): Route {
  const name = 'The hub simulator: core.deliver.ar for development, demo and tests';
  return {
    method: 'GET',
    path: '/_sim',
    about: 'what this is, and its addresses',
    handle() {
      const addresses = routes.map(({ method, path, about }) => ({ address: `${method} ${path}`, about }));
      return { status: 200, body: { name, ...state(), addresses } };
    },
  };
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}
