import { createHash } from 'node:crypto';
import { link, rename, unlink } from 'node:fs/promises';
import net from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface OwnerLock {
  release(): Promise<void>;
}

export interface OwnerLockOptions {
  timeoutMs: number;
  log: (message: string) => void;
}

const RETRY_MS = 50;

/**
 * Where the owner of `dataDir` listens. The system removes an abstract socket (Linux) and a named pipe
 * (Windows) together with their process, so that a kill -9 leaves nothing to clean; macOS has neither.
 */
export function ownerLockAddress(dataDir: string, platform: NodeJS.Platform = process.platform): string {
  const name = `marketplace-owner-${createHash('sha256').update(dataDir).digest('hex').slice(0, 24)}`;
  if (platform === 'linux') return `\0${name}`;
  if (platform === 'win32') return `\\\\.\\pipe\\${name}`;
  return path.join(tmpdir(), `${name}.sock`);
}

/** Makes this process the only owner of the data folder; waits for the previous owner while it drains. */
export async function acquireOwnerLock(
  dataDir: string,
  options: OwnerLockOptions,
  address = ownerLockAddress(dataDir),
): Promise<OwnerLock> {
  const deadline = Date.now() + options.timeoutMs;
  for (let attempt = 0; ; attempt += 1) {
    const lock = (await listen(address)) ?? (await replaceStale(address));
    if (lock) return lock;
    const owner = (await askOwner(address)).pid ?? 'unknown';
    if (Date.now() >= deadline) throw new Error(heldMessage(dataDir, owner));
    if (attempt === 0) options.log(`waiting for process ${owner}, which still owns ${dataDir}`);
    await sleep(RETRY_MS);
  }
}

function heldMessage(dataDir: string, owner: string): string {
  return `Process ${owner} owns the data folder ${dataDir}. Stop it, or set another DATA_DIR for this one.`;
}

/** Holds the address by listening on it and tells everyone who connects our pid; undefined when taken. */
function listen(address: string): Promise<OwnerLock | undefined> {
  return new Promise((resolve, reject) => {
    const server = net.createServer((socket) => {
      socket.on('error', () => undefined);
      // Closed at once from our side: a visitor that lingers would hold up the release.
      socket.end(String(process.pid), () => socket.destroy());
    });
    server.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'EADDRINUSE') resolve(undefined);
      else reject(error);
    });
    // Exclusive: in a cluster worker node would otherwise share the listening socket of its primary.
    server.listen({ path: address, exclusive: true }, () => {
      server.unref();
      resolve({ release: () => new Promise((done) => void server.close(() => done())) });
    });
  });
}

/**
 * A socket file outlives a killed owner: when nobody listens on it any more, it is ours to replace. It is
 * moved aside before it is judged, because by now another process may have put its own in that place: what
 * was moved is then known for certain, and goes back when its owner answers.
 */
async function replaceStale(address: string): Promise<OwnerLock | undefined> {
  if (!isSocketFile(address) || !(await isStale(address))) return undefined;
  const aside = `${address}.${process.pid}`;
  await rename(address, aside).catch(() => undefined);
  if (!(await isStale(aside))) await link(aside, address).catch(() => undefined);
  await unlink(aside).catch(() => undefined);
  return listen(address);
}

async function isStale(address: string): Promise<boolean> {
  return (await askOwner(address)).failure === 'ECONNREFUSED';
}

function isSocketFile(address: string): boolean {
  return path.isAbsolute(address) && !address.startsWith('\\\\');
}

/** The owner's pid; nothing when it is gone or too busy to answer. */
function askOwner(address: string): Promise<{ pid?: string; failure?: string }> {
  return new Promise((resolve) => {
    const socket = net.connect({ path: address });
    let pid = '';
    socket.setTimeout(500, () => socket.destroy());
    socket.on('data', (chunk) => void (pid += chunk.toString()));
    socket.on('error', (error: NodeJS.ErrnoException) => resolve({ failure: error.code }));
    socket.on('close', () => resolve(pid ? { pid } : {}));
  });
}
