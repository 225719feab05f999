import assert from 'node:assert/strict';
import { z } from 'zod';
import { createCommands } from '../../src/events/commands.ts';
import { noProbe } from '../../src/events/probe.ts';
import { createRegistry } from '../../src/events/registry.ts';
import { defineTopic } from '../../src/events/topic.ts';
import { openDatabase, type Database } from '../../src/kernel/database.ts';
import { createLogger } from '../../src/kernel/logger.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { openShop } from '../support/shop.ts';

const counted = defineTopic({
  name: 'contado',
  direction: 'out',
  description: 'Un número.',
  schema: z.object({ n: z.int() }),
  subject: () => 'cuenta',
  example: { n: 1 },
});

describe('messages that a query makes', () => {
  let cloned: TestDatabase;
  let database: Database;
  before(async () => {
    cloned = await cloneDatabase();
    database = openDatabase(cloned.url, { max: 2, onError: () => undefined });
  });
  after(async () => {
    await database.close();
    await cloned.drop();
  });

  const commands = () =>
    createCommands(database, {
      registry: createRegistry(),
      log: createLogger('error'),
      probe: noProbe,
      clock: () => new Date(),
      parkTtlMs: 1,
    });
  const outbox = () =>
    database.transaction('system', (trx) =>
      trx.rows<{ text: string; key: string; tenant: number | null }>(
        'SELECT payload::text AS text, ordering_key AS key, tenant_id AS tenant FROM outbox ORDER BY message_id',
      ),
    );
  const numbers = {
    text: `SELECT '{"n":' || n || '}' AS payload FROM generate_series($1::int, $2::int) AS n ORDER BY n DESC`,
    values: [2, 4],
  };

  it('stand in its order between those published before and after, letter by letter as it wrote them', async () => {
    const { tenantId } = await openShop(database);
    await commands().run({ tenantId }, async (work) => {
      work.publish(counted, { n: 1 });
      work.publishSelected(counted, 'cuenta', numbers);
      work.publish(counted, { n: 5 });
    });
    const rows = await outbox();
    assert.deepEqual(
      rows.map(({ text }) => text),
      [1, 4, 3, 2, 5].map((n) => `{"n":${n}}`),
    );
    assert.ok(rows.every(({ key, tenant }) => key === 'cuenta' && tenant === tenantId));
  });

  it('are not there when the transaction is not', async () => {
    const before = (await outbox()).length;
    const run = commands().run('system', async (work) => {
      work.publishSelected(counted, 'cuenta', numbers);
      work.publishSelected(counted, 'cuenta', { text: `SELECT 'no JSON' AS payload`, values: [] });
    });
    await assert.rejects(run, /json/);
    assert.equal((await outbox()).length, before);
  });
});
