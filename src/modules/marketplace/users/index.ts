import type { ModuleFactory } from '../../module.ts';
import { userRoutes } from './routes.ts';

/** Who signs in: sessions, users of a tenant, their own profile. */
export const usersModule: ModuleFactory = (deps) => ({ name: 'users', routes: userRoutes(deps) });
