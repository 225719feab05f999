import type { RequestListener } from 'node:http';
import { z } from 'zod';
import { es } from 'zod/locales';
import { createApp, VERSION } from './app.ts';
import { composeBroker } from './broker.ts';
import type { Config } from './config.ts';
import { asyncApiDocument, type AsyncApiDocument } from './events/asyncapi.ts';
import { createBacklog } from './events/backlog.ts';
import { catalogueOf, type Catalogue } from './events/catalogue.ts';
import { createCommands } from './events/commands.ts';
import { createDispatcher } from './events/dispatcher.ts';
import { createEventMetrics } from './events/metrics.ts';
import { expireParked } from './events/parking.ts';
import { applyWokenBefore } from './events/woken.ts';
import { noProbe, type Probe } from './events/probe.ts';
import { createRegistry, subscribersIn } from './events/registry.ts';
import { createRelay } from './events/relay/index.ts';
import { relayHealth } from './events/relay/health.ts';
import { createReplies } from './events/requests.ts';
import type { Destination } from './events/topic.ts';
import { parseJson } from './events/broker-delivery.ts';
import { retryFailed, type PayloadOf } from './events/retry.ts';
import { payloadOf as hubPayload } from './hub/dialects.ts';
import { callbackEndpoints } from './hub/endpoints.ts';
import { callbackTimes } from './hub/metrics.ts';
import { createPublisher } from './hub/publisher.ts';
import { createReceiver } from './hub/receiver.ts';
import { systemClock } from './kernel/clock.ts';
import { openDatabase } from './kernel/database.ts';
import { createGeocoder } from './kernel/geocoding/index.ts';
import { createScheduler, type ScheduledJob } from './kernel/jobs.ts';
import type { Logger } from './kernel/logger.ts';
import { createMetrics, restTimes } from './kernel/metrics.ts';
import { createNotifications } from './kernel/notifications.ts';
import { forgetEndedWindows } from './kernel/rate-limit.ts';
import { createLimits } from './kernel/rest/limits.ts';
import { openApiDocument, type OpenApiDocument } from './kernel/rest/openapi.ts';
import { statusEndpoint } from './kernel/rest/status.ts';
import { loadModules } from './modules.ts';
import type { Topics } from './modules/module.ts';
import { watchEndpoints } from './watching.ts';

/** The settings with everything that development may leave out filled in. */
export type ServiceConfig = Config & { DATABASE_URL: string; HUB_URL: string; JWT_SECRET: string };

export interface Service {
  listener: RequestListener;
  /** What it serves over REST. */
  document(): OpenApiDocument;
  /** What it takes in and publishes, of all modules. */
  topics: Topics;
  /** The same with who publishes and takes each, by context. */
  catalogue(): Catalogue;
  /** What it says over events. */
  asyncApi(): AsyncApiDocument;
  /** The queues it takes messages from at the broker. */
  queues(): string[];
  start(): Promise<void>;
  /** Tells those who wait for an answer from elsewhere that we go, so that the listener can close in time. */
  quiesce(): void;
  /** Ends what is under way, then closes every connection. Call it after the last request was answered. */
  stop(): Promise<void>;
}

const PARTITION_DAYS_AHEAD = 7;

const keptPayload: PayloadOf = (source, body) => (source === 'hub' ? hubPayload(body) : parseJson(body));

