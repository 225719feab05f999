import type { Module } from '../../module.ts';
import type { CustomersDeps } from '../ports.ts';
import { profileEndpoints } from './routes.ts';

/** Who a tenant's customers are. */
export const customerProfilesModule = (deps: CustomersDeps): Module => ({
  name: 'customer-profiles',
  endpoints: profileEndpoints(deps),
});
