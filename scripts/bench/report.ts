import { cpus, loadavg, totalmem, type } from 'node:os';
import type { Cell, System } from './callback.ts';
import type { ConsumptionRound } from './consumption.ts';
import type { RelayRound } from './relay.ts';
import { median, spread } from './stats.ts';

export interface Results {
  at: string;
  machine: Record<string, string>;
  server: Record<string, string>;
  settings: Record<string, number | string>;
  cells: Cell[];
  relay: RelayRound[];
  consumption: ConsumptionRound[];
}

export interface Target {
  name: string;
  target: number;
  /** The median of the rounds' own ratios: what slows a whole round down cancels out. Undefined when not measured. */
  ratio: number | undefined;
}

export const machine = (): Record<string, string> => ({
  cpu: `${cpus().length} × ${cpus()[0]?.model.trim() ?? 'unknown'}`,
  memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
  system: `${type()} ${process.arch}`,
  node: process.version,
  // What else the machine did, if asked before the first cell: figures taken on a busy one say little by themselves.
  loadBefore: (loadavg()[0] ?? 0).toFixed(1),
});

const cellsOf = (cells: readonly Cell[], system: System, inFlight: number) =>
  cells.filter((cell) => cell.system === system && cell.inFlight === inFlight);

function ratio(cells: readonly Cell[], [system, at]: [System, number], [other, otherAt]: [System, number]): number | undefined {
  const others = new Map(cellsOf(cells, other, otherAt).map((cell) => [cell.round, cell.perSecond]));
  const each = cellsOf(cells, system, at).flatMap(({ round, perSecond }) => perSecond / (others.get(round) ?? NaN) || []);
  return each.length === 0 ? undefined : median(each);
}

export const targetsOf = ({ cells, relay, consumption }: Pick<Results, 'cells' | 'relay' | 'consumption'>): Target[] => [
  { name: 'callback at 64 : pgbench at 16', target: 1.2, ratio: ratio(cells, ['callback', 64], ['pgbench', 16]) },
  { name: 'callback at 256 : pgbench at 16', target: 1.5, ratio: ratio(cells, ['callback', 256], ['pgbench', 16]) },
  { name: 'callback at 64 : Express + knex at 64', target: 8, ratio: ratio(cells, ['callback', 64], ['plain', 64]) },
  { name: 'callback at 256 : Express + knex at 256', target: 8, ratio: ratio(cells, ['callback', 256], ['plain', 256]) },
  { name: 'relay : bare undici loop', target: 0.6, ratio: relay.length === 0 ? undefined : median(relay.map((round) => round.relay / round.bare)) },
  { name: 'messages already seen : bare consumer that acks', target: 0.5, ratio: medianOf(consumption, ({ seen, bare }) => seen / bare) },
  { name: 'inventory.stock.updated : pgbench at 16', target: 0.8, ratio: medianOf(consumption, ({ fresh, pgbench }) => pgbench && fresh / pgbench) },
];

function medianOf(rounds: readonly ConsumptionRound[], ratioOf: (round: ConsumptionRound) => number | undefined): number | undefined {
  const ratios = rounds.flatMap((round) => ratioOf(round) ?? []);
  return ratios.length === 0 ? undefined : median(ratios);
}

const NAMES: Record<System, string> = {
  callback: 'POST /callback',
  pgbench: 'pgbench, one event a transaction',
  plain: 'Express + knex, statement by statement',
};

const whole = (value: number) => Math.round(value).toLocaleString('en-US');
const range = (values: readonly number[]) => `${whole(spread(values).min)}–${whole(spread(values).max)}`;
const row = (cells: ReadonlyArray<string | number>) => `| ${cells.join(' | ')} |`;

export function table(results: Results): string {
  return [orderTable(results.cells), relayTable(results.relay), consumptionTable(results.consumption), targetTable(targetsOf(results)), footer(results)].join('\n\n');
}

