import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express, { type Express, type RequestHandler } from 'express';
import helmet from 'helmet';
import type { Config } from './config.ts';
import type { Receiver } from './hub/receiver.ts';
import { endStalled } from './kernel/http.ts';
import type { Logger } from './kernel/logger.ts';
import type { RestAnswered } from './kernel/metrics.ts';
import { docsRoutes } from './kernel/rest/docs.ts';
import { eventDocsRoutes } from './kernel/rest/event-docs.ts';
import type { Endpoint } from './kernel/rest/endpoint.ts';
import { errorHandler } from './kernel/rest/errors.ts';
import { restRouter } from './kernel/rest/router.ts';
import type { Module } from './modules/module.ts';

export interface AppDeps {
  config: Pick<Config, 'CALLBACK_TOKEN' | 'CORS_ORIGINS' | 'TRUST_PROXY' | 'MAX_BODY_BYTES'>;
  log: Logger;
  receiver: Receiver;
  modules: readonly Module[];
  /** All that is served under an address of its own, and what else the document describes. */
  endpoints: readonly Endpoint[];
  /** The document of what goes over events; made when it is first asked for. */
  asyncApi: () => object;
  answered: RestAnswered;
  /** False for a process that only relays or runs jobs: it answers for its health and nothing else. */
  servesRequests: boolean;
}

/** Longer than any network hiccup; a reader of pictures or reports that stays away for so long does not come back. */
const STALLED_MS = 60_000;

/** Of the documents; it grows with the interface, not with the package. */
export const VERSION = '1.0.0';

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

function createExpress({ config, log, modules, endpoints, asyncApi, answered, servesRequests }: AppDeps): Express {
  const app = express();
  // One proxy is trusted: the address is the one it saw, not what a client wrote into X-Forwarded-For itself.
  app.set('trust proxy', config.TRUST_PROXY ? 1 : false);
  app.disable('x-powered-by');
  app.disable('etag'); // what may be cached says so itself
  app.use(helmet());
  app.use(timed(answered), endStalled(STALLED_MS));
  if (servesRequests) {
    app.use(docsRoutes(endpoints, VERSION), eventDocsRoutes(asyncApi));
    for (const { pages } of modules) if (pages) app.use(pages);
  }
  app.use(restRouter({ origins: config.CORS_ORIGINS, maxBodyBytes: config.MAX_BODY_BYTES, log, endpoints }));
  app.use(errorHandler(log));
  return app;
}

/** The template of the endpoint, never the address as it came: see `restTimes`. */
const timed =
  (answered: RestAnswered): RequestHandler =>
  (req, res, next) => {
    const begun = performance.now();
    res.once('finish', () => {
      const { path } = (req.route ?? {}) as { path?: unknown };
      const template = typeof path === 'string' ? path : undefined;
      answered(req.method, template, res.statusCode, (performance.now() - begun) / 1000);
    });
    next();
  };
