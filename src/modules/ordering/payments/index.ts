import type { Module } from '../../module.ts';
import type { OrderingDeps, OrdersPort } from '../ports.ts';

export const paymentsModule = (_deps: OrderingDeps, _orders: OrdersPort): Module => ({ name: 'payments' });
