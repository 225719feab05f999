import { created, endpoint, ok, type Endpoint } from '../../../kernel/rest/endpoint.ts';
import type { OrderingDeps } from '../ports.ts';
import type { PaymentGateway } from './gateway.ts';
import { findPaidOrder } from './paid-order.ts';
import { paymentsOf } from './read-model.ts';
import { createPayment, registerPayment, unknownOrder } from './registration.ts';
import { orderParams, paymentAnswer, paymentBody, paymentsAnswer, shown } from './schemas.ts';

const tag = 'Pagos';
const path = '/api/v1/orders/:order_id/payments';

export const paymentEndpoints = (deps: OrderingDeps, gateway: PaymentGateway | undefined): Endpoint[] => [
  startPayment(deps, gateway),
  endpoint({
    method: 'get',
    path,
    tag,
    summary: 'Los pagos de un pedido',
    access: deps.users,
    params: orderParams,
    answers: { 200: paymentsAnswer },
    problems: [404],
    async handle({ user: { tenantId }, params: { order_id } }) {
      const payments = await deps.database.transaction({ tenantId }, async (trx) => {
        if ((await findPaidOrder(trx, tenantId, order_id, deps.clock())) === undefined) throw unknownOrder();
        return paymentsOf(trx, tenantId, order_id);
      });
      return ok({ payments: payments.map(shown) });
    },
  }),
];

const startPayment = (deps: OrderingDeps, gateway: PaymentGateway | undefined): Endpoint =>
  endpoint({
    method: 'post',
    path,
    tag,
    summary: 'Empezar a pagar un pedido, o registrar un pago',
    description:
      'Sin `gateway_payment_id` se crea un payment intent en Stripe por el importe del pedido. Con él se registra ' +
      'uno que ya existe: lo que Stripe ya avisó de él se aplica en el momento. Registrarlo otra vez no cambia nada ' +
      '(200).',
    access: deps.users,
    params: orderParams,
    body: paymentBody,
    example: { gateway: 'stripe', gateway_payment_id: 'pi_3OaBcD2eZvKYlo2C' },
    answers: { 200: paymentAnswer, 201: paymentAnswer },
    problems: [404, 409, 502],
    async handle({ user: { tenantId }, params: { order_id: orderId }, body }) {
      const { gateway: name, gateway_payment_id: given } = body;
      const { gatewayPaymentId, clientSecret } =
        given === undefined
          ? await createPayment(deps, gateway, { tenantId, orderId })
          : { gatewayPaymentId: given, clientSecret: null };
      const { fresh, payment } = await registerPayment(deps, { tenantId, orderId, gateway: name, gatewayPaymentId });
      const answer = { ...shown(payment), ...(clientSecret !== null && { client_secret: clientSecret }) };
      return fresh ? created(answer) : ok(answer);
    },
  });
