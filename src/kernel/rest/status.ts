import { z } from 'zod';
import type { Clock } from '../clock.ts';
import type { Database } from '../database.ts';
import { AppError } from '../errors.ts';
import { endpoint, ok, type Endpoint } from './endpoint.ts';
import { problemOf } from './errors.ts';
import { moment, problemSchema } from './schemas.ts';

/** GET /status: public, whatever the `Authorization`; the login page prints it. */
export const statusEndpoint = (database: Database, clock: Clock): Endpoint =>
  endpoint({
    method: 'get',
    path: '/api/status',
    tag: 'Estado',
    summary: 'Si el servicio funciona',
    answers: { 200: z.object({ status: z.string(), timestamp: moment }), 500: problemSchema },
    handle: async () => {
      try {
        await database.transaction({ tenantId: 0 }, (trx) => trx.one('SELECT 1 AS up'));
        return ok({ status: 'ok', timestamp: clock() });
      } catch {
        const problem = problemOf(new AppError(500, 'database_down', 'La base de datos no responde.'));
        return { status: 500 as const, body: { ...problem, error: problem.message } };
      }
    },
  });
