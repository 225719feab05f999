import { subscribe } from '../../../events/registry.ts';
import type { ModuleFactory } from '../../module.ts';
import { access } from '../access.ts';
import { settleBalanceRequestWhenAnswered } from './handlers.ts';
import { askForBalances } from './routes.ts';
import { balancesRequest, balancesResponse } from './topics.ts';

export const balancesModule: ModuleFactory = (deps) => {
  const guard = access(deps);
  const ask = askForBalances(deps);
  return {
    name: 'balances',
    topics: [balancesRequest, balancesResponse],
    subscriptions: [subscribe({ subscriber: 'marketplace', topic: balancesResponse, handle: settleBalanceRequestWhenAnswered })],
    routes: (router) => void router.get('/tenants/balance', guard.user, ask),
    rootRoutes: (router) => void router.get('/balance', guard.user, ask),
  };
};
