import type { ModuleFactory } from '../../module.ts';
import { categoryRoutes } from './category-routes.ts';
import { productRoutes } from './product-routes.ts';
import { categoriaCreada, productoActualizado } from './topics.ts';

/** What a tenant sells: products and the categories they are in. */
export const catalogModule: ModuleFactory = (deps) => ({
  name: 'catalog',
  topics: [categoriaCreada, productoActualizado],
  routes: (router) => {
    categoryRoutes(deps)(router);
    productRoutes(deps)(router);
  },
});
