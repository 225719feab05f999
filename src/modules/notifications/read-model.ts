import type { Sql } from '../../kernel/database.ts';
import type { Channel } from './ports.ts';
import { stateOf, type DeliveryState } from './rules.ts';

/** One way by which a customer is told. */
export interface DeliveryView {
  channel: Channel;
  state: DeliveryState;
  /** Whole: it is the tenant's own customer. Null while nobody has said it. */
  recipient: string | null;
  attempts: number;
  /** What whoever was to take it said, or why it was not sent. */
  cause: string | null;
  sent_at: Date | null;
}

/** Something a customer is told, as it is shown. */
export interface NotificationView {
  notification_id: number;
  customer_id: string;
  /** As the event document names it: cart_item_out_of_stock, order_cancelled_timeout… */
  name: string;
  data: Record<string, string | number | boolean | null | string[]>;
  /** What it is about; a customer is told the same name about the same thing once. */
  about: string;
  state: DeliveryState;
  created_at: Date;
  deliveries: DeliveryView[];
}

type Written = Omit<NotificationView, 'state' | 'deliveries'>;

export interface NotificationFilter {
  customer_id?: string;
  name?: string;
  /** Only those with a delivery in this state. */
  state?: DeliveryState;
  /** Only those older than this one. */
  before?: number;
  limit: number;
}

const COLUMNS = 'notification_id, customer_id, name, data, dedupe_key AS about, created_at';

/** The tenant's, newest first. */
export async function listNotifications(
  trx: Sql, tenantId: number, { customer_id, name, state, before, limit }: NotificationFilter,
): Promise<NotificationView[]> {
  const written = await trx.rows<Written>(
    `SELECT ${COLUMNS} FROM notifications n
     WHERE tenant_id = $1 AND ($2::text IS NULL OR customer_id = $2) AND ($3::text IS NULL OR name = $3)
       AND ($4::bigint IS NULL OR notification_id < $4)
       AND ($6::text IS NULL OR EXISTS (SELECT FROM notification_deliveries d WHERE d.tenant_id = $1
         AND d.notification_id = n.notification_id AND d.state = $6))
     ORDER BY notification_id DESC LIMIT $5`,
    [tenantId, customer_id, name, before, limit, state],
  );
  return withDeliveries(trx, tenantId, written);
}

export async function findNotification(trx: Sql, tenantId: number, id: number): Promise<NotificationView | undefined> {
  const written = await trx.rows<Written>(
    `SELECT ${COLUMNS} FROM notifications WHERE tenant_id = $1 AND notification_id = $2`,
    [tenantId, id],
  );
  return (await withDeliveries(trx, tenantId, written))[0];
}

async function withDeliveries(trx: Sql, tenantId: number, written: readonly Written[]): Promise<NotificationView[]> {
  const rows = await trx.rows<DeliveryView & { notification_id: number }>(
    `SELECT notification_id, channel, state, recipient, attempts, cause, sent_at FROM notification_deliveries
     WHERE tenant_id = $1 AND notification_id = ANY($2) ORDER BY notification_id, channel`,
    [tenantId, written.map(({ notification_id }) => notification_id)],
  );
  return written.map((notice) => {
    const deliveries = rows
      .filter(({ notification_id }) => notification_id === notice.notification_id)
      .map(({ notification_id: _id, ...delivery }) => delivery);
    return { ...notice, state: stateOf(deliveries), deliveries };
  });
}
