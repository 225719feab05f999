import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';

/** A run of one script. */
export interface ScriptJob {
  url: string;
  /** Where its script may lie. */
  folder: string;
  clients: number;
  seconds: number;
  /** The script's variable `run`. */
  run: string;
}

export interface PgbenchJob extends ScriptJob {
  lines: number;
  products: number;
}

export interface PgbenchResult {
  accepted: number;
  perSecond: number;
  /** Mean, in milliseconds. */
  latency: number;
}

export const HOW_TO_GET_PGBENCH =
  'pgbench is not installed, so its column is missing. It comes with the PostgreSQL server packages: ' +
  'apt-get install postgresql (Debian, Ubuntu), dnf install postgresql-contrib (Fedora), brew install postgresql@18 (macOS).';

/** Its version, or undefined where there is none. */
export const pgbenchVersion = (): Promise<string | undefined> =>
  run(['--version'], {}).then(
    ({ stdout }) => stdout.trim(),
    () => undefined,
  );

/** Calls bench_order as often as it can, one event a transaction, prepared. The first second is not measured. */
export const runPgbench = (job: PgbenchJob): Promise<PgbenchResult> => runScript(scriptOf(job), job);

/** Runs a script as often as it can, one transaction each time; it counts in its variable `n`. */
export async function runScript(text: string, job: ScriptJob): Promise<PgbenchResult> {
  const script = join(job.folder, 'script.pgbench');
  await writeFile(script, text);
  const { stdout, stderr } = await run(
    [
      '-n', '-M', 'prepared', '-c', String(job.clients), '-j', '2', '-T', String(job.seconds + 1), '-P', '1',
      '-D', `run=${job.run}`, '-D', 'n=0', '-f', script, job.url,
    ],
    { PGOPTIONS: '-c role=marketplace_system -c jit=off' },
  );
  const find = (pattern: RegExp) => Number(pattern.exec(stdout)?.[1] ?? NaN);
  const accepted = find(/actually processed: (\d+)/);
  const failed = find(/failed transactions: (\d+)/) || 0;
  if (!(accepted > 0) || failed > 0) throw new Error(`pgbench did not do its work:\n${stdout}\n${stderr}`);
  const perSecond = afterFirstSecond(stderr) ?? find(/tps = ([\d.]+)/);
  return { accepted, perSecond, latency: find(/latency average = ([\d.]+)/) };
}

/** Each client counts its own orders; each line takes its product from its own part of the catalogue, as load.ts does. */
function scriptOf({ lines, products }: PgbenchJob): string {
  const part = Math.floor(products / lines);
  const names = Array.from({ length: lines }, (_, line) => `p${line}`);
  const picks = names.map((name, line) => `\\set ${name} random(${line * part + 1}, ${(line + 1) * part})`);
  const wanted = names.map((name) => `:${name}::int`).join(', ');
  return ['\\set n :n + 1', ...picks, `SELECT bench_order(:run || '-' || :client_id || '-' || lpad(:n, 6, '0'), ARRAY[${wanted}]);`, ''].join('\n');
}

function afterFirstSecond(progress: string): number | undefined {
  const perSecond = [...progress.matchAll(/progress: [\d.]+ s, ([\d.]+) tps/g)].map(([, tps]) => Number(tps)).slice(1);
  return perSecond.length === 0 ? undefined : perSecond.reduce((sum, tps) => sum + tps, 0) / perSecond.length;
}

function run(args: string[], env: Record<string, string>): Promise<{ stdout: string; stderr: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn('pgbench', args, { env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
    let [stdout, stderr] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => void (stdout += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => void (stderr += chunk.toString()));
    child.on('error', reject);
    child.on('close', (code) => (code === 0 ? resolve({ stdout, stderr }) : reject(new Error(`pgbench ended with ${code}: ${stderr.slice(0, 2000)}`))));
  });
}
