import amqp, { type ChannelModel } from 'amqplib';
import { declareQueue } from '../../src/amqp/topology.ts';
import { stockUpdated } from '../../src/modules/ordering/availability/topics.ts';
import { INVENTORY_QUEUE, SUBSCRIBER } from '../../src/modules/ordering/ports.ts';
import type { BareJob } from './bare-consumer.ts';
import { startChild } from './child.ts';
import type { BenchOptions } from './options.ts';
import { runScript } from './pgbench.ts';
import { STOCK_FUNCTION, STOCK_SCRIPT } from './pgbench-stock.ts';
import type { Stage } from './stage.ts';
import { UNMEASURED } from './steady-rate.ts';
import { publishAll, stockMessage } from './stock-messages.ts';

/** Messages a second. */
export interface ConsumptionRound {
  round: number;
  /** A consumer that only acknowledges. */
  bare: number;
  /** `inventory.stock.updated`, each of them news. */
  fresh: number;
  /** The same messages once more. */
  seen: number;
  /** The same writes by the database alone, one message a transaction. */
  pgbench?: number;
}

export interface ConsumptionBench {
  stage: Stage;
  folder: string;
  env: Record<string, string>;
  options: BenchOptions;
  rabbitmqUrl: string;
  hasPgbench: boolean;
}

const EXCHANGE = stockUpdated.amqp?.exchange as string;
const ours = { name: INVENTORY_QUEUE, exchange: EXCHANGE, subscriber: SUBSCRIBER, routingKeys: [stockUpdated.name] };
const bareQueue = { ...ours, name: 'bench_bare_consumer', exchange: 'bench_events' };
const CLIENTS = 16;

/** A queue full of messages, consumed by the service and, in turn, by a consumer that does nothing. */
export async function measureConsumption(
  bench: ConsumptionBench, tell: (round: ConsumptionRound) => void,
): Promise<ConsumptionRound[]> {
  const broker = await amqp.connect(bench.rabbitmqUrl);
  const rounds: ConsumptionRound[] = [];
  try {
    await declare(broker);
    await bench.stage.admin.query(STOCK_FUNCTION);
    for (let round = 1; round <= bench.options.rounds; round += 1) {
      const measured = await measureRound(bench, broker, round);
      rounds.push(measured);
      tell(measured);
    }
    return rounds;
  } finally {
    await remove(broker);
    await broker.close();
  }
}

async function measureRound(bench: ConsumptionBench, broker: ChannelModel, round: number): Promise<ConsumptionRound> {
  const { stage, options } = bench;
  const bodies = Array.from({ length: options.messages }, (_, n) => stockMessage(n, `round${round}`));
  await stage.admin.query('TRUNCATE events, inbox, ordering_availability');
  const bare = await consumedByBare(bench, broker, bodies);
  const fresh = await consumedByService(bench, broker, bodies, 'done');
  const pgbench = bench.hasPgbench ? await byDatabaseAlone(bench, round) : undefined;
  const seen = await consumedByService(bench, broker, bodies, 'repeat');
  return { round, bare, fresh, seen, pgbench };
}

async function consumedByBare(bench: ConsumptionBench, broker: ChannelModel, bodies: readonly string[]): Promise<number> {
  const consumer = await startChild<BareJob, number>('bare-consumer');
  await publishAll(broker, bareQueue.exchange, bodies);
  const job = { url: bench.rabbitmqUrl, queue: bareQueue.name, count: bodies.length };
  return consumer.ask(job).finally(() => consumer.stop());
}

/** Filled before it starts: whoever publishes takes no part of the processors then. */
async function consumedByService(
  { stage, folder, env, rabbitmqUrl }: ConsumptionBench, broker: ChannelModel, bodies: readonly string[], outcome: string,
): Promise<number> {
  await publishAll(broker, EXCHANGE, bodies);
  await stage.admin.query('VACUUM (ANALYZE)'); // whoever reads a row first marks it as seen, and writes its page
  await stage.admin.query('CHECKPOINT');
  const settings = { ...env, DATABASE_URL: stage.url, MODULES: 'ordering', ROLES: 'consumers', RABBITMQ_URL: rabbitmqUrl };
  const service = await startChild<string, number>('service', { env: settings, logFile: `${folder}/consumers.log` });
  try {
    await untilSettled(stage, broker, outcome, bodies.length);
  } finally {
    await service.stop();
  }
  const { rows } = await stage.admin.query<{ rate: number }>(
    `SELECT count(*) * (1 - $2::float8) / extract(epoch FROM max(settled_at) - percentile_disc($2) WITHIN GROUP (ORDER BY settled_at))::float8 AS rate
     FROM events WHERE source = 'amqp' AND outcome = $1 AND subscriber = $3 AND body LIKE '%"mov_round%'`,
    [outcome, UNMEASURED, SUBSCRIBER],
  );
  return rows[0]?.rate ?? NaN;
}

/**
 * Postgres is only asked once the queue is empty: counting events takes from the processors what the service is to have.
 * @throws Error when they are not all settled in that way within five minutes.
 */
async function untilSettled({ admin }: Stage, broker: ChannelModel, outcome: string, count: number): Promise<void> {
  const channel = await broker.createChannel();
  for (const deadline = Date.now() + 300_000; Date.now() < deadline; await new Promise((resolve) => setTimeout(resolve, 500))) {
    if ((await channel.checkQueue(ours.name)).messageCount > 0) continue;
    const { rows } = await admin.query<{ settled: string }>(
      `SELECT count(*) AS settled FROM events WHERE outcome = $1 AND body LIKE '%"mov_round%'`, [outcome],
    );
    if (Number(rows[0]?.settled) >= count) return channel.close();
  }
  const { rows } = await admin.query('SELECT outcome, count(*), max(cause) AS cause FROM events GROUP BY 1');
  throw new Error(`not all ${count} messages came to be ${outcome}: ${JSON.stringify(rows)}`);
}

async function byDatabaseAlone({ stage, folder, options }: ConsumptionBench, round: number): Promise<number> {
  const { perSecond } = await runScript(STOCK_SCRIPT, {
    url: stage.url, folder, clients: CLIENTS, seconds: options.seconds, run: `db${round}`,
  });
  return perSecond;
}

async function declare(broker: ChannelModel): Promise<void> {
  const channel = await broker.createChannel();
  for (const queue of [ours, bareQueue]) {
    await declareQueue(channel, queue);
    const { messageCount } = await channel.checkQueue(queue.name);
    if (messageCount > 0) throw new Error(`${queue.name} holds ${messageCount} messages; name a broker without any in RABBITMQ_URL`);
  }
  await channel.close();
}

async function remove(broker: ChannelModel): Promise<void> {
  const channel = await broker.createChannel();
  for (const { name } of [ours, bareQueue]) for (const queue of [name, `${name}.dead`]) await channel.deleteQueue(queue);
  await channel.deleteExchange(bareQueue.exchange);
  await channel.close();
}