function orderTable(cells: readonly Cell[]): string {
  const keys = [...new Map(cells.map(({ system, inFlight }) => [`${system} ${inFlight}`, { system, inFlight }])).values()];
  const systems = Object.keys(NAMES) as System[];
  keys.sort((a, b) => systems.indexOf(a.system) - systems.indexOf(b.system) || a.inFlight - b.inFlight);
  const lines = keys.map(({ system, inFlight }) => {
    const group = cellsOf(cells, system, inFlight);
    const middle = (pick: (cell: Cell) => number | undefined, show: (value: number) => string) => {
      const values = group.flatMap((cell) => pick(cell) ?? []);
      return values.length === 0 ? '–' : show(median(values));
    };
    const rates = group.map(({ perSecond }) => perSecond);
    const against = ratio(cells, [system, inFlight], ['pgbench', 16]);
    return row([
      NAMES[system], inFlight, whole(median(rates)), range(rates),
      group[0]?.latency === undefined ? middle((cell) => cell.p50, (ms) => ms.toFixed(1)) : `(mean ${middle((cell) => cell.latency, (ms) => ms.toFixed(1))})`,
      middle((cell) => cell.p99, (ms) => ms.toFixed(1)),
      middle((cell) => cell.walBytes, whole), middle((cell) => cell.nodeCpu, whole),
      against === undefined ? 'absent' : against.toFixed(2),
    ]);
  });
  const head = row(['orders', 'in flight', 'orders/s', 'lowest–highest', 'p50 ms', 'p99 ms', 'WAL bytes/order', 'Node µs/order', '× pgbench at 16']);
  return [head, row(['---', ...Array<string>(8).fill('--:')]), ...lines].join('\n');
}

const rateRow = (name: string, rates: readonly number[]) =>
  row([name, ...(rates.length === 0 ? ['absent', '–'] : [whole(median(rates)), range(rates)])]);

function relayTable(rounds: readonly RelayRound[]): string {
  return [
    row(['messages', 'messages/s', 'lowest–highest']),
    row(['---', '--:', '--:']),
    rateRow('relay, from a full outbox', rounds.map((round) => round.relay)),
    rateRow('bare undici loop', rounds.map((round) => round.bare)),
  ].join('\n');
}

function consumptionTable(rounds: readonly ConsumptionRound[]): string {
  return [
    row(['consumption, prefetch 20', 'messages/s', 'lowest–highest']),
    row(['---', '--:', '--:']),
    rateRow('bare consumer that only acks', rounds.map(({ bare }) => bare)),
    rateRow('messages already seen', rounds.map(({ seen }) => seen)),
    rateRow('inventory.stock.updated', rounds.map(({ fresh }) => fresh)),
    rateRow('pgbench at 16, the same writes', rounds.flatMap(({ pgbench }) => pgbench ?? [])),
  ].join('\n');
}

function targetTable(targets: readonly Target[]): string {
  const lines = targets.map(({ name, target, ratio: is }) =>
    row([name, is === undefined ? 'absent' : is.toFixed(2), `≥ ${target}`, is === undefined ? '–' : is >= target ? '✓' : '✗']),
  );
  return [row(['ratio', 'measured', 'target', '']), row(['---', '--:', '--:', '---']), ...lines].join('\n');
}

function footer({ machine: { cpu, memory, system, node, loadBefore }, server, settings }: Results): string {
  const durable = ['fsync', 'synchronous_commit', 'full_page_writes'].map((name) => `${name}=${server[name]}`).join(', ');
  return [
    `${cpu}, ${memory}, ${system}, load average before ${loadBefore}, Node ${node}, PostgreSQL ${server.server_version} (${durable}, wal_sync_method=${server.wal_sync_method}, shared_buffers=${server.shared_buffers});`,
    `${settings.rounds} rounds of ${settings.seconds} s, ${settings.lines} line(s) an order, ${settings.products} products, log level ${settings.logLevel} into a file;`,
    `load: ${settings.client}, on the same machine; ${settings.pgbench}. The rows of all were checked.`,
  ].join('\n');
}
