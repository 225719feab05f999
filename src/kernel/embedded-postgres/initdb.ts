import { createHash, randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, rename, rm, symlink, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { USER } from './database.ts';
import { enterableFolder, runProgram } from './run-user.ts';
import type { RunUser } from './run-user.ts';

export interface NewCluster {
  user: RunUser;
  password: string;
  binFolder: string;
  major: number;
  durable: boolean;
}

/**
 * Runs initdb in a folder beside and renames the result into place: killed half way, it leaves only
 * something for the next start to sweep up. Where Postgres cannot enter the data folder, the cluster goes
 * elsewhere and a link in the data folder leads to it: who deletes the data folder starts afresh.
 */
export async function createCluster(
  dataDir: string,
  entry: string,
  options: NewCluster,
  log: (message: string) => void,
): Promise<void> {
  const parent = await enterableFolder(dataDir, options.user);
  const inside = parent === dataDir;
  const hash = createHash('sha256').update(dataDir).digest('hex').slice(0, 12);
  const target = inside ? entry : path.join(parent, `${hash}-${randomBytes(3).toString('hex')}`);
  const prefix = `${inside ? path.basename(entry) : hash}.new-`;
  if (!inside) log(`uid ${options.user?.uid} cannot enter ${dataDir}: the database goes to ${target}`);

  await sweep(parent, prefix);
  const staging = path.join(parent, prefix + randomBytes(4).toString('hex'));
  try {
    const data = await initialise(staging, options);
    await rename(data, target);
    if (!inside) {
      await rm(entry, { force: true }); // a link whose folder somebody deleted
      await symlink(target, entry);
    }
    if (options.durable) await syncFolders([parent, dataDir]);
  } finally {
    await rm(staging, { recursive: true, force: true });
  }
}

async function initialise(staging: string, options: NewCluster): Promise<string> {
  const data = path.join(staging, 'data');
  const passwordFile = path.join(staging, 'password');
  await mkdir(data, { recursive: true, mode: 0o700 });
  await writeFile(passwordFile, options.password, { mode: 0o600 });
  for (const file of [passwordFile, data, staging]) {
    if (options.user) await chown(file, options.user.uid, options.user.gid);
  }
  const args = ['-D', data, '-U', USER, '--auth=scram-sha-256', `--pwfile=${passwordFile}`, '-E', 'UTF8'];
  args.push(...localeArgs(options.major), ...(options.durable ? [] : ['--no-sync']));
  const { code, output } = await runProgram(path.join(options.binFolder, 'initdb'), args, options.user);
  if (code !== 0) throw new Error(`initdb failed: ${output.slice(-2000)}`);
  return data;
}

/** The same order and case rules everywhere; before 17 only Linux has them, in its own library, which compares far slower. */
function localeArgs(major: number): string[] {
  if (major >= 17) return ['--locale=C', '--locale-provider=builtin', '--builtin-locale=C.UTF-8'];
  return [process.platform === 'linux' ? '--locale=C.UTF-8' : '--locale=C'];
}

/** Leftovers of starts that were killed; one that cannot be removed is only a waste of space. */
async function sweep(parent: string, prefix: string): Promise<void> {
  for (const name of await readdir(parent)) {
    if (!name.startsWith(prefix)) continue;
    await rm(path.join(parent, name), { recursive: true, force: true, maxRetries: 3 }).catch(() => undefined);
  }
}

/** A rename lasts through a power cut once its folder is on disk. Windows cannot open folders. */
async function syncFolders(folders: string[]): Promise<void> {
  for (const folder of process.platform === 'win32' ? [] : folders) {
    const handle = await open(folder, 'r');
    await handle.sync().finally(() => handle.close());
  }
}
