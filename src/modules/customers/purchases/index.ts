import type { Module } from '../../module.ts';
import type { CustomersDeps, PointsPort } from '../ports.ts';
import { purchaseSubscriptions } from './handlers.ts';
import { reviewSegments } from './review.ts';
import { purchaseEndpoints } from './routes.ts';
import { orderCancelled, orderCompleted, posTransactionCompleted } from './topics.ts';

/** What customers buy, and the segment that makes them. */
export const customerPurchasesModule = (deps: CustomersDeps, points: PointsPort): Module => ({
  name: 'customer-purchases',
  topics: [orderCancelled, orderCompleted, posTransactionCompleted],
  subscriptions: purchaseSubscriptions({ ...deps, points }),
  endpoints: purchaseEndpoints(deps),
  jobs: reviewSegments(deps),
});
