import type { ModuleFactory } from '../../module.ts';
import { sellerEndpoints } from './routes.ts';
import { comercioActualizado, comercioCreado } from './topics.ts';

/** The places where a tenant sells, with their opening hours. */
export const sellersModule: ModuleFactory = (deps) => ({
  name: 'sellers',
  topics: [comercioCreado, comercioActualizado],
  endpoints: sellerEndpoints(deps),
});
