import type { Work } from '../../../events/work.ts';
import type { PointsPort } from '../ports.ts';
import { findSettings } from '../settings/read-model.ts';
import { readPoints, writePoints } from './repository.ts';
import { earn, expire, expiryOf, pointsFor, steps, takeBack, type Change, type Lot, type Points } from './rules.ts';

/** What purchases give and take; the caller holds the customer's lock. */
export const pointsPort: PointsPort = {
  async earn(work, tenantId, { customerId, amountCents, happenedAt, source, reference }) {
    const { points: settings } = (await findSettings(work.trx, tenantId)).settings;
    const lot = {
      source, reference, earnedAt: happenedAt, amount: pointsFor(amountCents, settings), expiresAt: expiryOf(happenedAt, settings),
    };
    // What comes when its time is up pays a debt, and expires.
    await change(work, tenantId, customerId, (points) => steps(points, expire(work.now), earn(lot), expire(work.now)));
  },
  takeBack: (work, tenantId, { customerId, ...purchase }) =>
    change(work, tenantId, customerId, (points) => steps(points, expire(work.now), takeBack(purchase)), purchase),
};

/** Reads, decides, writes. */
export async function change(
  work: Work, tenantId: number, customerId: string, decide: (points: Points) => Change, purchase?: Pick<Lot, 'source' | 'reference'>,
): Promise<void> {
  const before = await readPoints(work.trx, tenantId, customerId, purchase);
  await writePoints(work, tenantId, customerId, before, decide(before));
}
