import { lockSubjects } from '../../../events/processor.ts';
import type { OrderingDeps, OrdersPort, PaymentsPort } from '../ports.ts';
import { changeOrder } from './change.ts';
import { unpaidWith } from './read-model.ts';
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
  };
}
