import type { Sql } from '../kernel/database.ts';
import { storable } from './event-log.ts';
import type { Answer, Verdict } from './outcome.ts';
import type { Prepared } from './processor.ts';

/**
 * Keeps those of these events that were seen before, by one statement that is its own transaction: no lock, for what
 * the inbox has once taken in it does not let go of. Worth it where repeats are expected; one more trip where not.
 * @returns the verdict of each that is a repeat, by its place; the others have to be handled.
 */
export async function keepRepeats(sql: Sql, topic: string, events: readonly Prepared[]): Promise<Map<number, Verdict>> {
  const came = [...events.entries()].flatMap(([position, { identity, delivery, subject }]) =>
    identity === undefined || delivery.kept !== undefined ? [] : [{ position, identity, delivery, subject }],
  );
  const rows = await sql.rows<{ position: number; answer: Answer }>(
    `WITH came AS (
       SELECT * FROM unnest($2::int[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
                            $10::text[], $11::text[])
         AS c(position, key, subscriber, organization, hash, source, received_topic, subject, delivery_id, body)),
     seen AS (
       SELECT came.*, i.answer FROM came JOIN inbox i
         ON i.key = came.key AND i.topic = $1 AND i.subscriber = came.subscriber AND i.organization = came.organization
        AND i.content_hash = decode(came.hash, 'hex')),
     kept AS (
       INSERT INTO events (source, subscriber, organization, topic, received_topic, subject, delivery_id, body, outcome, answer)
       SELECT source, subscriber, organization, $1, nullif(received_topic, $1), subject, delivery_id, body, 'repeat', answer
       FROM seen ORDER BY position)
     SELECT position, answer FROM seen`,
    [
      topic,
      came.map(({ position }) => position),
      came.map(({ identity }) => identity.key.key),
      came.map(({ identity }) => identity.key.subscriber),
      came.map(({ identity }) => identity.key.organization),
      came.map(({ identity }) => identity.hash),
      came.map(({ delivery }) => delivery.source),
      came.map(({ delivery }) => storable(delivery.receivedTopic)),
      came.map(({ subject }) => subject ?? null),
      came.map(({ delivery }) => (delivery.deliveryId === undefined ? null : storable(delivery.deliveryId))),
      came.map(({ delivery }) => storable(delivery.raw)),
    ],
  );
  return new Map(rows.map(({ position, answer }) => [position, { state: 'repeat', answer, replay: true }]));
}
