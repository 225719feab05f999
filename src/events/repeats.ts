import { textArray } from '../kernel/binary-array.ts';
import type { Sql } from '../kernel/database.ts';
import { storable } from './event-log.ts';
import type { Answer, Verdict } from './outcome.ts';
import type { Prepared } from './processor.ts';
import type { AnySubscription } from './registry.ts';

/**
 * Keeps those of these events that were seen before, by one statement that is its own transaction: no lock, for what
 * the inbox has once taken in it does not let go of. Worth it where repeats are expected; one more trip where not.
 * @returns the verdict of each that is a repeat, by its place; the others have to be handled.
 */
export async function keepRepeats(
  sql: Sql,
  { topic, subscriber }: AnySubscription,
  events: readonly Prepared[],
): Promise<Map<number, Verdict>> {
  const came = [...events.entries()].filter(([, { identity, delivery }]) => identity !== undefined && delivery.kept === undefined);
  const column = (read: (event: Prepared) => string | null | undefined): Buffer =>
    textArray(came.map(([, event]) => read(event) ?? null));
  const rows = await sql.rows<{ place: number; answer: Answer }>(
    `WITH came AS (
       SELECT * FROM unnest($3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
         WITH ORDINALITY AS c(key, organization, hash, source, received_topic, subject, delivery_id, body, place)),
     seen AS (
       SELECT came.*, i.answer FROM came JOIN inbox i
         ON i.key = came.key AND i.topic = $1 AND i.subscriber = $2 AND i.organization = came.organization
        AND i.content_hash = decode(came.hash, 'hex')),
     kept AS (
       INSERT INTO events (source, subscriber, organization, topic, received_topic, subject, delivery_id, body, outcome, answer)
       SELECT source, $2, organization, $1, nullif(received_topic, $1), subject, delivery_id, body, 'repeat', answer
       FROM seen ORDER BY place)
     SELECT place, answer FROM seen`,
    [
      topic.name,
      subscriber,
      column(({ identity }) => identity?.key.key),
      column(({ identity }) => identity?.key.organization),
      column(({ identity }) => identity?.hash),
      column(({ delivery }) => delivery.source),
      column(({ delivery }) => storable(delivery.receivedTopic)),
      column(({ subject }) => subject),
      column(({ delivery: { deliveryId } }) => deliveryId && storable(deliveryId)),
      column(({ delivery }) => storable(delivery.raw)),
    ],
  );
  return new Map(rows.map(({ place, answer }) => [came[place - 1]?.[0] as number, { state: 'repeat', answer, replay: true }]));
}
