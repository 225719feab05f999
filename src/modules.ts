import { balancesModule } from './modules/marketplace/balances/index.ts';
import { catalogModule } from './modules/marketplace/catalog/index.ts';
import { ordersModule } from './modules/marketplace/orders/index.ts';
import { promotionsModule } from './modules/marketplace/promotions/index.ts';
import { reportsModule } from './modules/marketplace/reports/index.ts';
import { sellersModule } from './modules/marketplace/sellers/index.ts';
import { stockModule } from './modules/marketplace/stock/index.ts';
import { stockRepository } from './modules/marketplace/stock/repository.ts';
import { tenantsModule } from './modules/marketplace/tenants/index.ts';
import { usersModule } from './modules/marketplace/users/index.ts';
import { panelModule } from './modules/panel/index.ts';
import type { Module, ModuleDeps } from './modules/module.ts';

type Context = 'marketplace';

/** Every module there is, by context. A new one adds its line here. */
const MODULES: Record<Context, (deps: ModuleDeps) => Module[]> = {
  marketplace: (deps) => [
    tenantsModule(deps),
    usersModule(deps),
    sellersModule(deps),
    catalogModule(deps),
    promotionsModule(deps),
    stockModule(deps),
    ordersModule(deps, stockRepository),
    reportsModule(deps),
    balancesModule(deps),
  ],
};

/** The modules of the contexts that run here, and the panel, which shows what they bring. */
export function loadModules(deps: ModuleDeps): Module[] {
  const modules = deps.config.MODULES.flatMap((context) => MODULES[context](deps));
  return [...modules, panelModule(deps, modules)];
}
