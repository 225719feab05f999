import type { Module } from '../../module.ts';
import type { CustomersDeps } from '../ports.ts';
import { paymentSubscriptions } from './handlers.ts';
import { creditEndpoints } from './routes.ts';
import { paymentReceived } from './topics.ts';

/** What customers may owe, and what they pay. */
export const creditModule = (deps: CustomersDeps): Module => ({
  name: 'customer-credit',
  topics: [paymentReceived],
  subscriptions: paymentSubscriptions(deps),
  endpoints: creditEndpoints(deps),
});
