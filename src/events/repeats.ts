import type { Sql } from '../kernel/database.ts';
import { storable, type Delivery } from './event-log.ts';
import type { Answer, Verdict } from './outcome.ts';
import type { Identity, Prepared } from './processor.ts';

/**
 * Keeps those of these events that were seen before, by one statement that is its own transaction: no lock, for what
 * the inbox has once taken in it does not let go of. Worth it where repeats are expected; one more trip where not.
 * @returns the verdict of each that is a repeat, by its place; the others have to be handled.
 */
export async function keepRepeats(sql: Sql, topic: string, events: readonly Prepared[]): Promise<Map<number, Verdict>> {
  const came = [...events.entries()].flatMap(([position, { identity, delivery, subject }]) =>
    identity === undefined || delivery.kept !== undefined ? [] : [arrivalOf(position, identity, delivery, subject)],
  );
  const rows = await sql.rows<{ position: number; answer: Answer }>(
    `WITH seen AS (
       SELECT came.*, i.answer
       FROM json_to_recordset($2) AS came(position int, key text, subscriber text, organization text, hash text, source text,
                                          received_topic text, subject text, delivery_id text, body text)
       JOIN inbox i
         ON i.key = came.key AND i.topic = $1 AND i.subscriber = came.subscriber AND i.organization = came.organization
        AND i.content_hash = decode(came.hash, 'hex')),
     kept AS (
       INSERT INTO events (source, subscriber, organization, topic, received_topic, subject, delivery_id, body, outcome, answer)
       SELECT source, subscriber, organization, $1, nullif(received_topic, $1), subject, delivery_id, body, 'repeat', answer
       FROM seen ORDER BY position)
     SELECT position, answer FROM seen`,
    [topic, JSON.stringify(came)],
  );
  return new Map(rows.map(({ position, answer }) => [position, { state: 'repeat', answer, replay: true }]));
}

/** One JSON for all: an array a column costs both sides more, above all the quoting of bodies by the driver. */
const arrivalOf = (position: number, { key, hash }: Identity, delivery: Delivery, subject?: string) => ({
  position,
  key: key.key,
  subscriber: key.subscriber,
  organization: key.organization,
  hash,
  source: delivery.source,
  received_topic: storable(delivery.receivedTopic),
  subject,
  delivery_id: delivery.deliveryId && storable(delivery.deliveryId),
  body: storable(delivery.raw),
});
