import { randomUUID } from 'node:crypto';
import { createCommands } from '../../../src/events/commands.ts';
import { noProbe } from '../../../src/events/probe.ts';
import { createRegistry } from '../../../src/events/registry.ts';
import type { Database } from '../../../src/kernel/database.ts';
import { createLogger } from '../../../src/kernel/logger.ts';
import type { Notice } from '../../../src/modules/notifications/ports.ts';
import { notify } from '../../../src/modules/notifications/repository.ts';
import type { TestService } from '../../support/service.ts';
import { registration } from '../marketplace/rest-support.ts';

/** Writes notices down as an event's handler does. */
export function createTeller(database: Database): (tenantId: number, notices: readonly Notice[]) => Promise<void> {
  const log = createLogger('error');
  log.silent = true;
  const core = { registry: createRegistry(), log, probe: noProbe, clock: () => new Date(), parkTtlMs: 1000 };
  const commands = createCommands(database, core);
  return (tenantId, notices) => commands.run('system', async (work) => notify(work, tenantId, notices));
}

/** Says how a customer is reached. */
export const putCustomer = (
  database: Database, tenantId: number, customerId: string, { email = null, deviceToken = null }: { email?: string | null; deviceToken?: string | null },
): Promise<number> =>
  database.transaction('system', (trx) =>
    trx.run(
      `INSERT INTO customers (tenant_id, customer_id, email, device_token, created_at, updated_at) VALUES ($1, $2, $3, $4, now(), now())
       ON CONFLICT (customer_id, tenant_id) DO UPDATE SET email = excluded.email, device_token = excluded.device_token`,
      [tenantId, customerId, email, deviceToken],
    ),
  );

export interface DeliveryRow {
  about: string;
  channel: string;
  state: string;
  recipient: string | null;
  attempts: number;
  cause: string | null;
}

export const deliveriesOf = (database: Database, tenantId: number, customerId: string): Promise<DeliveryRow[]> =>
  database.transaction('system', (trx) =>
    trx.rows<DeliveryRow>(
      `SELECT dedupe_key AS about, channel, state, recipient, attempts, cause
       FROM notification_deliveries JOIN notifications USING (notification_id, tenant_id)
       WHERE tenant_id = $1 AND customer_id = $2 ORDER BY notification_id, channel`,
      [tenantId, customerId],
    ),
  );

export interface SignedIn {
  tenantId: number;
  /** The answer's body; a problem's has its `status`. */
  ask(method: string, path: string): Promise<Record<string, unknown>>;
}

/** A new tenant over REST. */
export async function openSignedIn({ url }: Pick<TestService, 'url'>): Promise<SignedIn> {
  const ask = async (method: string, path: string, body?: unknown, token?: string) => {
    const headers = { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) };
    const response = await fetch(url + path, { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) });
    return (await response.json()) as Record<string, unknown>;
  };
  const email = `${randomUUID()}@ejemplo.com`;
  const { tenant_id, tokens } = await ask('POST', '/api/auth/register-tenant', registration({ email }));
  const { accessToken } = tokens as { accessToken: string };
  return { tenantId: Number(tenant_id), ask: (method, path) => ask(method, path, undefined, accessToken) };
}
