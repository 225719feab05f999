import type { Sql } from '../../../kernel/database.ts';
import { DEFAULT_SETTINGS, type CustomerSettings } from './rules.ts';
import { settingsBody, settingsFrom } from './schemas.ts';

export { DEFAULT_SETTINGS, SEGMENTS, tierOf, type CustomerSettings, type Segment, type Thresholds, type Tier } from './rules.ts';

export interface KeptSettings {
  settings: CustomerSettings;
  /** Null: the defaults. */
  updatedAt: Date | null;
}

/** The tenant's own, or the defaults; checked again, since what is kept is JSON. Works under either role. */
export async function findSettings(trx: Sql, tenantId: number): Promise<KeptSettings> {
  const kept = await trx.maybe<{ settings: unknown; updatedAt: Date }>(
    'SELECT settings, updated_at AS "updatedAt" FROM customers_settings WHERE tenant_id = $1',
    [tenantId],
  );
  if (kept === undefined) return { settings: DEFAULT_SETTINGS, updatedAt: null };
  return { settings: settingsFrom(settingsBody.parse(kept.settings)), updatedAt: kept.updatedAt };
}
