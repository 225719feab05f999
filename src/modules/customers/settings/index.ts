import type { Module } from '../../module.ts';
import type { CustomersDeps } from '../ports.ts';
import { settingsEndpoints } from './routes.ts';

/** How a tenant treats its customers. */
export const customerSettingsModule = (deps: CustomersDeps): Module => ({
  name: 'customer-settings',
  endpoints: settingsEndpoints(deps),
});
