import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, cp, mkdir, readdir, readFile, rename, rm, stat, symlink } from 'node:fs/promises';
import path from 'node:path';

/**
 * npm packages cannot carry symbolic links, so that the package makes those of its libraries after the
 * installation; with `npm install --ignore-scripts` they are missing and no program starts. Makes the
 * missing ones; where that is not allowed it leaves things as they are, and the caller finds out by trying.
 */
export async function linkLibraries(native: string): Promise<void> {
  for (const { source, target } of await libraryLinks(native)) {
    const link = path.join(path.dirname(native), target);
    // EEXIST is the ordinary case; a read-only installation is the caller's to find.
    await symlink(path.relative(path.dirname(target), source), link).catch(() => undefined);
  }
}

/** Copies the package's programs into `parent`, once for each version and readable by all; gives the copy. */
export async function copyBundle(bundle: string, parent: string): Promise<string> {
  const version = await packageVersion(bundle);
  const root = path.join(parent, `postgres-binaries-${version}`);
  const native = path.join(root, 'native');
  if (existsSync(native)) return native;

  const staging = `${root}.new-${randomBytes(4).toString('hex')}`;
  await mkdir(staging, { recursive: true });
  const copy = path.join(staging, 'native');
  await cp(path.join(bundle, 'native'), copy, { recursive: true, verbatimSymlinks: true });
  await linkLibraries(copy);
  await openToAll(staging);
  // The rename makes the copy appear whole or not at all; when another process was first, its copy serves.
  await rename(staging, root).catch(async (error: unknown) => {
    await rm(staging, { recursive: true, force: true });
    if (!existsSync(native)) throw error;
  });
  return native;
}

async function libraryLinks(native: string): Promise<{ source: string; target: string }[]> {
  const text = await readFile(path.join(native, 'pg-symlinks.json'), 'utf8').catch(() => '[]');
  return JSON.parse(text) as { source: string; target: string }[];
}

async function packageVersion(bundle: string): Promise<string> {
  const manifest = await readFile(path.join(bundle, 'package.json'), 'utf8');
  return (JSON.parse(manifest) as { version: string }).version;
}

/** An installation under umask 077 is closed to the user that Postgres runs as. */
async function openToAll(folder: string): Promise<void> {
  await chmod(folder, 0o755);
  for (const entry of await readdir(folder, { withFileTypes: true })) {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) await openToAll(file);
    else if (entry.isFile()) await chmod(file, (await stat(file)).mode & 0o100 ? 0o755 : 0o644);
  }
}
