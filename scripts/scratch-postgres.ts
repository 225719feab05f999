import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { startEmbeddedPostgres } from '../src/kernel/embedded-postgres/index.ts';

export interface ScratchPostgres {
  /** An empty database of the server, as its superuser. */
  url: string;
  stop(): Promise<void>;
}

/** A PostgreSQL in a temporary folder, for work whose data nobody needs afterwards: not durable, but quick. */
export async function startScratchPostgres(settings: Record<string, string> = {}): Promise<ScratchPostgres> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'marketplace-scratch-'));
  await chmod(dataDir, 0o755); // started by root, the server runs as nobody and has to enter
  const starting = startEmbeddedPostgres({ dataDir, settings: { fsync: 'off', ...settings } });
  const stop = async () => {
    process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    await starting.then((server) => server.stop()).finally(() => rm(dataDir, { recursive: true, force: true }));
  };
  // The server outlives its owner by design; here nobody would come back for it.
  const onSignal = () => void stop().finally(() => process.exit(130));
  process.once('SIGINT', onSignal).once('SIGTERM', onSignal);
  try {
    return { url: (await starting).url, stop };
  } catch (error) {
    await stop().catch(() => undefined); // it failed for the same cause
    throw error;
  }
}
