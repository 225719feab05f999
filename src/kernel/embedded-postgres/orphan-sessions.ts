import { createHash } from 'node:crypto';
import { readdir, readFile } from 'node:fs/promises';
import { signalAndWait } from './postmaster.ts';
import { runProgram } from './run-user.ts';

/**
 * The `cluster_name` setting. Postgres shows it in the titles of its processes, which is how we know those
 * of a dead server: their group and parent say nothing any more, and their folder is hidden from root in a
 * container.
 */
export function clusterName(dataDir: string): string {
  return `marketplace-${createHash('sha256').update(dataDir).digest('hex').slice(0, 12)}`;
}

/**
 * Ends what is left of a server whose main process was killed. Idle sessions notice by themselves, but one
 * that computes goes on until its query is done, and no server starts in the folder before. By force, which
 * costs nothing here: the next server recovers from the WAL in any case. Call it only when the main process
 * is dead.
 */
export async function endOrphanSessions(dataDir: string): Promise<void> {
  const title = `postgres: ${clusterName(dataDir)}: `;
  const sessions = (await processes()).filter(({ command }) => command.startsWith(title));
  await Promise.all(sessions.map(({ pid }) => signalAndWait(pid, 'SIGKILL', 2000)));
}

async function processes(): Promise<{ pid: number; command: string }[]> {
  if (process.platform === 'win32') return []; // without titles there: the restart waits for the query's end
  if (process.platform === 'linux') return fromProc(); // slim images have no ps
  const { output } = await runProgram('ps', ['-axo', 'pid=,args='], undefined);
  return output.split('\n').map((line) => {
    const [, pid = '0', command = ''] = /^\s*(\d+)\s+(.*)$/.exec(line) ?? [];
    return { pid: Number(pid), command };
  });
}

async function fromProc(): Promise<{ pid: number; command: string }[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const read = async (pid: string): Promise<{ pid: number; command: string }> => {
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    return { pid: Number(pid), command };
  };
  return Promise.all(pids.map(read));
}
