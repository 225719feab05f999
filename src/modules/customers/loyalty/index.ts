import type { Module } from '../../module.ts';
import type { CustomersDeps } from '../ports.ts';
import { nightlyPoints } from './nightly.ts';
import { pointEndpoints } from './routes.ts';

/** Points: what purchases give, what customers spend, and what expires. */
export const loyaltyModule = (deps: CustomersDeps): Module => ({
  name: 'customer-loyalty',
  endpoints: pointEndpoints(deps),
  jobs: nightlyPoints(deps),
});
