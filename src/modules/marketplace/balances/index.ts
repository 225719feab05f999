import { subscribe } from '../../../events/registry.ts';
import type { ModuleFactory } from '../../module.ts';
import { failBalanceRequestWhenPaymentsFailed, settleBalanceRequestWhenAnswered } from './handlers.ts';
import { balanceEndpoints } from './routes.ts';
import { balancesRequest, balancesResponse, blockchainErrorResponse } from './topics.ts';

export const balancesModule: ModuleFactory = (deps) => ({
  name: 'balances',
  topics: [balancesRequest, balancesResponse, blockchainErrorResponse],
  subscriptions: [
    subscribe({ subscriber: 'marketplace', topic: balancesResponse, handle: settleBalanceRequestWhenAnswered }),
    subscribe({ subscriber: 'marketplace', topic: blockchainErrorResponse, handle: failBalanceRequestWhenPaymentsFailed }),
  ],
  endpoints: balanceEndpoints(deps),
});
