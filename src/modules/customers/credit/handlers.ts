import { inOrganization } from '../../../events/in-organization.ts';
import { done } from '../../../events/outcome.ts';
import { subscribe, type AnySubscription } from '../../../events/registry.ts';
import { toCents } from '../../../kernel/money.ts';
import { PAYMENT_QUEUE, SUBSCRIBER, type CustomersDeps } from '../ports.ts';
import { readCredit, writeCredit } from './repository.ts';
import { pay } from './rules.ts';
import { paymentReceived, type PaymentReceived } from './topics.ts';

export const paymentSubscriptions = (deps: Pick<CustomersDeps, 'lockCustomer'>): AnySubscription[] => [
  subscribe({ subscriber: SUBSCRIBER, queue: PAYMENT_QUEUE, topic: paymentReceived, handle: releaseCreditWhenPaid(deps) }),
];

const releaseCreditWhenPaid = ({ lockCustomer }: Pick<CustomersDeps, 'lockCustomer'>) =>
  inOrganization(async ({ data }: PaymentReceived, work, { tenantId }) => {
    const { customer_id: customerId, amount, payment_reference: reference } = data;
    if (customerId === undefined) return done();
    await lockCustomer(work, tenantId, customerId, { make: true });
    const credit = await readCredit(work.trx, tenantId, customerId);
    await writeCredit(work, tenantId, customerId, pay(credit, toCents(amount)), { reference });
    return done();
  });
