import { appendWritten } from '../../events/outbox.ts';
import type { Sql } from '../../kernel/database.ts';
import type { Channel, Notify } from './ports.ts';
import { RETRIABLE, type DeliveryState } from './rules.ts';
import { customerSubject, DELIVERIES } from './topics.ts';

/** How a customer (`c`) is reached about a notice; null where nobody has said. */
const WAYS = `(VALUES
  ('email', nullif(trim(coalesce(to_email, c.email)), '')),
  ('push', nullif(trim(coalesce(to_device_token, c.device_token)), ''))) AS way(channel, recipient)`;

/**
 * Rows in the order of their key, so that two works that tell the same customers the same things wait for one another
 * and not in a circle. Customers are read here and not through their read model, for this to stay one statement.
 */
const STEPS = `
  told AS (
    INSERT INTO notifications (tenant_id, customer_id, name, data, dedupe_key, created_at, event_id, to_email, to_device_token)
    SELECT $1::int, customer_id, name, data::json, dedupe_key, $6::timestamptz, $7::bigint, email, device_token
    FROM unnest($2::text[], $3::text[], $4::text[], $5::text[], $8::text[], $9::text[])
      AS notice(customer_id, name, data, dedupe_key, email, device_token)
    ORDER BY dedupe_key, customer_id, name
    ON CONFLICT (dedupe_key, customer_id, name, tenant_id) DO NOTHING
    RETURNING notification_id, customer_id, to_email, to_device_token),
  reached AS (
    INSERT INTO notification_deliveries (notification_id, tenant_id, channel, recipient, state, cause)
    SELECT notification_id, $1::int, channel, recipient, CASE WHEN recipient IS NULL THEN 'undeliverable' ELSE 'pending' END,
           CASE WHEN recipient IS NULL THEN $13::text END
    FROM told LEFT JOIN customers c ON c.customer_id = told.customer_id AND c.tenant_id = $1::int
    CROSS JOIN LATERAL ${WAYS}
    WHERE recipient IS NOT NULL OR channel = 'email'
    RETURNING notification_id, channel, recipient)`;

const MESSAGES = `
  SELECT CASE channel WHEN 'email' THEN $10::text ELSE $11::text END AS topic, channel AS destination,
         $12::text || customer_id AS ordering_key,
         json_build_object('tenant_id', $1::int, 'notification_id', notification_id, 'customer_id', customer_id) AS payload
  FROM reached JOIN told USING (notification_id) WHERE recipient IS NOT NULL ORDER BY notification_id, channel`;

const NO_ADDRESS = 'no se conoce el correo del cliente';

/** One statement for all of them: the notices that are new, how each goes, and the messages that have them sent. */
export const notify: Notify = (work, tenantId, notices) => {
  if (notices.length === 0) return;
  const { eventId } = work;
  const values = [
    tenantId,
    notices.map(({ customerId }) => customerId),
    notices.map(({ name }) => name),
    notices.map(({ data }) => JSON.stringify(data)),
    notices.map(({ about }) => about),
    work.now,
    eventId ?? null,
    notices.map(({ to }) => to?.email ?? null),
    notices.map(({ to }) => to?.deviceToken ?? null),
    DELIVERIES.email.name,
    DELIVERIES.push.name,
    customerSubject(tenantId, ''),
    NO_ADDRESS,
  ];
  const written = { steps: STEPS, text: MESSAGES, values, destinations: ['email', 'push'] as const };
  work.write(() => appendWritten(work.trx, { tenantId, eventId }, written));
};

/** A delivery with its notice, as sending it needs it. */
export interface Delivery {
  tenantId: number;
  notificationId: number;
  channel: Channel;
  state: DeliveryState;
  recipient: string | null;
  attempts: number;
  notBefore: Date | null;
  cause: string | null;
  deadMessageId: number | null;
  customerId: string;
  name: string;
  data: Record<string, unknown>;
  about: string;
  createdAt: Date;
}

export const findDelivery = (
  trx: Sql, tenantId: number, notificationId: number, channel: Channel,
): Promise<Delivery | undefined> =>
  trx.maybe<Delivery>(
    `SELECT d.tenant_id AS "tenantId", d.notification_id AS "notificationId", channel, state, recipient, attempts,
            not_before AS "notBefore", cause, dead_message_id AS "deadMessageId", customer_id AS "customerId", name, data,
            dedupe_key AS about, created_at AS "createdAt"
     FROM notification_deliveries d JOIN notifications n USING (notification_id, tenant_id)
     WHERE tenant_id = $1 AND notification_id = $2 AND channel = $3`,
    [tenantId, notificationId, channel],
  );

type Change = { state: 'sent' | 'kept'; at: Date } | { state: 'pending'; notBefore: Date; cause: string } |
  { state: 'failed' | 'undeliverable'; cause: string; deadMessageId: number | null };

/** @returns whether it was still to be sent. */
export async function changeDelivery(
  trx: Sql, { tenantId, notificationId, channel }: Delivery, change: Change,
): Promise<boolean> {
  const sentAt = change.state === 'sent' ? change.at : null;
  const changed = await trx.run(
    `UPDATE notification_deliveries
     SET state = $4, sent_at = $5, not_before = $6, cause = $7, dead_message_id = $8, attempts = attempts + 1
     WHERE tenant_id = $1 AND notification_id = $2 AND channel = $3 AND state IN ('pending', 'failed')`,
    [
      tenantId, notificationId, channel, change.state, sentAt,
      'notBefore' in change ? change.notBefore : null,
      'cause' in change ? change.cause : null,
      'deadMessageId' in change ? change.deadMessageId : null,
    ],
  );
  return changed > 0;
}

/**
 * Makes what was not sent pending again, to where the customer is reached now. `dead_message_id` stays, for the next
 * try to say what took its place. @returns those that somebody can be reached by.
 */
export const reopenDeliveries = (
  trx: Sql, tenantId: number, notificationId: number,
): Promise<Array<{ channel: Channel; customerId: string }>> =>
  trx.rows(
    `UPDATE notification_deliveries d
     SET state = 'pending', recipient = way.recipient, attempts = 0, not_before = NULL, cause = NULL
     FROM notifications n LEFT JOIN customers c USING (customer_id, tenant_id)
     CROSS JOIN LATERAL ${WAYS}
     WHERE n.tenant_id = $1 AND n.notification_id = $2 AND d.tenant_id = $1 AND d.notification_id = $2
       AND d.channel = way.channel AND d.state = ANY($3) AND way.recipient IS NOT NULL
     RETURNING d.channel, n.customer_id AS "customerId"`,
    [tenantId, notificationId, RETRIABLE],
  );
