import { readFileSync } from 'node:fs';
import { readFile, stat, unlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { runProgram } from './run-user.ts';

/** What a running server notes about itself in postmaster.pid. */
export interface PidFile {
  pid: number;
  port: number;
  ready: boolean;
}

const FAST_SHUTDOWN_MS = 10_000;
const IMMEDIATE_SHUTDOWN_MS = 5_000;
/** Above the highest pid that any of our systems gives out. */
const NO_PROCESS = 99_999_999;

export async function readPidFile(dataDir: string): Promise<PidFile | undefined> {
  const text = await readFile(pidFile(dataDir), 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n');
  const pid = Math.abs(Number(lines[0])); // negative: a single-user session
  if (!pid) return undefined;
  return { pid, port: Number(lines[3] ?? 0), ready: lines[7]?.trim() === 'ready' };
}

/**
 * Clears what would keep Postgres from starting although no server runs in the folder: a pid file whose
 * number belongs to a stranger now, or to the dead server for want of an init that reaps it (both look
 * alive to Postgres), and an empty file, as a power cut leaves it. One whose number nobody has, Postgres
 * clears itself.
 */
export async function clearStalePidFile(dataDir: string): Promise<void> {
  const file = await readPidFile(dataDir);
  if (!file) return removeEmptyPidFile(dataDir);
  if (!exists(file.pid) || (await isPostmasterOf(file.pid, dataDir))) return;
  // Not removed: by its other lines Postgres checks that no session of the dead server still writes here.
  const text = await readFile(pidFile(dataDir), 'utf8');
  await writeFile(pidFile(dataDir), text.replace(/^-?\d+/, String(NO_PROCESS)));
}

async function removeEmptyPidFile(dataDir: string): Promise<void> {
  const file = await stat(pidFile(dataDir)).catch(() => undefined);
  // A young one may belong to a server that is about to write to it.
  if (file?.size === 0 && Date.now() - file.mtimeMs > 2000) await unlink(pidFile(dataDir));
}

/** Whether the process runs; one that is dead but not yet reaped does not. */
export function isAlive(pid: number): boolean {
  return exists(pid) && (process.platform !== 'linux' || !isZombie(pid));
}

function exists(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

function isZombie(pid: number): boolean {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return text.slice(text.lastIndexOf(')') + 2).startsWith('Z');
  } catch {
    return false;
  }
}

/** Whether that process is the server of this very folder, and not one that got the number after it died. */
export async function isPostmasterOf(pid: number, dataDir: string): Promise<boolean> {
  if (!isAlive(pid)) return false;
  if (process.platform === 'win32') {
    const { output } = await runProgram('tasklist', ['/FI', `PID eq ${pid}`, '/NH'], undefined);
    return output.includes('postgres.exe');
  }
  const command = await commandLine(pid);
  return command.includes('postgres') && command.includes(dataDir);
}

async function commandLine(pid: number): Promise<string> {
  // Not /proc/PID/cwd: in a container root may not look at that of another user's process.
  if (process.platform === 'linux') return readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
  return (await runProgram('ps', ['-p', String(pid), '-o', 'args='], undefined)).output;
}

/** Stops the server: fast (sessions are cut, everything is written), then immediate, then by force. */
export async function stopPostmaster(pid: number, binFolder: string, dataDir: string): Promise<void> {
  if (!(await isPostmasterOf(pid, dataDir))) return;
  if (process.platform === 'win32') {
    // Windows has no signals: node would kill the process, and pg_ctl has Postgres' own way.
    await runProgram(path.join(binFolder, 'pg_ctl'), ['stop', '-m', 'fast', '-D', dataDir], undefined);
  } else if (await signalAndWait(pid, 'SIGINT', FAST_SHUTDOWN_MS)) return;
  else if (await signalAndWait(pid, 'SIGQUIT', IMMEDIATE_SHUTDOWN_MS)) return;
  await signalAndWait(pid, 'SIGKILL', IMMEDIATE_SHUTDOWN_MS);
}

/** Whether the process is gone within that time. */
export async function signalAndWait(
  pid: number,
  signal: NodeJS.Signals,
  timeoutMs: number,
): Promise<boolean> {
  const deadline = Date.now() + timeoutMs;
  try {
    process.kill(pid, signal);
  } catch {
    return true; // gone already
  }
  while (isAlive(pid)) {
    if (Date.now() >= deadline) return false;
    await sleep(20);
  }
  return true;
}

function pidFile(dataDir: string): string {
  return path.join(dataDir, 'postmaster.pid');
}
