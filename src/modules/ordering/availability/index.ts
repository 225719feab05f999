import type { Module } from '../../module.ts';
import type { OrderingDeps } from '../ports.ts';
import { stockSubscriptions } from './handlers.ts';
import { availabilityEndpoints } from './routes.ts';
import { stockDepleted, stockUpdated } from './topics.ts';

/** What the inventory says of the stock of variants, and what that means to carts and to those who wait. */
export const availabilityModule = (deps: OrderingDeps): Module => ({
  name: 'availability',
  topics: [stockDepleted, stockUpdated],
  subscriptions: stockSubscriptions(deps),
  endpoints: availabilityEndpoints(deps),
});
