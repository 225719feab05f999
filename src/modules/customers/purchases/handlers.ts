import { inOrganization, outdated } from '../../../events/in-organization.ts';
import { done, type Outcome } from '../../../events/outcome.ts';
import { lockSubjects } from '../../../events/processor.ts';
import { subscribe, type AnySubscription } from '../../../events/registry.ts';
import type { Work } from '../../../events/work.ts';
import { toCents } from '../../../kernel/money.ts';
import { ORDER_QUEUE, POS_QUEUE, SUBSCRIBER, type Purchase } from '../ports.ts';
import { countPurchase, uncountPurchase, type Counting } from './counting.ts';
import { barPurchase, findPurchase, type KeptPurchase } from './repository.ts';
import { judgeCancellation, judgeCompletion, notAfter, stronger, type Cancellation } from './rules.ts';
import {
  orderCancelled, orderCompleted, posTransactionCompleted, type OrderCancelled, type OrderCompleted, type PosTransactionCompleted,
} from './topics.ts';

/** What customers buy, online and in the shops. */
export const purchaseSubscriptions = (deps: Counting): AnySubscription[] => [
  subscribe({ subscriber: SUBSCRIBER, queue: ORDER_QUEUE, topic: orderCompleted, handle: countCompletedOrder(deps) }),
  subscribe({ subscriber: SUBSCRIBER, queue: ORDER_QUEUE, topic: orderCancelled, handle: takeBackCancelledOrder(deps) }),
  subscribe({ subscriber: SUBSCRIBER, queue: POS_QUEUE, topic: posTransactionCompleted, handle: countSaleAtTheTill(deps) }),
];

const countCompletedOrder = (deps: Counting) =>
  inOrganization(async ({ timestamp, data }: OrderCompleted, work, { tenantId, organizationId }) => {
    const { customer_id: customerId, order_id: reference, total_amount } = data;
    if (customerId === undefined) return done();
    const happenedAt = notAfter(new Date(timestamp), work.now);
    const known = await lockedOrder(work, tenantId, organizationId, reference);
    const verdict = judgeCompletion(known, happenedAt);
    if (verdict === 'barred') return barred(reference);
    if (verdict === 'known') return done({ code: 'ya_contado', message: `el pedido ${reference} ya se había contado; no cambia nada` });
    await countPurchase(deps, work, tenantId, { source: 'order', reference, customerId, amountCents: toCents(total_amount), happenedAt });
    return done();
  });

/** Whoever it names, it is taken from whom it was given to. */
const takeBackCancelledOrder = (deps: Counting) =>
  inOrganization(async ({ timestamp, data }: OrderCancelled, work, { tenantId, organizationId }) => {
    const { order_id: reference, auto_cancelled } = data;
    const told: Cancellation = { at: notAfter(new Date(timestamp), work.now), forGood: !auto_cancelled };
    const known = await lockedOrder(work, tenantId, organizationId, reference);
    const verdict = judgeCancellation(known, told);
    if (verdict === 'older') return outdated(`el pedido ${reference}`);
    if (verdict === 'known') return done();
    const cancellation = stronger(known?.cancellation ?? null, told);
    if (verdict === 'bar') await barPurchase(work.trx, tenantId, { source: 'order', reference }, cancellation);
    else await uncountPurchase(deps, work, tenantId, countedAs(reference, known), cancellation);
    return done();
  });

/** The till tells a sale once, and no cancellation of it. */
const countSaleAtTheTill = (deps: Counting) =>
  inOrganization(async ({ timestamp, data }: PosTransactionCompleted, work, { tenantId }) => {
    const { customer_id: customerId, transaction_id: reference, total_amount } = data;
    if (customerId === undefined) return done();
    const happenedAt = notAfter(new Date(timestamp), work.now);
    await countPurchase(deps, work, tenantId, { source: 'pos', reference, customerId, amountCents: toCents(total_amount), happenedAt });
    return done();
  });

/**
 * What is known of an order, its lock held until COMMIT: its completion and its cancellation may name different
 * customers, or none, and must not miss each other.
 */
async function lockedOrder({ trx }: Work, tenantId: number, organizationId: string, reference: string): Promise<KeptPurchase | undefined> {
  await lockSubjects(trx, [{ subject: `compra:${organizationId}:${reference}` }]);
  return findPurchase(trx, tenantId, { source: 'order', reference });
}

function countedAs(reference: string, known: KeptPurchase | undefined): Purchase {
  if (known?.customerId == null || known.amountCents === null || known.happenedAt === null) {
    throw new Error(`order ${reference} was counted without its customer or amount`);
  }
  const { customerId, amountCents, happenedAt } = known;
  return { source: 'order', reference, customerId, amountCents, happenedAt };
}

const barred = (reference: string): Outcome =>
  done({ code: 'pedido_cancelado', message: `el pedido ${reference} se había cancelado; no da nada` });
