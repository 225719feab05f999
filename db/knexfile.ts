import { readConfig } from '../src/config.ts';
import { knexConfig } from '../src/kernel/migrate.ts';

/** For `npx knex` against DATABASE_URL; the service itself migrates on start. */
export default knexConfig(readConfig().DATABASE_URL ?? '');