/** The one place of wiring: every part gets what it needs here, and nothing reaches for anything. */
export function compose(config: ServiceConfig, log: Logger, probe: Probe = noProbe): Service {
  z.config(es()); // what zod says of bad input is read by tenants
  const metrics = createMetrics(VERSION);
  const eventMetrics = createEventMetrics(metrics);
  const database = openDatabase(config.DATABASE_URL, { max: config.DATABASE_POOL, onError: (cause) => log.warn(`[DATABASE] ${cause}`) });
  const notifications = createNotifications(database, log);
  const registry = createRegistry();
  const core = { registry, log, probe, clock: systemClock, parkTtlMs: config.PARK_TTL };
  const dispatcher = createDispatcher(database, { ...core, metrics: eventMetrics });
  const commands = createCommands(database, core);
  const replies = createReplies(database, notifications);
  const hub = relayHealth(database, 'hub');
  const geocoder = createGeocoder({ key: config.GEOCODER_KEY, url: config.GEOCODER_URL, log });
  const limits = createLimits(config, { database, clock: systemClock, log });
  const modules = loadModules({ limits, geocoder, config, database, commands, replies, receive: dispatcher.receive, notifications, clock: systemClock, log, hubOutage: async () => (await hub()).outage });
  for (const subscription of modules.flatMap((module) => module.subscriptions ?? [])) registry.add(subscription);
  registry.seal();

  const receiver = createReceiver({
    dispatcher,
    log,
    subscriber: 'marketplace',
    isOurs: (topic) => registry.find('marketplace', topic) !== undefined,
    secrets: config.HUB_SECRET,
    maxBodyBytes: config.MAX_BODY_BYTES,
    maxWaiting: config.CALLBACK_MAX_WAITING,
    answered: callbackTimes(metrics),
  });
  const topics = [...new Set(modules.flatMap((module) => module.topics ?? []))]; // parts of a context share theirs
  const broker = composeBroker({ config, database, notifications, registry, dispatcher, topics, log, probe, metrics: eventMetrics });
  const publisher = createPublisher({ hubUrl: config.HUB_URL, username: config.HUB_USERNAME, password: config.HUB_PASSWORD, log });
  const transports = [publisher, ...modules.flatMap((module) => module.transports ?? [])];
  const relays = transports.map((transport) =>
    createRelay({ database, notifications, transport, log, probe, metrics: eventMetrics }),
  );
  const makePartitions = () => database.transaction('system', (trx) => trx.rows('SELECT create_event_partitions($1)', [PARTITION_DAYS_AHEAD]));
  const subscribers = [...subscribersIn(registry)].sort().join(' ');
  // Processes with other consumers (MODULES) have these jobs for themselves.
  const own = (name: string): string => `${name} of ${subscribers}`;
  const jobs: ScheduledJob[] = [
    { name: own('retry-failed-events'), schedule: '* * * * * *', run: async () => void (await retryFailed(database, dispatcher, registry, keptPayload)) },
    { name: 'forget-rate-limits', schedule: '30 */5 * * * *', run: async () => void (await forgetEndedWindows(database, systemClock())) },
    { name: own('apply-events-woken-before'), schedule: '* * * * * *', run: async () => void (await applyWokenBefore(database, commands, registry)) },
    { name: own('expire-parked-events'), schedule: '0 * * * * *', run: async () => void (await database.transaction('system', (trx) => expireParked(trx, registry))) },
    { name: 'create-event-partitions', schedule: '0 0 * * * *', run: async () => void (await makePartitions()) },
    ...modules.flatMap((module) => module.jobs ?? []),
  ];
  const scheduler = createScheduler(database, log, jobs);
  const plays = (role: Config['ROLES'][number]) => config.ROLES.includes(role);

  let draining = false;
  const ways: Destination[] = [...transports.map(({ destination }) => destination), ...broker.destinations];
  const backlog = createBacklog(database, [...new Set(ways)]);
  const watch = watchEndpoints({ registry: metrics, database, backlog, broker: broker.state, draining: () => draining });
  const served = [statusEndpoint(database, systemClock), ...modules.flatMap((module) => module.endpoints ?? [])];
  const endpoints = plays('web') ? [...watch, ...callbackEndpoints(config.CALLBACK_TOKEN), ...served] : watch;

  const catalogue = () => catalogueOf(modules, registry.all());
  const asyncApi = () => asyncApiDocument(catalogue(), VERSION);

  return {
    listener: createApp({ config, log, receiver, modules, endpoints, asyncApi, answered: restTimes(metrics), servesRequests: plays('web') }),
    document: () => openApiDocument(endpoints, VERSION),
    topics,
    catalogue,
    asyncApi,
    queues: () => registry.queues().map(({ name }) => name),
    async start() {
      await makePartitions();
      await notifications.start();
      if (plays('relay')) await Promise.all(relays.map((relay) => relay.start()));
      await broker.start();
      if (plays('jobs')) scheduler.start();
    },
    quiesce() {
      draining = true;
      replies.close();
    },
    async stop() {
      if (plays('jobs')) await scheduler.stop();
      await broker.stop(); // what it took in is settled with the broker
      await dispatcher.drain();
      // Both at once: the relay waits for what is under way, the publisher bounds how long that may take.
      await Promise.all([...(plays('relay') ? relays : []).map((relay) => relay.stop()), publisher.close()]);
      await notifications.stop();
      await Promise.all(modules.map(async (module) => module.close?.()));
      await dispatcher.close();
      await database.close();
    },
  };
}
