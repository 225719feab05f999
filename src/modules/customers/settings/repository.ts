import type { Sql } from '../../../kernel/database.ts';

/** @param settings as they were sent, and checked. */
export const writeSettings = (trx: Sql, tenantId: number, settings: object, now: Date) =>
  trx.run(
    `INSERT INTO customers_settings (tenant_id, settings, updated_at) VALUES ($1, $2, $3)
     ON CONFLICT (tenant_id) DO UPDATE SET settings = excluded.settings, updated_at = excluded.updated_at`,
    [tenantId, JSON.stringify(settings), now],
  );
