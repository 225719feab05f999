import type { ModuleFactory } from '../../module.ts';
import { tenantRoutes } from './routes.ts';
import { tenantCreado } from './topics.ts';

/** The businesses that sell here. */
export const tenantsModule: ModuleFactory = (deps) => ({
  name: 'tenants',
  topics: [tenantCreado],
  routes: tenantRoutes(deps),
});
