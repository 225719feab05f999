import type { ModuleFactory } from '../../module.ts';
import { sellerRoutes } from './routes.ts';
import { comercioCreado } from './topics.ts';

/** The places where a tenant sells, with their opening hours. */
export const sellersModule: ModuleFactory = (deps) => ({
  name: 'sellers',
  topics: [comercioCreado],
  routes: sellerRoutes(deps),
});
