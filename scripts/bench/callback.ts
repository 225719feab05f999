import { startChild, type Child } from './child.ts';
import type { LoadJob, LoadResult } from './load.ts';
import { orderBody } from './orders.ts';
import { PRODUCTS, type BenchOptions } from './options.ts';
import { runPgbench } from './pgbench.ts';
import { checkGained, countRows, fingerprint } from './rows.ts';
import type { Stage } from './stage.ts';

export type System = 'callback' | 'pgbench' | 'plain';

/** One system at one level of concurrency, measured once. */
export interface Cell {
  system: System;
  inFlight: number;
  round: number;
  perSecond: number;
  p50?: number;
  p99?: number;
  /** The mean, where there are no percentiles. */
  latency?: number;
  walBytes: number;
  /** Processor time of the serving Node process, microseconds an order. */
  nodeCpu?: number;
}

/** In this order in each round: what is compared stands side by side, so that both meet the same machine. */
const LEVELS: ReadonlyArray<[System, number]> = [
  ['callback', 16], ['plain', 16],
  ['callback', 64], ['pgbench', 16], ['callback', 256],
  ['pgbench', 64], ['plain', 64], ['plain', 256],
];

export interface OrderSystems {
  service: Child<string, number>;
  plain: Child<string, number>;
  load: Child<LoadJob, LoadResult>;
  hasPgbench: boolean;
  folder: string;
}

export async function startOrderSystems(stage: Stage, folder: string, env: Record<string, string>, execArgv: string[], hasPgbench: boolean): Promise<OrderSystems> {
  const [service, plain, load] = await Promise.all([
    startChild<string, number>('service', { env: { ...env, ROLES: 'web' }, logFile: `${folder}/service.log`, execArgv }),
    startChild<string, number>('plain-service', { env: { ...env, DATABASE_URL: stage.url } }),
    startChild<LoadJob, LoadResult>('load'),
  ]);
  return { service, plain, load, hasPgbench, folder };
}

/** Sends one order of the same product through each system. @throws Error unless they left the same rows. */
export async function compareRows(stage: Stage, { service, plain, hasPgbench }: OrderSystems, lines: number): Promise<void> {
  const products = Array.from({ length: lines }, (_, line) => line + 1);
  const prints = new Map<string, string>();
  for (const [name, child] of [['callback', service], ['plain', plain]] as const) {
    const body = orderBody(`probe-${name}`, products);
    const answer = await fetch(`${child.address}/callback`, { method: 'POST', headers: { 'content-type': 'application/json' }, body });
    if (answer.status !== 204) throw new Error(`${name} answered ${answer.status} ${await answer.text()}`);
    prints.set(name, await fingerprint(stage.admin, `probe-${name}`));
  }
  if (hasPgbench) {
    await stage.admin.query('SELECT bench_order($1, $2)', ['probe-pgbench', products]);
    prints.set('pgbench', await fingerprint(stage.admin, 'probe-pgbench'));
  }
  const expected = (prints.get('callback') as string).split('\n');
  for (const [name, print] of prints) {
    const found = print.split('\n');
    const wrong = Array.from({ length: Math.max(found.length, expected.length) }, (_, n) => [found[n], expected[n]]).filter(([is, should]) => is !== should);
    if (wrong.length > 0) throw new Error(`${name} wrote other rows than the callback:\n${wrong.map(([is, should]) => `${is}\n  callback: ${should}`).join('\n')}`);
  }
}

export async function runCells(stage: Stage, systems: OrderSystems, options: BenchOptions, tell: (cell: Cell, done: number, total: number) => void): Promise<Cell[]> {
  const levels = LEVELS.filter(([system]) => system !== 'pgbench' || systems.hasPgbench);
  const cells: Cell[] = [];
  for (let round = 1; round <= options.rounds; round += 1) {
    await stage.admin.query('VACUUM (ANALYZE)'); // what a table's statistics say must not depend on who came first
    for (const [system, inFlight] of levels) {
      const cell = await runCell(stage, systems, options, { system, inFlight, round });
      cells.push(cell);
      tell(cell, cells.length, options.rounds * levels.length);
    }
  }
  return cells;
}

/** Every system once, unmeasured: code compiled, connections open, tables no longer empty. */
export async function warmUp(stage: Stage, systems: OrderSystems, options: BenchOptions): Promise<void> {
  for (const [system, inFlight] of LEVELS.slice(0, 6)) {
    if (system !== 'pgbench' || systems.hasPgbench) await runCell(stage, systems, { ...options, seconds: 1 }, { system, inFlight, round: 0 });
  }
}

type CellKey = Pick<Cell, 'system' | 'inFlight' | 'round'>;

async function runCell(stage: Stage, systems: OrderSystems, options: BenchOptions, key: CellKey): Promise<Cell> {
  await stage.admin.query('CHECKPOINT');
  const before = await countRows(stage.admin);
  const lsn = await walPosition(stage);
  const { accepted, ...measured } = await measure(stage, systems, options, key);
  const walBytes = Math.round(((await walPosition(stage)) - lsn) / accepted);
  checkGained(`${key.system} at ${key.inFlight}`, before, await countRows(stage.admin), accepted, options.lines);
  return { ...key, ...measured, walBytes };
}

async function measure(stage: Stage, systems: OrderSystems, options: BenchOptions, { system, inFlight, round }: CellKey) {
  const job = { seconds: options.seconds, lines: options.lines, products: PRODUCTS, run: `${system}-${round}-${inFlight}-${options.seconds}` };
  if (system === 'pgbench') {
    const { accepted, perSecond, latency } = await runPgbench({ ...job, url: stage.url, folder: systems.folder, clients: inFlight });
    return { accepted, perSecond, latency };
  }
  const server = system === 'callback' ? systems.service : systems.plain;
  const cpuBefore = await server.ask('cpu');
  const { refused, ...result } = await systems.load.ask({ ...job, address: server.address, inFlight, leadSeconds: 1 });
  if (refused > 0) throw new Error(`${system} did not accept ${refused} orders`);
  return { ...result, nodeCpu: Math.round(((await server.ask('cpu')) - cpuBefore) / result.accepted) };
}

async function walPosition(stage: Stage): Promise<number> {
  const { rows } = await stage.admin.query<{ bytes: string }>(`SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0') AS bytes`);
  return Number(rows[0]?.bytes);
}
