import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type Express, Router } from 'express';
import helmet from 'helmet';
import type { Config } from './config.ts';
import type { RelayHealth } from './events/relay/health.ts';
import type { Receiver } from './hub/receiver.ts';
import { systemClock } from './kernel/clock.ts';
import type { Database } from './kernel/database.ts';
import { causeOf } from './kernel/errors.ts';
import type { Logger } from './kernel/logger.ts';
import { cors } from './kernel/rest/cors.ts';
import { errorHandler, unknownPath } from './kernel/rest/errors.ts';
import { restRouter } from './kernel/rest/router.ts';
import { statusRoutes } from './kernel/rest/status.ts';
import type { Module } from './modules/module.ts';

export interface AppDeps {
  config: Pick<Config, 'CALLBACK_TOKEN' | 'CORS_ORIGINS' | 'TRUST_PROXY' | 'MAX_BODY_BYTES'>;
  database: Database;
  log: Logger;
  receiver: Receiver;
  modules: readonly Module[];
  hub: () => Promise<RelayHealth>;
  /** False for a process that only relays or runs jobs: it answers for its health and nothing else. */
  servesRequests: boolean;
}

/**
 * One listener that serves everything: the callback before Express, since Express costs more a request than all the
 * rest of the callback's work, and Express for whatever is left. It never listens itself.
 */
export function createApp(deps: AppDeps): RequestListener {
  const rest = createExpress(deps);
  const isCallback = callbackPaths(deps.config.CALLBACK_TOKEN);
  return (req: IncomingMessage, res: ServerResponse) => {
    if (deps.servesRequests && isCallback(req.url ?? '/')) void deps.receiver(req, res);
    else rest(req, res);
  };
}

/** `/callback` and `/`, where the core's older registration points; with a token, only `/callback/<token>`. */
function callbackPaths(token: string | undefined): (url: string) => boolean {
  const pathOf = (url: string) => {
    const query = url.indexOf('?');
    return query < 0 ? url : url.slice(0, query);
  };
  if (token === undefined) return (url) => ['/callback', '/'].includes(pathOf(url));
  const expected = Buffer.from(`/callback/${token}`);
  return (url) => {
    const given = Buffer.from(pathOf(url));
    return given.length === expected.length && timingSafeEqual(given, expected);
  };
}

function createExpress({ config, database, log, modules, hub, servesRequests }: AppDeps): Express {
  const app = express();
  app.set('trust proxy', config.TRUST_PROXY);
  app.disable('x-powered-by');
  app.use(helmet());
  app.use(healthRoutes(database, hub));
  if (servesRequests) {
    const routes = [statusRoutes(database, systemClock), ...modules.flatMap((module) => module.routes ?? [])];
    app.use('/api', restRouter({ origins: config.CORS_ORIGINS, maxBodyBytes: config.MAX_BODY_BYTES, log, routes }));
    const root = Router();
    root.use(cors(config.CORS_ORIGINS));
    for (const module of modules) module.rootRoutes?.(root);
    app.use(root);
  }
  app.use(unknownPath);
  app.use(errorHandler(log));
  return app;
}

/** `/healthz`: the process lives. `/readyz`: it can work; a hub that is down is shown and does not make it unready. */
function healthRoutes(database: Database, hub: AppDeps['hub']): Router {
  const router = Router();
  router.get('/healthz', (_req, res) => void res.json({ status: 'ok' }));
  router.get('/readyz', async (_req, res) => {
    try {
      await database.transaction('system', (trx) => trx.rows('SELECT FROM events LIMIT 1'));
      res.json({ status: 'ready', database: 'up', hub: await hub() });
    } catch (error) {
      res.status(503).json({ status: 'not ready', database: causeOf(error) });
    }
  });
  return router;
}
