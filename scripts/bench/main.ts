import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startScratchRabbitmq, type ScratchRabbitmq } from '../scratch-rabbitmq.ts';
import { compareRows, runCells, startOrderSystems, warmUp, type Cell } from './callback.ts';
import { measureConsumption, type ConsumptionRound } from './consumption.ts';
import { PRODUCTS, readOptions, USAGE, type BenchOptions, type Part } from './options.ts';
import { BENCH_FUNCTION } from './pgbench-function.ts';
import { HOW_TO_GET_PGBENCH, pgbenchVersion } from './pgbench.ts';
import { measureRelay } from './relay.ts';
import { machine, table, targetsOf, type Results } from './report.ts';
import { checkLedger } from './rows.ts';
import { openStage, type Stage } from './stage.ts';

const RESULTS = 'bench-results';
const LOG_LEVEL = 'info';
const POOL = 10;

const tell = (line: string) => void process.stderr.write(`${line}\n`);

/** What every instance of the service is started with; the hub is only called where the relay is measured. */
const serviceEnv = (databaseUrl: string, dataDir: string): Record<string, string> => ({
  DATABASE_URL: databaseUrl,
  DATABASE_POOL: String(POOL),
  DATA_DIR: dataDir,
  HUB_URL: 'http://127.0.0.1:9',
  JWT_SECRET: 'only for the benchmark, nobody signs in',
  LOG_LEVEL,
});

/** Each part on a database of its own, so that it measures the same alone and behind the others. */
async function measure(folder: string, options: BenchOptions, rabbitmqUrl: string | undefined): Promise<Results> {
  const description = machine();
  const pgbench = await pgbenchVersion();
  if (pgbench === undefined) tell(HOW_TO_GET_PGBENCH);
  const hasPgbench = pgbench !== undefined;
  let server: Stage['server'] = {};
  const part = async <Measured>(name: Part, work: (stage: Stage, env: Record<string, string>) => Promise<Measured[]>): Promise<Measured[]> => {
    if ((options.only ?? name) !== name) return [];
    tell(`${name}: preparing a database on ${options.databaseUrl === undefined ? 'an embedded PostgreSQL' : new URL(options.databaseUrl).host}`);
    const stage = await openStage(options.databaseUrl, PRODUCTS, tell);
    server = stage.server;
    try {
      return await work(stage, serviceEnv(stage.url, folder));
    } finally {
      await stage.close();
    }
  };
  const cells = await part('orders', (stage, env) => measureOrders(stage, folder, env, options, hasPgbench));
  const relay = await part('relay', (stage, env) => measureRelay(stage, folder, env, options, ({ round, relay: relayed, bare }) =>
    tell(`relay, round ${round}: ${relayed.toFixed(0)} messages/s, bare loop ${bare.toFixed(0)}`),
  ));
  const consumption = rabbitmqUrl === undefined ? [] : await part('consumption', (stage, env) =>
    measureConsumption({ stage, folder, env, options, rabbitmqUrl, hasPgbench }, tellConsumption),
  );
  return {
    at: new Date().toISOString(),
    machine: description,
    server,
    settings: {
      rounds: options.rounds, seconds: options.seconds, lines: options.lines, products: PRODUCTS, messages: options.messages,
      pool: POOL, logLevel: LOG_LEVEL, pgbench: pgbench ?? 'pgbench absent',
      client: 'one Node process with raw keep-alive sockets, the same for the service and for Express + knex',
    },
    cells,
    relay,
    consumption,
  };
}

async function measureOrders(stage: Stage, folder: string, env: Record<string, string>, options: BenchOptions, hasPgbench: boolean): Promise<Cell[]> {
  const profiling = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${RESULTS}`] : [];
  await stage.admin.query(BENCH_FUNCTION);
  const systems = await startOrderSystems(stage, folder, env, profiling, hasPgbench);
  try {
    await compareRows(stage, systems, options.lines);
    tell('the same order leaves the same rows through all systems; warming up');
    await warmUp(stage, systems, options);
    const cells = await runCells(stage, systems, options, tellCell);
    await checkLedger(stage.admin);
    return cells;
  } finally {
    await Promise.all([systems.service.stop(), systems.plain.stop(), systems.load.stop()]);
  }
}

function tellCell({ round, system, inFlight, perSecond, p50, p99 }: Cell, done: number, total: number): void {
  const latencies = p50 === undefined ? '' : `, p50 ${p50.toFixed(1)} ms, p99 ${p99?.toFixed(1)} ms`;
  tell(`[${done}/${total}] round ${round}: ${system} at ${inFlight}: ${perSecond.toFixed(0)} orders/s${latencies}`);
}

function tellConsumption({ round, bare, fresh, seen, pgbench }: ConsumptionRound): void {
  const whole = (rate: number | undefined) => rate?.toFixed(0) ?? 'absent';
  tell(`consumption, round ${round}: bare ${whole(bare)} messages/s, stock.updated ${whole(fresh)}, seen ${whole(seen)}, pgbench ${whole(pgbench)}`);
}

/** Of consumption alone: the one that was given, or one of our own where RabbitMQ is installed. */
async function openBroker({ only = 'consumption', rabbitmqUrl }: BenchOptions): Promise<Partial<ScratchRabbitmq>> {
  if (only !== 'consumption') return {};
  if (rabbitmqUrl !== undefined) return { url: rabbitmqUrl };
  const own = await startScratchRabbitmq();
  if (own === undefined) tell('no RABBITMQ_URL and no RabbitMQ installed, so consumption is not measured');
  return own ?? {};
}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2), process.env);
  if (options === 'help') return void process.stdout.write(`${USAGE}\n`);
  await mkdir(RESULTS, { recursive: true });
  const folder = await mkdtemp(join(tmpdir(), 'marketplace-bench-'));
  const broker = await openBroker(options);
  try {
    const results = await measure(folder, options, broker.url);
    const file = join(RESULTS, `${results.at.replaceAll(':', '-')}.json`);
    const json = JSON.stringify({ ...results, targets: targetsOf(results) }, null, 2);
    await writeFile(file, `${json}\n`);
    process.stdout.write(`${options.json ? json : table(results)}\n`);
    tell(`written to ${file}`);
  } finally {
    await broker.stop?.();
    await rm(folder, { recursive: true, force: true });
  }
}

main()
  .catch((error: unknown) => {
    tell(error instanceof Error ? (error.stack ?? error.message) : String(error));
    process.exitCode = 1;
  })
  .finally(() => process.exit()); // a child that was left behind by a failure ends with this process
