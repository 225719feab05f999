import type { Work } from '../../../events/work.ts';
import type { CustomersDeps, PointsPort, Purchase } from '../ports.ts';
import { findSettings } from '../settings/read-model.ts';
import { addEntry, findTotals, putPurchase, readStanding, reversePurchase, writeStatistics } from './repository.ts';
import { count, decideSegment, NOTHING_BOUGHT, takeBack, windowStart, type Cancellation, type Totals } from './rules.ts';

export interface Counting extends Pick<CustomersDeps, 'lockCustomer'> {
  points: PointsPort;
}

/** Counts a purchase: totals, points, segment. */
export async function countPurchase({ lockCustomer, points }: Counting, work: Work, tenantId: number, purchase: Purchase): Promise<void> {
  const { customerId, amountCents } = purchase;
  await lockCustomer(work, tenantId, customerId, { make: true });
  await putPurchase(work.trx, tenantId, purchase);
  const entry = count((await findTotals(work.trx, tenantId, customerId)) ?? NOTHING_BOUGHT, amountCents);
  await addEntry(work, tenantId, purchase, entry);
  await decideAgain(work, tenantId, customerId, entry.after);
  await points.earn(work, tenantId, purchase);
}

/** Takes back all that a purchase gave, from the customer it gave it to. */
export async function uncountPurchase(
  { lockCustomer, points }: Counting, work: Work, tenantId: number, purchase: Purchase, cancellation: Cancellation,
): Promise<void> {
  const { customerId, amountCents } = purchase;
  await lockCustomer(work, tenantId, customerId);
  await reversePurchase(work.trx, tenantId, purchase, cancellation);
  const totals = await findTotals(work.trx, tenantId, customerId);
  if (totals === undefined) throw new Error(`${purchase.source} ${purchase.reference} was counted for a customer without totals`);
  const entry = takeBack(totals, amountCents);
  await addEntry(work, tenantId, purchase, entry);
  await decideAgain(work, tenantId, customerId, entry.after);
  await points.takeBack(work, tenantId, purchase);
}

/** Decides the segment on what was bought within the twelve months up to now. The caller holds the customer's lock. */
export async function decideAgain(work: Work, tenantId: number, customerId: string, totals: Totals): Promise<void> {
  const { settings } = await findSettings(work.trx, tenantId);
  const standing = await readStanding(work.trx, tenantId, customerId, windowStart(work.now));
  const decision = decideSegment(standing, settings.segments, work.now);
  await writeStatistics(work, tenantId, customerId, totals, { ...standing, decision });
}
