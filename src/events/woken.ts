import type { Database } from '../kernel/database.ts';
import { causeOf } from '../kernel/errors.ts';
import type { Commands } from './commands.ts';
import { applyDue, postpone } from './parking.ts';
import type { Registry } from './registry.ts';

interface DueRow {
  id: number;
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
  const due = await database.transaction('system', (trx) =>
    trx.rows<DueRow>(
      `SELECT parked_id AS id, subscriber, topic, payload
       FROM parked_events JOIN unnest($1::text[], $2::text[]) AS handled(subscriber, topic) USING (subscriber, topic)
       WHERE state = 'waiting' AND woken_at <= now() ORDER BY woken_at, parked_id LIMIT $3`,
      [handled.map(({ subscriber }) => subscriber), handled.map(({ topic }) => topic.name), AT_ONCE],
    ),
  );
  const failures: string[] = [];
  const apply = async ({ id, subscriber, topic, payload }: DueRow) => {
    const subject: string | undefined = registry.find(subscriber, topic)?.topic.subject(payload);
    await commands.run('system', (work) => applyDue(work, id, registry), { subject });
  };
  for (const row of due) {
    await apply(row).catch((error: unknown) => {
      failures.push(`${row.topic} (parked ${row.id}): ${causeOf(error)}`);
      return database.transaction('system', (trx) => postpone(trx, row.id, error));
    });
  }
  if (failures.length > 0) throw new Error(`${failures.length} of ${due.length} woken events: ${failures[0]}`);
  return due.length;
}
