import type { Notify } from '../ordering/ports.ts';

/**
 * One statement for all of them. Rows in the order of their key, so that two works that tell the same customers the
 * same things wait for one another and not in a circle.
 */
export const notify: Notify = (work, tenantId, notices) => {
  if (notices.length === 0) return;
  const { eventId = null } = work;
  work.write(() =>
    work.trx.run(
      `INSERT INTO notifications (tenant_id, customer_id, name, data, dedupe_key, created_at, event_id)
       SELECT $1, customer_id, name, data::json, dedupe_key, $6, $7::bigint
       FROM unnest($2::text[], $3::text[], $4::text[], $5::text[]) AS notice(customer_id, name, data, dedupe_key)
       ORDER BY dedupe_key, customer_id, name
       ON CONFLICT (dedupe_key, customer_id, name, tenant_id) DO NOTHING`,
      [
        tenantId,
        notices.map(({ customerId }) => customerId),
        notices.map(({ name }) => name),
        notices.map(({ data }) => JSON.stringify(data)),
        notices.map(({ about }) => about),
        work.now,
        eventId,
      ],
    ),
  );
};
