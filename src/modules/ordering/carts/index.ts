import type { Module } from '../../module.ts';
import type { OrderingDeps } from '../ports.ts';
import { cartEndpoints } from './cart-routes.ts';
import { waitlistEndpoints } from './waitlist-routes.ts';

/** What customers are about to order, and what they wait for. Events about stock and catalogue change both. */
export const cartsModule = (deps: OrderingDeps): Module => ({
  name: 'carts',
  endpoints: [...cartEndpoints(deps), ...waitlistEndpoints(deps)],
});
