import { parseArgs } from 'node:util';

export interface BenchOptions {
  rounds: number;
  /** How long each cell is measured, after a first second that is not. */
  seconds: number;
  /** Lines an order. */
  lines: number;
  /** Messages a relay run publishes. */
  messages: number;
  /** A PostgreSQL that already runs; a database is made in it and dropped again. */
  databaseUrl?: string;
  /** A RabbitMQ that already runs, without messages of ours; consumption is measured over it. Default: one of our own. */
  rabbitmqUrl?: string;
  /** Of the parts only this one. */
  only?: Part;
  json: boolean;
  /** Writes a CPU profile of the service beside the results. */
  profile: boolean;
}

export const PARTS = ['orders', 'relay', 'consumption'] as const;
export type Part = (typeof PARTS)[number];

export const PRODUCTS = 1000;

export const USAGE = `npm run bench -- [options]
  --rounds N     interleaved rounds (3)
  --seconds N    measured seconds a cell (4, or BENCH_SECONDS)
  --lines N      lines an order (1)
  --messages N   messages a relay run (20000)
  --quick        one round of one second: does it run at all?
  --only PART    orders, relay or consumption
  --json         the results as JSON on stdout instead of the table
  --profile      a CPU profile of the service into bench-results/
RABBITMQ_URL        a running RabbitMQ without messages for us: consumption is measured over it (default: one of our
                    own where rabbitmq-server is installed, else left out)
BENCH_DATABASE_URL  a running PostgreSQL 15+ to measure on (default: an embedded one, durable)`;

/** @throws Error on an option that is unknown or no number. */
export function readOptions(args: string[], env: NodeJS.ProcessEnv): BenchOptions | 'help' {
  const number = { type: 'string' } as const;
  const flag = { type: 'boolean', default: false } as const;
  const { values } = parseArgs({
    args,
    options: { rounds: number, seconds: number, lines: number, messages: number, quick: flag, json: flag, profile: flag, help: flag, only: number },
  });
  if (values.help) return 'help';
  const count = (name: 'rounds' | 'seconds' | 'lines' | 'messages', fallback: number, max: number) => {
    const value = Number(values[name] ?? fallback);
    if (Number.isInteger(value) && value >= 1 && value <= max) return value;
    throw new Error(`--${name} must be a whole number from 1 to ${max}`);
  };
  return {
    rounds: count('rounds', values.quick ? 1 : 3, 100),
    seconds: count('seconds', values.quick ? 1 : Number(env.BENCH_SECONDS || 4), 600),
    lines: count('lines', 1, 50),
    messages: count('messages', values.quick ? 4000 : 20_000, 1_000_000),
    rabbitmqUrl: env.RABBITMQ_URL || undefined,
    only: partOf(values.only),
    databaseUrl: env.BENCH_DATABASE_URL || undefined,
    json: values.json,
    profile: values.profile,
  };
}

function partOf(name: string | undefined): Part | undefined {
  const part = PARTS.find((one) => one === name);
  if (name === undefined || part !== undefined) return part;
  throw new Error(`--only must be one of ${PARTS.join(', ')}`);
}
