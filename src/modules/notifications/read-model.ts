import type { Sql } from '../../kernel/database.ts';

export type NotificationState = 'pending' | 'sent' | 'failed';

/** Something a customer is told, as it is shown. */
export interface NotificationView {
  notification_id: number;
  customer_id: string;
  /** As the event document names it: cart_item_out_of_stock, order_cancelled_timeout… */
  name: string;
  data: Record<string, unknown>;
  /** What it is about; a customer is told the same name about the same thing once. */
  about: string;
  state: NotificationState;
  created_at: Date;
}

export interface NotificationFilter {
  customer_id?: string;
  name?: string;
  /** Only those older than this one. */
  before?: number;
  limit: number;
}

/** The tenant's, newest first. */
export const listNotifications = (
  trx: Sql,
  tenantId: number,
  { customer_id, name, before, limit }: NotificationFilter,
): Promise<NotificationView[]> =>
  trx.rows<NotificationView>(
    `SELECT notification_id, customer_id, name, data, dedupe_key AS about, state, created_at
     FROM notifications
     WHERE tenant_id = $1 AND ($2::text IS NULL OR customer_id = $2) AND ($3::text IS NULL OR name = $3)
       AND ($4::bigint IS NULL OR notification_id < $4)
     ORDER BY notification_id DESC LIMIT $5`,
    [tenantId, customer_id, name, before, limit],
  );
