import { strict as assert } from 'node:assert';
import { noProbe } from '../../src/events/probe.ts';
import { appendToOutbox } from '../../src/events/outbox.ts';
import { createRelay, type SendResult } from '../../src/events/relay/index.ts';
import { openDatabase, type Database } from '../../src/kernel/database.ts';
import { createLogger } from '../../src/kernel/logger.ts';
import { createNotifications } from '../../src/kernel/notifications.ts';
import { cloneDatabase, type TestDatabase } from '../support/database.ts';
import { until } from '../support/service.ts';

describe('a message that cannot be taken yet', () => {
  let cloned: TestDatabase;
  let database: Database;
  before(async () => {
    cloned = await cloneDatabase();
    database = openDatabase(cloned.url, { max: 4, onError: () => undefined });
  });
  after(async () => {
    await database.close();
    await cloned.drop();
  });

  it('is tried again and again, becomes a dead letter in the end, and lets those behind it go on', async () => {
    const tried: string[] = [];
    const answer = (topic: string): SendResult => (topic === 'held' ? { kind: 'held', cause: 'nobody is there' } : { kind: 'sent' });
    const log = createLogger('error');
    log.silent = true;
    const notifications = createNotifications(database, log);
    const relay = createRelay({
      database, notifications, log, probe: noProbe, metrics: { sent: () => undefined }, heldAttempts: 3,
      transport: {
        destination: 'amqp',
        send: async ({ topic, key }) => {
          tried.push(`${key} ${topic}`);
          return answer(topic);
        },
      },
    });
    const message = (orderingKey: string, topic: string) => ({ destination: 'amqp' as const, topic, orderingKey, payload: '{}' });
    await notifications.start();
    await relay.start();
    try {
      await database.transaction('system', (trx) =>
        appendToOutbox(trx, [message('a', 'held'), message('a', 'behind'), message('b', 'other')]),
      );
      const rows = await until('all are settled', async () => {
        const found = await database.transaction('system', (trx) =>
          trx.rows<{ topic: string; state: string; attempts: number; cause: string | null }>(
            'SELECT topic, state, attempts, last_error AS cause FROM outbox ORDER BY message_id',
          ),
        );
        return found.every(({ state }) => state !== 'pending') && found;
      });
      assert.deepEqual(rows, [
        { topic: 'held', state: 'dead', attempts: 3, cause: 'nobody is there' },
        { topic: 'behind', state: 'published', attempts: 1, cause: null },
        { topic: 'other', state: 'published', attempts: 1, cause: null },
      ]);
      assert.deepEqual(tried.filter((one) => one.startsWith('a')), ['a held', 'a held', 'a held', 'a behind']);
    } finally {
      await relay.stop();
      await notifications.stop();
    }
  });
});
