import type { Work } from '../../../events/work.ts';
import { together, type Sql } from '../../../kernel/database.ts';
import { NO_CREDIT, type Credit, type CreditEntry } from './rules.ts';

/** A customer's account. To change it, hold the customer's lock. */
export async function readCredit(trx: Sql, tenantId: number, customerId: string): Promise<Credit> {
  const found = await trx.maybe<Credit>(
    `SELECT coalesce(sequence, 0) AS sequence, used_cents AS "usedCents", favour_cents AS "favourCents", limit_cents AS "limitCents"
     FROM customers_credit WHERE customer_id = $2 AND tenant_id = $1`,
    [tenantId, customerId],
  );
  return found ?? NO_CREDIT;
}

/** Writes an entry and what it left. @param told by what name of its own it was asked for, and why; a limit has none. */
export async function writeCredit(
  { trx, now, eventId }: Pick<Work, 'trx' | 'now' | 'eventId'>, tenantId: number, customerId: string, entry: CreditEntry,
  { reference = null, note = null }: { reference?: string | null; note?: string | null } = {},
): Promise<void> {
  const { kind, usedCents, favourCents, after } = entry;
  await together([
    trx.run(
      `INSERT INTO customers_credit_movements (customer_id, sequence, tenant_id, kind, used_cents, favour_cents, used_cents_after,
         favour_cents_after, limit_cents, reference, note, event_id, recorded_at)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`,
      [
        customerId, after.sequence, tenantId, kind, usedCents, favourCents, after.usedCents, after.favourCents,
        kind === 'limit' ? after.limitCents : null, reference, note, eventId ?? null, now,
      ],
    ),
    trx.run(
      `INSERT INTO customers_credit (customer_id, tenant_id, sequence, used_cents, favour_cents, limit_cents) VALUES ($1, $2, $3, $4, $5, $6)
       ON CONFLICT (customer_id, tenant_id) DO UPDATE
         SET sequence = excluded.sequence, used_cents = excluded.used_cents, favour_cents = excluded.favour_cents,
             limit_cents = excluded.limit_cents`,
      [customerId, tenantId, after.sequence, after.usedCents, after.favourCents, after.limitCents],
    ),
  ]);
}

/** What was done before by a person's own name for it: the amount moved, in cents; undefined when nothing was. */
export async function findDone(
  trx: Sql, tenantId: number, customerId: string, { kind, reference }: { kind: CreditEntry['kind']; reference: string },
): Promise<number | undefined> {
  const found = await trx.maybe<{ cents: number }>(
    `SELECT abs(used_cents - favour_cents) AS cents FROM customers_credit_movements
     WHERE reference = $4 AND customer_id = $2 AND kind = $3 AND tenant_id = $1`,
    [tenantId, customerId, kind, reference],
  );
  return found?.cents;
}
