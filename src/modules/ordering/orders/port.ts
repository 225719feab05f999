import type { OrderingDeps, OrdersPort, PaymentsPort } from '../ports.ts';

export const createOrdersPort = (_deps: OrderingDeps, _payments: PaymentsPort): OrdersPort => ({
  cancelUnpaidWith: async () => undefined,
  paid: async () => 'refund',
  refunded: async () => undefined,
});
