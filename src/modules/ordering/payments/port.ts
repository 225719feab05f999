import type { PaymentsPort } from '../ports.ts';
import { askRefunds } from './refunds.ts';
import { lockTaken } from './repository.ts';

/** Used by whoever holds the order's lock. It takes no `pago:` lock, which would come after the order's; rows only. */
export const paymentsPort: PaymentsPort = {
  async takenFor(work, tenantId, orderId) {
    const [first] = await lockTaken(work.trx, tenantId, orderId);
    return first?.paymentId;
  },
  async giveBack(work, tenantId, orderId, reason) {
    await askRefunds(work, await lockTaken(work.trx, tenantId, orderId), reason);
  },
};
