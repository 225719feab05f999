import { causeOf } from '../../../kernel/errors.ts';
import { organizationOf } from '../../../kernel/organizations.ts';
import type { Job } from '../../module.ts';
import type { OrderingDeps } from '../ports.ts';
import { changeOrder, type Changing } from './change.ts';
import { dueOrders, type DueOrder } from './read-model.ts';
import { orderSubject } from './topics.ts';

const BATCH = 100;

type Deps = Pick<OrderingDeps, 'database' | 'commands' | 'clock' | 'log'> & Changing;

/** Makes so what an order has been since its time was up: cancelled. */
export const sweepExpiredOrders = (deps: Deps): Job => ({
  name: 'sweep-expired-orders',
  schedule: '*/5 * * * * *',
  run: async () => void (await sweep(deps)),
});

/** Settles every order whose time is up now, each by itself: one that fails keeps no other. @returns how many it looked at. */
export async function sweep(deps: Deps): Promise<number> {
  let seen = 0;
  for (let due = await after(deps); due.length > 0; due = await after(deps, due.at(-1))) {
    for (const one of due) await settle(deps, one);
    seen += due.length;
    if (due.length < BATCH) break;
  }
  return seen;
}

const after = ({ database, clock }: Deps, last?: DueOrder): Promise<DueOrder[]> =>
  database.transaction('system', (trx) => dueOrders(trx, clock(), BATCH, last));

/** Whatever became of it since it was found, it is judged again under its lock. */
async function settle(deps: Deps, { tenantId, orderId }: DueOrder): Promise<void> {
  try {
    await deps.commands.run(
      'system',
      async (work) => changeOrder(deps, work, await organizationOf(work.trx, tenantId), orderId, { kind: 'swept' }),
      { subject: orderSubject(orderId) },
    );
  } catch (error) {
    deps.log.error(`[ORDER] ${orderId} has expired and could not be cancelled: ${causeOf(error)}; it is tried again`);
  }
}
