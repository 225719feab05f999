import type { Database } from '../kernel/database.ts';
import type { Commands } from './commands.ts';
import type { Registry } from './registry.ts';

interface WokenRow {
  id: number;
  waitKey: string;
  subscriber: string;
  topic: string;
  payload: unknown;
}

const AT_ONCE = 100;

/**
 * Applies what waits for something that came about in another process, which does not handle it (MODULES): that one
 * could only leave a note. Each in a transaction of its own, under the lock of what it is about. Run as a job by every
 * process, for the topics that it handles.
 * @returns how many it took up.
 */
export async function applyWokenElsewhere(database: Database, commands: Commands, registry: Registry): Promise<number> {
  const handled = registry.all();
  const woken = await database.transaction('system', (trx) =>
    trx.rows<WokenRow>(
      `SELECT parked_id AS id, wait_key AS "waitKey", subscriber, topic, payload
       FROM parked_events JOIN unnest($1::text[], $2::text[]) AS handled(subscriber, topic) USING (subscriber, topic)
       WHERE state = 'waiting' AND woken_at IS NOT NULL ORDER BY parked_id LIMIT $3`,
      [handled.map(({ subscriber }) => subscriber), handled.map(({ topic }) => topic.name), AT_ONCE],
    ),
  );
  for (const { id, waitKey, subscriber, topic, payload } of woken) {
    const subject: string | undefined = registry.find(subscriber, topic)?.topic.subject(payload);
    await commands.run(
      'system',
      async (work) => {
        await work.trx.run('UPDATE parked_events SET woken_at = NULL WHERE parked_id = $1', [id]);
        work.wake(waitKey);
      },
      { subject },
    );
  }
  return woken.length;
}
