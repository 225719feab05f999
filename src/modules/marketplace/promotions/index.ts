import type { ModuleFactory } from '../../module.ts';
import { promotionEndpoints } from './routes.ts';

/** Discounts on products, for some days. Nothing announces them: no topic of the events document does. */
export const promotionsModule: ModuleFactory = (deps) => ({
  name: 'promotions',
  endpoints: promotionEndpoints(deps),
});
