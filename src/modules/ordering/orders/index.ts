import type { Module } from '../../module.ts';
import type { OrderingDeps, PaymentsPort } from '../ports.ts';
import { inventorySubscriptions } from './handlers.ts';
import { orderEndpoints } from './routes.ts';
import { sweepExpiredOrders } from './sweeper.ts';
import {
  orderCancelled, orderCompleted, orderConfirmed, orderPlaced, reservationConfirm, reservationRelease, stockReleased,
  stockReserved,
} from './topics.ts';

/** Orders made of carts, from the first reservation to delivery. */
export const purchaseOrdersModule = (deps: OrderingDeps, payments: PaymentsPort): Module => {
  const changing = { ...deps, payments };
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
