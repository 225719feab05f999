import type { ModuleFactory } from '../../module.ts';
import { stockRoutes } from './routes.ts';
import { stockActualizado } from './topics.ts';

export const stockModule: ModuleFactory = (deps) => ({
  name: 'stock',
  topics: [stockActualizado],
  routes: stockRoutes(deps),
});
