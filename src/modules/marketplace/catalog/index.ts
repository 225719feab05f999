import type { ModuleFactory } from '../../module.ts';
import { categoryEndpoints } from './category-routes.ts';
import { csvEndpoints } from './csv-routes.ts';
import { pictureEndpoints } from './picture-routes.ts';
import { productEndpoints } from './product-routes.ts';
import { categoriaCreada, productoActualizado } from './topics.ts';

/** What a tenant sells: products with their pictures, and the categories they are in. */
export const catalogModule: ModuleFactory = (deps) => ({
  name: 'catalog',
  topics: [categoriaCreada, productoActualizado],
  endpoints: [...categoryEndpoints(deps), ...csvEndpoints(deps), ...productEndpoints(deps), ...pictureEndpoints(deps)],
});
