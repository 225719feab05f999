import { randomBytes } from 'node:crypto';
import { connect, type ConfirmChannel, type GetMessage } from 'amqplib';
import { z } from 'zod';
import { composeBroker, type Broker } from '../../src/broker.ts';
import { MODULES } from '../../src/config.ts';
import { brokerDelivery, parseJson } from '../../src/events/broker-delivery.ts';
import { createDispatcher } from '../../src/events/dispatcher.ts';
import { appendToOutbox } from '../../src/events/outbox.ts';
import { done, refused, undeliverable } from '../../src/events/outcome.ts';
import { noProbe } from '../../src/events/probe.ts';
import { createRegistry, subscribe } from '../../src/events/registry.ts';
import { retryFailed } from '../../src/events/retry.ts';
import { defineTopic, type Topic } from '../../src/events/topic.ts';
import { systemClock } from '../../src/kernel/clock.ts';
import { openDatabase, type Database } from '../../src/kernel/database.ts';
import { createLogger } from '../../src/kernel/logger.ts';
import { createNotifications } from '../../src/kernel/notifications.ts';
import type { PrivateBroker } from '../support/broker.ts';
import { cloneDatabase } from '../support/database.ts';
import { until } from '../support/service.ts';

export const STOCK = 1000;
export const MAX_BODY_BYTES = 20_000;

/** A fact about `id`: told once, or as the `n`-th of many. */
export interface Fact {
  id: string;
  quantity: number;
  n?: number;
}

/** The broker's side of the service around a module of a few lines, on a database of its own. */
export interface World {
  database: Database;
  databaseUrl: string;
  names: { exchange: string; queue: string; otherQueue: string };
  broker: Broker;
  /** Milliseconds since 1970. */
  openedAt: number;
  /** Every line of the log so far. */
  logged: string[];
  /** Writes messages to the outbox, as a handler would. */
  publish(topic: string, payloads: readonly object[], orderingKey?: (payload: object) => string): Promise<void>;
  /** Hands the consumer something that nobody here published. */
  inject(routingKey: string, body: string | Buffer): Promise<void>;
  /** As the job does every second: tries again what failed and could be kept. */
  retry(): Promise<number>;
  rows<Row extends object>(sql: string, values?: readonly unknown[]): Promise<Row[]>;
  close(): Promise<void>;
}

export interface WorldOptions {
  /** Without it, messages are delivered locally. */
  url?: string;
  conflictMs?: number;
}

/** Names that no other test and no other run has. */
export const uniqueNames = () => {
  const prefix = `test-${process.pid}-${randomBytes(3).toString('hex')}`;
  return { exchange: `${prefix}-events`, queue: `${prefix}-queue`, otherQueue: `${prefix}-other-queue` };
};

const factSchema = z.object({ id: z.string().min(1), quantity: z.int(), n: z.int().optional() });

/** As in the service, commands have an exchange of their own. */
export const commandsOf = (exchange: string): string => `${exchange}-commands`;

function topicsOf(exchange: string) {
  const of = (name: string, direction: 'both' | 'out', mustBeTaken = false): Topic<Fact> =>
    defineTopic<Fact>({
      name, direction, description: name, schema: factSchema, example: { id: 'a', quantity: 1 },
      amqp: { exchange: mustBeTaken ? commandsOf(exchange) : exchange, mustBeTaken },
      key: ({ id, n }) => (n === undefined ? id : `${id}:${n}`),
      subject: ({ id }) => `thing:${id}`,
    });
  return { fact: of('thing.taken', 'both'), other: of('other.taken', 'both'), told: of('thing.told', 'out'), command: of('thing.command', 'out', true), wanted: of('thing.wanted', 'out', true) };
}

const EFFECTS = `CREATE TABLE effects (position bigserial PRIMARY KEY, topic text, id text, n int, quantity int);
  GRANT ALL ON effects TO PUBLIC; GRANT ALL ON SEQUENCE effects_position_seq TO PUBLIC;`;

