import { textArray } from '../kernel/binary-array.ts';
import type { Sql } from '../kernel/database.ts';
import { storable, type Delivery } from './event-log.ts';
import type { Answer, Verdict } from './outcome.ts';
import type { Prepared } from './processor.ts';
import type { AnySubscription } from './registry.ts';

/**
 * Keeps those of these events that were seen before, by one statement that is its own transaction: no lock, for what
 * the inbox has once taken in it does not let go of. Worth it where repeats are expected; one more trip where not.
 * Looks only at what came as the first of them did, over one transport and under one name, as a batch nearly always does.
 * @returns the verdict of each that is a repeat, by its place; the others have to be handled.
 */
export async function keepRepeats(
  sql: Sql,
  { topic, subscriber }: AnySubscription,
  events: readonly Prepared[],
): Promise<Map<number, Verdict>> {
  const { source, receivedTopic } = events[0]?.delivery as Delivery;
  const came = [...events.entries()].filter(
    ([, { identity, delivery }]) =>
      identity !== undefined && delivery.kept === undefined && delivery.source === source && delivery.receivedTopic === receivedTopic,
  );
  const column = (read: (event: Prepared) => string | null | undefined): Buffer =>
    textArray(came.map(([, event]) => read(event) ?? null));
  const rows = await sql.rows<{ place: number; answer: Answer }>(
    `WITH came AS (
       SELECT * FROM unnest($5::text[], $6::text[], $7::text[], $8::text[], $9::text[], $10::text[])
         WITH ORDINALITY AS c(key, organization, hash, subject, delivery_id, body, place)),
     seen AS (
       SELECT came.*, i.answer FROM came CROSS JOIN LATERAL (
         SELECT answer FROM inbox
         WHERE key = came.key AND topic = $1 AND subscriber = $2 AND organization = came.organization
           AND content_hash = decode(came.hash, 'hex') OFFSET 0) AS i),
     kept AS (
       INSERT INTO events (source, subscriber, organization, topic, received_topic, subject, delivery_id, body, outcome, answer)
       SELECT $3, $2, organization, $1, nullif($4, $1), subject, delivery_id, body, 'repeat', answer
       FROM seen)
     SELECT place, answer FROM seen`,
    [
      topic.name,
      subscriber,
      source,
      storable(receivedTopic),
      column(({ identity }) => identity?.key.key),
      column(({ identity }) => identity?.key.organization),
      column(({ identity }) => identity?.hash),
      column(({ subject }) => subject),
      column(({ delivery: { deliveryId } }) => deliveryId && storable(deliveryId)),
      column(({ delivery }) => storable(delivery.raw)),
    ],
  );
  return new Map(rows.map(({ place, answer }) => [came[place - 1]?.[0] as number, { state: 'repeat', answer, replay: true }]));
}
