import type { Router } from 'express';
import type { Clock } from '../clock.ts';
import type { Database } from '../database.ts';
import { AppError } from '../errors.ts';
import { problemOf } from './errors.ts';

/** GET /status: public, whatever the `Authorization`; the login page prints it. */
export const statusRoutes =
  (database: Database, clock: Clock) =>
  (router: Router): void => {
    router.get('/status', async (_req, res) => {
      try {
        await database.transaction({ tenantId: 0 }, (trx) => trx.one('SELECT 1 AS up'));
        res.json({ status: 'ok', timestamp: clock().toISOString() });
      } catch {
        const problem = problemOf(new AppError(500, 'database_down', 'La base de datos no responde.'));
        res.status(500).json({ ...problem, error: problem.message });
      }
    });
  };
