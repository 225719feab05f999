import type { Work } from '../../../events/work.ts';
import { lockSubjects } from '../../../events/processor.ts';
import { AppError, conflict, notFound } from '../../../kernel/errors.ts';
import { maybeOrganizationOf } from '../../../kernel/organizations.ts';
import { orderSubject } from '../orders/topics.ts';
import type { OrderingDeps } from '../ports.ts';
import { GatewayError, type CreatedPayment, type NewPayment, type PaymentGateway } from './gateway.ts';
import { findPaidOrder } from './paid-order.ts';
import { paymentsOf, type PaymentView } from './read-model.ts';
import { findPayment, insertPayment } from './repository.ts';
import { NOTHING_TO_PAY, notPayable } from './rules.ts';
import { paymentSubject } from './topics.ts';

type Deps = Pick<OrderingDeps, 'database' | 'commands' | 'clock' | 'log'>;

interface Registration {
  tenantId: number;
  orderId: string;
  gateway: string;
  gatewayPaymentId: string;
}

export interface Registered {
  /** False when it had been registered before. */
  fresh: boolean;
  payment: PaymentView;
}

/**
 * Writes down that this payment is for that order, and applies what the gateway has said of it already. It is taken
 * whatever the order's state: the money may have come in, and what becomes of it is decided then.
 * @throws AppError 404, 409
 */
export async function registerPayment({ database, commands }: Deps, registration: Registration): Promise<Registered> {
  const { tenantId, orderId, gatewayPaymentId } = registration;
  // As the system, with the tenant in every statement: a tenant's own command wakes nothing that waits.
  const fresh = await commands.run('system', (work) => register(work, registration), {
    subject: paymentSubject(gatewayPaymentId),
  });
  const payments = await database.transaction({ tenantId }, (trx) => paymentsOf(trx, tenantId, orderId));
  const payment = payments.find(({ gateway_payment_id }) => gateway_payment_id === gatewayPaymentId);
  if (payment === undefined) throw takenByAnother(); // meanwhile the gateway has said that it is another order's
  return { fresh, payment };
}

async function register(work: Work, { tenantId, orderId, gateway, gatewayPaymentId }: Registration): Promise<boolean> {
  await lockSubjects(work.trx, [{ subject: orderSubject(orderId) }]);
  const order = await findPaidOrder(work.trx, tenantId, orderId, work.now);
  if (order === undefined) throw unknownOrder();
  const known = await findPayment(work.trx, gateway, gatewayPaymentId);
  if (known !== undefined) {
    if (known.tenantId === tenantId && known.orderId === orderId) return false;
    throw takenByAnother();
  }
  const { cents, currency } = order;
  if (cents === 0) throw conflict(NOTHING_TO_PAY, 'not_payable');
  await insertPayment(work.trx, { tenantId, orderId, gateway, gatewayPaymentId, cents, currency, now: work.now });
  work.wake(paymentSubject(gatewayPaymentId));
  return true;
}

/**
 * Has the gateway make a payment for what the order costs, outside of any transaction. Should we stop before it is
 * written down, the next attempt has the same key and gets the same payment.
 * @throws AppError 404, 409, 502, 503
 */
export async function createPayment(
  deps: Deps, gateway: PaymentGateway | undefined, { tenantId, orderId }: Pick<Registration, 'tenantId' | 'orderId'>,
): Promise<CreatedPayment> {
  const now = deps.clock();
  const { order, organizationId, payments } = await deps.database.transaction({ tenantId }, async (trx) => {
    const order = await findPaidOrder(trx, tenantId, orderId, now);
    const organization = await maybeOrganizationOf(trx, tenantId);
    if (order === undefined || organization === undefined) throw unknownOrder();
    return { order, organizationId: organization.organizationId, payments: await paymentsOf(trx, tenantId, orderId) };
  });
  const paid = payments.some(({ state, refund_asked_at }) => state === 'succeeded' && refund_asked_at === null);
  const why = notPayable(order, paid);
  if (why !== undefined) throw conflict(why, 'not_payable');
  if (gateway === undefined) throw notConfigured();
  const { cents, currency } = order;
  const idempotencyKey = `${orderId}:${payments.length + 1}`;
  return askGateway(deps, gateway, { orderId, organizationId, cents, currency, idempotencyKey });
}

async function askGateway({ log }: Deps, gateway: PaymentGateway, payment: NewPayment): Promise<CreatedPayment> {
  try {
    return await gateway.createPayment(payment);
  } catch (error) {
    if (!(error instanceof GatewayError)) throw error;
    log.warn(`[PAYMENT] ${gateway.name} made no payment for order ${payment.orderId}: ${error.message}`);
    if (error.kind === 'refused') {
      throw new AppError(502, 'gateway_refused', 'La pasarela de pagos no aceptó el importe o la moneda del pedido.');
    }
    const retryAfter = Math.ceil((error.retryAfterMs ?? 5000) / 1000);
    const message = 'Ahora no se puede pagar; volvé a intentarlo en unos segundos.';
    throw new AppError(503, 'gateway_unavailable', message, { retryAfter });
  }
}

const takenByAnother = () => conflict('Ese pago ya está registrado para otro pedido.', 'payment_taken');

export const unknownOrder = () => notFound('El pedido no existe.');

const notConfigured = () =>
  new AppError(503, 'gateway_not_configured', 'Acá no se pueden crear pagos de Stripe.', {
    help: 'Falta STRIPE_SECRET_KEY en el servicio. Un pago creado en otro lado se registra con gateway_payment_id.',
  });
