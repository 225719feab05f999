import type { Module } from '../../module.ts';
import type { OrderingDeps, PaymentsPort } from '../ports.ts';
import { orderCancelled, orderCompleted, orderConfirmed, orderPlaced, reservationConfirm, reservationRelease, stockReleased, stockReserved } from './topics.ts';

export const purchaseOrdersModule = (_deps: OrderingDeps, _payments: PaymentsPort): Module => ({
  name: 'purchase-orders',
  topics: [orderCancelled, orderCompleted, orderConfirmed, orderPlaced, reservationConfirm, reservationRelease, stockReleased, stockReserved],
});