export async function openWorld({ url, conflictMs }: WorldOptions, names = uniqueNames()): Promise<World> {
  const cloned = await cloneDatabase();
  const looking = openDatabase(cloned.url, { max: 4, onError: () => undefined });
  await looking.pool.query(EFFECTS);
  const database = openDatabase(cloned.url, { max: 10, onError: () => undefined });
  const logged: string[] = [];
  const log = createLogger('info');
  log.silent = process.env.TEST_LOG === undefined;
  for (const level of ['info', 'warn', 'error'] as const) {
    const write = log[level].bind(log) as (line: string) => typeof log;
    log[level] = ((line: string) => (logged.push(line), write(line))) as typeof log.info;
  }
  const topics = topicsOf(names.exchange);
  const destinationOf = (topic: string) => Object.values(topics).find(({ name }) => name === topic)?.destination;
  const registry = registryOf(topics, names);
  const notifications = createNotifications(database, log);
  const dispatcher = createDispatcher(database, { registry, log, probe: noProbe, clock: systemClock, parkTtlMs: 60_000 });
  const broker = composeBroker({
    config: { RABBITMQ_URL: url, MODULES: [...MODULES], MAX_BODY_BYTES, ROLES: ['relay', 'consumers'] },
    database, notifications, registry, dispatcher, log, probe: noProbe, conflictMs,
    topics: Object.values(topics) as Topic[],
    metrics: { sent: () => undefined },
  });
  await notifications.start();
  await broker.start();

  return {
    database: looking, databaseUrl: cloned.url, names, broker, logged, openedAt: Date.now(),
    publish: (topic, payloads, orderingKey = (payload) => `thing:${(payload as Partial<Fact>).id}`) =>
      looking.transaction('system', (trx) =>
        appendToOutbox(trx, payloads.map((payload) => ({
          topic, destination: destinationOf(topic), orderingKey: orderingKey(payload), payload: JSON.stringify(payload),
        }))),
      ),
    async inject(routingKey, body) {
      if (url !== undefined) return onChannel(url, async (channel) => {
        await channel.bindQueue(names.queue, names.exchange, routingKey);
        channel.publish(names.exchange, routingKey, Buffer.from(body));
        await channel.waitForConfirms();
      });
      await dispatcher.receive(brokerDelivery({ source: 'local', subscriber: 'things', routingKey, raw: body.toString() }));
    },
    retry: () => retryFailed(looking, dispatcher, registry, (_source, body) => parseJson(body)),
    rows: (sql, values = []) => looking.transaction('system', (trx) => trx.rows(sql, values)),
    async close() {
      await broker.stop();
      await dispatcher.drain();
      await notifications.stop();
      await dispatcher.close();
      await database.close();
      await looking.close();
      await cloned.drop();
      if (url !== undefined) await removeAll(url, names).catch(() => undefined); // a private broker may be gone already
    },
  };
}

function registryOf(topics: ReturnType<typeof topicsOf>, { queue, otherQueue }: World['names']) {
  const registry = createRegistry();
  const handling = (topic: Topic<Fact>, from: string) =>
    subscribe<Fact>({
      subscriber: 'things', topic, queue: from,
      async handle({ id, n, quantity }, { trx }) {
        if (quantity > STOCK) return refused('sin_stock', 'no hay tanto');
        if (id.startsWith('nobody')) return undeliverable('desconocido', 'no es de nadie');
        await trx.run('INSERT INTO effects (topic, id, n, quantity) VALUES ($1, $2, $3, $4)', [topic.name, id, n ?? null, quantity]);
        return done();
      },
    });
  registry.add(handling(topics.fact, queue));
  registry.add(handling(topics.other, otherQueue));
  registry.seal();
  return registry;
}

/** RabbitMQ 3.10 saves the directory of its quorum queues every so often; one that is not in it has no leader after a kill, for good. */
const SAVED_MS = 4000;

/** Kills the broker, not before it has saved that there are our queues, and starts it again. */
export async function killAndStart(rabbit: PrivateBroker, { openedAt }: World): Promise<void> {
  await until('the queues are saved', () => Date.now() - openedAt > SAVED_MS);
  await rabbit.kill9();
  await rabbit.start();
}

/** A connection of the test's own, for one piece of work. */
export async function onChannel<T>(url: string, work: (channel: ConfirmChannel) => Promise<T>): Promise<T> {
  const connection = await connect(url, { timeout: 5000 });
  connection.on('error', () => undefined); // whoever waits is told
  try {
    const channel = await connection.createConfirmChannel();
    channel.on('error', () => undefined);
    return await work(channel);
  } finally {
    await connection.close().catch(() => undefined);
  }
}

/** Takes a message out of a queue for good. */
export const takeFrom = (url: string, queue: string): Promise<GetMessage | false> =>
  onChannel(url, (channel) => channel.get(queue, { noAck: true }));

export const removeAll = (url: string, { exchange, queue, otherQueue }: World['names']) =>
  onChannel(url, async (channel) => {
    for (const name of [queue, otherQueue]) {
      await channel.deleteQueue(name);
      await channel.deleteQueue(`${name}.dead`);
    }
    for (const name of [exchange, commandsOf(exchange)]) await channel.deleteExchange(name);
  });
