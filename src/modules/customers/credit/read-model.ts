import type { Sql } from '../../../kernel/database.ts';
import { findSettings } from '../settings/read-model.ts';
import { readCredit } from './repository.ts';
import { availableOf, type CreditEntry } from './rules.ts';

export interface CreditView {
  /** The customer's own, or the tenant's default. */
  limitCents: number;
  ownLimit: boolean;
  usedCents: number;
  favourCents: number;
  availableCents: number;
}

export async function findCredit(trx: Sql, tenantId: number, customerId: string): Promise<CreditView> {
  const { settings } = await findSettings(trx, tenantId);
  const credit = await readCredit(trx, tenantId, customerId);
  const { usedCents, favourCents, limitCents } = credit;
  return {
    limitCents: limitCents ?? settings.creditLimitCents,
    ownLimit: limitCents !== null,
    usedCents,
    favourCents,
    availableCents: availableOf(credit, settings.creditLimitCents),
  };
}

export interface CreditMovement {
  sequence: number;
  kind: CreditEntry['kind'];
  usedCents: number;
  favourCents: number;
  usedCentsAfter: number;
  favourCentsAfter: number;
  limitCents: number | null;
  reference: string | null;
  note: string | null;
  recordedAt: Date;
}

/** Newest first. @param before only those older than this one. */
export const listCreditMovements = (
  trx: Sql, tenantId: number, customerId: string, { before, limit }: { before?: number; limit: number },
): Promise<CreditMovement[]> =>
  trx.rows<CreditMovement>(
    `SELECT sequence, kind, used_cents AS "usedCents", favour_cents AS "favourCents", used_cents_after AS "usedCentsAfter",
            favour_cents_after AS "favourCentsAfter", limit_cents AS "limitCents", reference, note, recorded_at AS "recordedAt"
     FROM customers_credit_movements
     WHERE customer_id = $2 AND tenant_id = $1 AND ($3::integer IS NULL OR sequence < $3) ORDER BY sequence DESC LIMIT $4`,
    [tenantId, customerId, before ?? null, limit],
  );

export { creditAnswer, shownCredit } from './schemas.ts';
