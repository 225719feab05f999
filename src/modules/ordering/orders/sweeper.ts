import { causeOf } from '../../../kernel/errors.ts';
import { maybeOrganizationOf } from '../../../kernel/organizations.ts';
import type { Work } from '../../../events/work.ts';
import type { Job } from '../../module.ts';
import type { OrderingDeps } from '../ports.ts';
import { changeOrder, type Changing } from './change.ts';
import { dropItems } from './holds.ts';
import { dueOrders, type DueOrder } from './read-model.ts';
import { lockOrder, moveOrder, readReservation, writeReservation } from './repository.ts';
import { isUnpaid, orderAsOf } from './states.ts';
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
async function settle(deps: Deps, due: DueOrder): Promise<void> {
  const { tenantId, orderId } = due;
  const settled = async (work: Work): Promise<void> => {
    const organization = await maybeOrganizationOf(work.trx, tenantId);
    if (organization === undefined) await abandon(deps, work, due);
    else await changeOrder(deps, work, organization, orderId, { kind: 'swept' });
  };
  try {
    await deps.commands.run('system', settled, { subject: orderSubject(orderId) });
  } catch (error) {
    deps.log.error(`[ORDER] ${orderId} has expired and could not be cancelled: ${causeOf(error)}; it is tried again`);
  }
}

/**
 * Of a tenant that is gone nobody sells any more, and nobody listens to its events: who has paid gets the money back,
 * whatever stock there is.
 */
async function abandon({ payments }: Deps, work: Work, { tenantId, orderId }: DueOrder): Promise<void> {
  const { trx, now } = work;
  const found = await lockOrder(trx, tenantId, orderId);
  if (found === undefined || !isUnpaid(found.order)) return;
  const { order } = found;
  const { reservation } = await readReservation(trx, tenantId, orderId);
  const { state, reason } = orderAsOf(order, reservation, now);
  if (state !== 'cancelled') return;
  await payments.giveBack(work, tenantId, orderId, 'organization_gone');
  await moveOrder(work, order, { state, reason, auto: true });
  await dropItems(trx, order);
  await writeReservation(trx, order, { ...reservation, state: 'released', releasedReason: reason }, now);
}
