import type { Work } from '../../../events/work.ts';
import { together, type Sql } from '../../../kernel/database.ts';
import { NO_POINTS, type Change, type Lot, type Points } from './rules.ts';

const LOT = `lot, source, reference, earned, remaining, used, expired, reversed, earned_at AS "earnedAt", expires_at AS "expiresAt"`;

/** A customer's points with their open lots, and the lot of a purchase. The caller holds the customer's lock. */
export async function readPoints(
  trx: Sql, tenantId: number, customerId: string, purchase?: Pick<Lot, 'source' | 'reference'>,
): Promise<Points> {
  const [figures, lots] = await together([
    trx.maybe<Omit<Points, 'lots'>>(
      `SELECT coalesce(sequence, 0) AS sequence, points, debt, earned FROM customers_points WHERE customer_id = $2 AND tenant_id = $1`,
      [tenantId, customerId],
    ),
    trx.rows<Lot>(
      `SELECT ${LOT} FROM customers_point_lots
       WHERE customer_id = $2 AND tenant_id = $1 AND (remaining > 0 OR (source = $3 AND reference = $4)) ORDER BY lot`,
      [tenantId, customerId, purchase?.source ?? null, purchase?.reference ?? null],
    ),
  ]);
  return { ...(figures ?? NO_POINTS), lots };
}

/** Writes entries, lots and figures; nothing where nothing changed. */
export async function writePoints(work: Work, tenantId: number, customerId: string, before: Points, { next, entries }: Change): Promise<void> {
  if (entries.length === 0 && next.earned === before.earned) return;
  const known = new Map(before.lots.map((lot) => [lot.lot, lot]));
  const changed = next.lots.filter((lot) => known.get(lot.lot) !== lot);
  await together([
    addEntries(work, tenantId, customerId, entries),
    putLots(work.trx, tenantId, customerId, changed),
    work.trx.run(
      `INSERT INTO customers_points (customer_id, tenant_id, sequence, points, debt, earned) VALUES ($1, $2, nullif($3::integer, 0), $4, $5, $6)
       ON CONFLICT (customer_id, tenant_id) DO UPDATE
         SET sequence = excluded.sequence, points = excluded.points, debt = excluded.debt, earned = excluded.earned`,
      [customerId, tenantId, next.sequence, next.points, next.debt, next.earned],
    ),
  ]);
}

const addEntries = ({ trx, now, eventId }: Work, tenantId: number, customerId: string, entries: Change['entries']) =>
  trx.run(
    `INSERT INTO customers_point_movements (customer_id, tenant_id, event_id, recorded_at, sequence, kind, lot, points, debt, points_after,
       debt_after, reference, note)
     SELECT $1, $2, $3, $4, entry.*
     FROM unnest($5::int[], $6::text[], $7::int[], $8::bigint[], $9::bigint[], $10::bigint[], $11::bigint[], $12::text[], $13::text[]) AS entry`,
    [
      customerId, tenantId, eventId ?? null, now, entries.map((e) => e.sequence), entries.map((e) => e.kind), entries.map((e) => e.lot),
      entries.map((e) => e.points), entries.map((e) => e.debt), entries.map((e) => e.pointsAfter), entries.map((e) => e.debtAfter),
      entries.map((e) => e.reference), entries.map((e) => e.note),
    ],
  );

const putLots = (trx: Sql, tenantId: number, customerId: string, lots: readonly Lot[]) =>
  trx.run(
    `INSERT INTO customers_point_lots (customer_id, tenant_id, lot, source, reference, earned, remaining, used, expired, reversed, earned_at, expires_at)
     SELECT $1, $2, lot.*
     FROM unnest($3::int[], $4::text[], $5::text[], $6::bigint[], $7::bigint[], $8::bigint[], $9::bigint[], $10::bigint[],
                 $11::timestamptz[], $12::timestamptz[]) AS lot
     ON CONFLICT (customer_id, lot, tenant_id) DO UPDATE
       SET remaining = excluded.remaining, used = excluded.used, expired = excluded.expired, reversed = excluded.reversed`,
    [
      customerId, tenantId, lots.map((l) => l.lot), lots.map((l) => l.source), lots.map((l) => l.reference), lots.map((l) => l.earned),
      lots.map((l) => l.remaining), lots.map((l) => l.used), lots.map((l) => l.expired), lots.map((l) => l.reversed),
      lots.map((l) => l.earnedAt), lots.map((l) => l.expiresAt),
    ],
  );

/** What was done before by a person's own name for it: the sum of its entries; undefined when nothing was. */
export async function findDone(
  trx: Sql, tenantId: number, customerId: string, { kind, reference }: { kind: 'spent' | 'adjusted'; reference: string },
): Promise<number | undefined> {
  const { points } = await trx.one<{ points: number | null }>(
    `SELECT sum(points)::bigint AS points FROM customers_point_movements
     WHERE reference = $4 AND customer_id = $2 AND tenant_id = $1 AND kind = $3`,
    [tenantId, customerId, kind, reference],
  );
  return points ?? undefined;
}

/** These lots' customer has been told that they expire. */
export const markWarned = (trx: Sql, tenantId: number, customerId: string, lots: readonly number[], now: Date) =>
  trx.run(
    'UPDATE customers_point_lots SET warned_at = $4 WHERE customer_id = $2 AND tenant_id = $1 AND lot = ANY($3)',
    [tenantId, customerId, lots, now],
  );
