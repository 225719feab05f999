import type { ModuleFactory } from '../../module.ts';
import { tenantEndpoints } from './routes.ts';
import { tenantActualizado, tenantCreado, tenantEliminado } from './topics.ts';

/** The businesses that sell here. */
export const tenantsModule: ModuleFactory = (deps) => ({
  name: 'tenants',
  topics: [tenantCreado, tenantActualizado, tenantEliminado],
  endpoints: tenantEndpoints(deps),
});
