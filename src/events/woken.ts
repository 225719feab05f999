import type { Database } from '../kernel/database.ts';
import { causeOf } from '../kernel/errors.ts';
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
 * Applies what waits for something that has come about already: in another process, which does not handle it (MODULES)
 * and could only leave a note; or here, where applying it failed. Each in a transaction of its own, under the lock of
 * what it is about. Run as a job by every process, for the topics that it handles.
 * @returns how many it took up. @throws Error naming the first that could not be, after all others had their turn.
 */
export async function applyWokenBefore(database: Database, commands: Commands, registry: Registry): Promise<number> {
  const handled = registry.all();
  const woken = await database.transaction('system', (trx) =>
    trx.rows<WokenRow>(
      `SELECT parked_id AS id, wait_key AS "waitKey", subscriber, topic, payload
       FROM parked_events JOIN unnest($1::text[], $2::text[]) AS handled(subscriber, topic) USING (subscriber, topic)
       WHERE state = 'waiting' AND woken_at <= now() ORDER BY woken_at, parked_id LIMIT $3`,
      [handled.map(({ subscriber }) => subscriber), handled.map(({ topic }) => topic.name), AT_ONCE],
    ),
  );
  const failures: string[] = [];
  for (const { id, waitKey, subscriber, topic, payload } of woken) {
    const subject: string | undefined = registry.find(subscriber, topic)?.topic.subject(payload);
    const applied = commands.run(
      'system',
      async (work) => {
        await work.trx.run('UPDATE parked_events SET woken_at = NULL WHERE parked_id = $1', [id]);
        work.wake(waitKey);
      },
      { subject },
    );
    await applied.catch((error: unknown) => failures.push(`${topic} (parked ${id}): ${causeOf(error)}`));
  }
  if (failures.length > 0) throw new Error(`${failures.length} of ${woken.length} woken events: ${failures[0]}`);
  return woken.length;
}
