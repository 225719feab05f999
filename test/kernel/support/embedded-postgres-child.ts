/**
 * A process that owns an embedded Postgres, for tests that kill it; the argument is the data folder.
 * Tells its parent what it started, or why it did not, and stops on any message.
 */
import { startEmbeddedPostgres } from '../../../src/kernel/embedded-postgres/index.ts';

const dataDir = process.argv[2] ?? '';
try {
  const postgres = await startEmbeddedPostgres({ dataDir, settings: { fsync: 'off' } });
  process.send?.({ url: postgres.url, port: postgres.port, adopted: postgres.adopted });
  process.once('message', () => void postgres.stop().then(() => process.disconnect()));
} catch (error) {
  process.send?.({ failure: (error as Error).message });
  process.disconnect();
}
