import type { Work } from '../../../events/work.ts';
import type { Cents } from '../../../kernel/money.ts';
import { findHead, tenantsOfOrder } from '../orders/read-model.ts';
import { paymentsOf } from '../payments/read-model.ts';
import type { PaymentMethod } from '../ports.ts';

/** An order whose stock is reserved, to be paid. */
export interface Chargeable {
  orderId: string;
  cents: Cents;
  currency: string;
  method?: PaymentMethod | null;
}

/** `waiting`: nobody has paid yet; asked again when the order changes. */
export type Charged = { kind: 'approved'; paymentId: string } | { kind: 'rejected'; reason: string } | { kind: 'waiting' };

/** Replaceable: how an order is charged. Part of the transaction, so it asks nobody; whoever has to waits. */
export type Charge = (work: Work, order: Chargeable) => Promise<Charged>;

/** What an order's simulated payment is called; it has one. */
export const simulatedPayment = (orderId: string): string => `sim_${orderId}`;

/**
 * What was paid over REST or at the gateway counts first. Beyond that, the simulation approves whatever names a way to pay;
 * without it (there is a gateway, so nobody pretends) the payment is waited for.
 */
export const chargeBy = ({ simulates }: { simulates: boolean }): Charge => async (work, order) => {
  const known = await paidHere(work, order.orderId);
  if (known.kind !== 'waiting' || !simulates || order.method == null) return known;
  return { kind: 'approved', paymentId: simulatedPayment(order.orderId) };
};

/** How the order stands with us, if it is one of ours. */
async function paidHere({ trx, now }: Work, orderId: string): Promise<Charged> {
  const [tenantId] = await tenantsOfOrder(trx, orderId);
  const head = tenantId === undefined ? undefined : await findHead(trx, tenantId, orderId, now);
  if (tenantId === undefined || head === undefined) return { kind: 'waiting' };
  if (head.state === 'cancelled') return { kind: 'rejected', reason: head.reason ?? 'cancelled' };
  if (head.state !== 'confirmed' && head.state !== 'completed') return { kind: 'waiting' };
  const payment = (await paymentsOf(trx, tenantId, orderId)).find(
    ({ state, refund_asked_at }) => state === 'succeeded' && refund_asked_at === null,
  );
  return payment ? { kind: 'approved', paymentId: payment.payment_id } : { kind: 'waiting' };
}
