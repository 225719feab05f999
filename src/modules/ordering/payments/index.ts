import { subscribe } from '../../../events/registry.ts';
import type { Module } from '../../module.ts';
import type { OrderingDeps, OrdersPort } from '../ports.ts';
import { confirmOrderWhenPaid, recordRefund, tellCustomerWhenPaymentFailed } from './handlers.ts';
import { createRefundTransport } from './refund-transport.ts';
import { paymentEndpoints } from './routes.ts';
import { createStripeGateway } from './stripe-gateway.ts';
import { chargeRefunded, paymentFailed, paymentSucceeded, refundCreate, STRIPE_SUBSCRIBER as subscriber } from './topics.ts';
import { stripeWebhook, webhookEndpoint } from './webhook.ts';

export const paymentsModule = (deps: OrderingDeps, orders: OrdersPort): Module => {
  const { STRIPE_SECRET_KEY: secretKey, STRIPE_API_URL: apiUrl, STRIPE_WEBHOOK_SECRET: webhookSecrets } = deps.config;
  const gateway = secretKey === undefined ? undefined : createStripeGateway({ secretKey, apiUrl });
  if (gateway === undefined && webhookSecrets.length > 0) {
    deps.log.warn('[PAYMENT] STRIPE_SECRET_KEY is not set: no payment is created, and what is to be given back waits');
  }
  const handlers = { orders, notify: deps.notify };
  return {
    name: 'payments',
    topics: [paymentSucceeded, paymentFailed, chargeRefunded, refundCreate],
    subscriptions: [
      subscribe({ subscriber, topic: paymentSucceeded, handle: confirmOrderWhenPaid(handlers) }),
      subscribe({ subscriber, topic: paymentFailed, handle: tellCustomerWhenPaymentFailed(handlers) }),
      subscribe({ subscriber, topic: chargeRefunded, handle: recordRefund(handlers) }),
    ],
    endpoints: [webhookEndpoint, ...paymentEndpoints(deps, gateway)],
    pages: stripeWebhook(deps),
    transports: gateway && [createRefundTransport(gateway)],
  };
};
