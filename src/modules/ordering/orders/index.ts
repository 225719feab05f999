import type { Module } from '../../module.ts';
import type { Announce, OrderingDeps, PaymentsPort } from '../ports.ts';
import { inventorySubscriptions } from './handlers.ts';
import { orderEndpoints } from './routes.ts';
import { sweepExpiredOrders } from './sweeper.ts';
import {
  orderCancelled, orderCompleted, orderConfirmed, orderPlaced, reservationConfirm, reservationRelease, stockReleased,
  stockReserved,
} from './topics.ts';

/** Orders made of carts, from the first reservation to delivery. */
export const purchaseOrdersModule = (deps: OrderingDeps, payments: PaymentsPort, announce: Announce): Module => {
  const changing = { ...deps, payments, announce };
  return {
    name: 'purchase-orders',
    topics: [
      orderCancelled, orderCompleted, orderConfirmed, orderPlaced, reservationConfirm, reservationRelease, stockReleased,
      stockReserved,
    ],
    subscriptions: inventorySubscriptions(changing),
    endpoints: orderEndpoints(changing),
    jobs: [sweepExpiredOrders(changing)],
  };
};
