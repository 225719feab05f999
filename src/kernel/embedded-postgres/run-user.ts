import { spawn } from 'node:child_process';
import { chmod, lstat, mkdir, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** The user Postgres runs as when it differs from ours; `undefined` means our own. */
export type RunUser = { uid: number; gid: number } | undefined;

export interface ProgramResult {
  code: number | null;
  output: string;
}

/** `nobody` on Linux: exists on practically every machine, so that no account has to be made. */
const NOBODY = { uid: 65534, gid: 65534 };

/**
 * Postgres refuses to run as root. Root therefore runs it as the owner of the cluster folder
 * (an ordinary user may have made it before) or, for a new cluster, as nobody.
 */
export async function runUserFor(clusterDir: string): Promise<RunUser> {
  if (process.getuid?.() !== 0) return undefined;
  const folder = await stat(clusterDir).catch(() => undefined);
  return folder && folder.uid !== 0 ? { uid: folder.uid, gid: folder.gid } : NOBODY;
}

/**
 * Environment and folder of the Postgres programs: nothing of ours leaks in (PGDATA, PGPORT, LANG …),
 * messages are in English because we read them, and the folder is one that any user can enter.
 */
export function programOptions(user: RunUser): { env: NodeJS.ProcessEnv; cwd: string; windowsHide: boolean } {
  const cwd = path.parse(process.execPath).root;
  return { env: { LC_ALL: 'C', TZ: 'UTC' }, cwd, windowsHide: true, ...user };
}

/** Runs a short program as `user` and gives its exit code and everything it printed; never rejects. */
export function runProgram(command: string, args: string[], user: RunUser): Promise<ProgramResult> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { ...programOptions(user), stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const collect = (chunk: Buffer): void => void (output += chunk.toString());
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.on('error', (error) => resolve({ code: null, output: error.message }));
    child.on('close', (code) => resolve({ code, output: output.trim() }));
  });
}

/**
 * A folder for a cluster that `user` can enter: the data folder itself or, when a parent bars the way
 * (a checkout in /root), one of the machine.
 */
export async function enterableFolder(dataDir: string, user: RunUser): Promise<string> {
  const folder = (await canEnter(dataDir, user)) ? dataDir : await machineFolder(user);
  if (folder) return folder;
  throw new Error(
    `Postgres does not run as root, and uid ${user?.uid} cannot enter ${dataDir}. ` +
      'Set DATA_DIR to a folder it can enter, run the service as an ordinary user, or set DATABASE_URL.',
  );
}

/** A folder outside of every checkout that `user` can enter; undefined when none can be made. */
export async function machineFolder(user: RunUser): Promise<string | undefined> {
  for (const base of ['/var/lib', tmpdir()]) {
    const folder = path.join(base, 'marketplace-service');
    if ((await ownFolder(folder)) && (await canEnter(folder, user))) return folder;
  }
  return undefined;
}

/** Asked by trying: mode bits alone would miss access lists and user namespaces. */
async function canEnter(folder: string, user: RunUser): Promise<boolean> {
  if (!user) return true;
  return (await runProgram('/bin/sh', ['-c', 'cd "$0"', folder], user)).code === 0;
}

/** In a world-writable place (/tmp) the name may have been taken by someone else: only our own will do. */
async function ownFolder(folder: string): Promise<boolean> {
  try {
    await mkdir(folder, { recursive: true });
    const entry = await lstat(folder);
    if (!entry.isDirectory() || entry.uid !== process.getuid?.()) return false;
    await chmod(folder, 0o755);
    return true;
  } catch {
    return false;
  }
}
