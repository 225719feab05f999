import { causeOf } from '../../../kernel/errors.ts';
import type { Job } from '../../module.ts';
import type { CustomersDeps } from '../ports.ts';
import { decideAgain } from './counting.ts';
import { dueBySettings, dueByTime, type DueCustomer } from './read-model.ts';
import { findTotals } from './repository.ts';

const BATCH = 200;

type Deps = Pick<CustomersDeps, 'database' | 'commands' | 'clock' | 'log' | 'lockCustomer'>;

/** At night, what the moving of the twelve months changed; every minute, what other thresholds did. */
export const reviewSegments = (deps: Deps): Job[] => [
  { name: 'review-customer-segments', schedule: '0 20 3 * * *', run: async () => void (await review(deps, dueByTime)) },
  { name: 'apply-customer-thresholds', schedule: '0 * * * * *', run: async () => void (await review(deps, dueBySettings)) },
];

/** Decides each due customer's segment again, each in a transaction of its own. @returns how many it looked at. */
export async function review(deps: Deps, due: typeof dueByTime): Promise<number> {
  const { database, clock } = deps;
  const after = (last?: DueCustomer) => database.transaction('system', (trx) => due(trx, clock(), BATCH, last));
  let seen = 0;
  for (let batch = await after(); batch.length > 0; batch = await after(batch.at(-1))) {
    for (const one of batch) await reviewOne(deps, one);
    seen += batch.length;
  }
  return seen;
}

async function reviewOne({ commands, lockCustomer, log }: Deps, { tenantId, customerId }: DueCustomer): Promise<void> {
  try {
    await commands.run('system', async (work) => {
      await lockCustomer(work, tenantId, customerId);
      const totals = await findTotals(work.trx, tenantId, customerId);
      if (totals) await decideAgain(work, tenantId, customerId, totals);
    });
  } catch (error) {
    log.error(`[CUSTOMERS] the segment of a customer of tenant ${tenantId} was not decided: ${causeOf(error)}; it is tried again`);
  }
}
