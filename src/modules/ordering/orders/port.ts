import { lockSubjects } from '../../../events/processor.ts';
import { maybeOrganizationOf } from '../../../kernel/organizations.ts';
import type { OrderingDeps, OrdersPort, PaymentsPort } from '../ports.ts';
import { changeOrder } from './change.ts';
import { tenantsOfOrder, unpaidWith } from './read-model.ts';
import { reserveWanted, tenantOfWanted } from './reserving.ts';
import { orderSubject } from './topics.ts';

/** Orders as the catalogue's and the payments' events change them. */
export function createOrdersPort(
  { notify, cache, config }: Pick<OrderingDeps, 'notify' | 'cache' | 'config'>, payments: PaymentsPort,
): OrdersPort {
  const changing = { notify, cache, config, payments };
  return {
    async cancelUnpaidWith(work, organization, variantIds, reason) {
      const orderIds = await unpaidWith(work.trx, organization.tenantId, variantIds);
      await lockSubjects(work.trx, orderIds.map((orderId) => ({ subject: orderSubject(orderId) })));
      for (const orderId of orderIds) await changeOrder(changing, work, organization, orderId, { kind: 'withdrawn', reason });
    },
    async paid(work, organization, orderId, paymentId) {
      const decision = await changeOrder(changing, work, organization, orderId, { kind: 'paid', paymentId });
      const answer = decision?.answer;
      return answer === 'confirmed' || answer === 'waiting' ? answer : 'refund';
    },
    async refunded(work, organization, orderId) {
      await changeOrder(changing, work, organization, orderId, { kind: 'refunded' });
    },
    reserve: (work, wanted) => reserveWanted({ config }, work, wanted),
    tenantOf: tenantOfWanted,
    async withdraw(work, orderId, reason) {
      for (const tenantId of await tenantsOfOrder(work.trx, orderId)) {
        const organization = await maybeOrganizationOf(work.trx, tenantId);
        if (organization) await changeOrder(changing, work, organization, orderId, { kind: 'rejected', reason });
      }
    },
  };
}
