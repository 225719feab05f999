import type { ModuleFactory } from '../../module.ts';
import { deleteRefreshTokens } from './repository.ts';
import { userEndpoints } from './routes.ts';

/** Kept for a month after they expired: what is presented late is still known for what it was. */
const KEPT_MS = 30 * 86_400_000;

/** Who signs in: sessions, users of a tenant, their own profile. */
export const usersModule: ModuleFactory = (deps) => ({
  name: 'users',
  endpoints: userEndpoints(deps),
  jobs: [
    {
      name: 'delete-expired-refresh-tokens',
      schedule: '0 17 4 * * *',
      run: async () => {
        const before = new Date(deps.clock().getTime() - KEPT_MS);
        await deps.database.transaction('system', (trx) => deleteRefreshTokens(trx, before));
      },
    },
  ],
});
