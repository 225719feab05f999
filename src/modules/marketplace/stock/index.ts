import type { ModuleFactory } from '../../module.ts';
import { stockPanel } from './panel.ts';
import { stockEndpoints } from './routes.ts';
import { stockActualizado } from './topics.ts';

export const stockModule: ModuleFactory = (deps) => ({
  name: 'stock',
  topics: [stockActualizado],
  endpoints: stockEndpoints(deps),
  panel: stockPanel(deps),
});
