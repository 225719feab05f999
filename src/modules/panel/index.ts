import { Router } from 'express';
import { access, createAccounts } from '../marketplace/access.ts';
import { sellerNames } from '../marketplace/sellers/read-model.ts';
import type { Module, ModuleDeps } from '../module.ts';
import { createSessions } from './session.ts';
import { panelShell } from './shell.ts';

const BASE = '/panel';

/** The tenants' pages: the frame around what the other modules bring in their `panel`. */
export function panelModule(deps: ModuleDeps, modules: readonly Module[]): Module {
  const guard = access(deps);
  const shell = panelShell({
    base: BASE,
    sections: modules.flatMap(({ panel }) => panel ?? []),
    sessions: createSessions(BASE, createAccounts(deps), deps.limits),
    sellers: {
      seller: guard.seller,
      sellersOf: ({ tenantId, rol, comercios }) =>
        deps.database.transaction({ tenantId }, (trx) =>
          sellerNames(trx, tenantId, rol === 'admin' ? null : comercios),
        ),
    },
    log: deps.log,
  });
  const pages = Router().use(BASE, shell);
  return { name: 'panel', pages };
}
