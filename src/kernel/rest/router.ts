import express, { Router, type RequestHandler } from 'express';
import { AppError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { cors } from './cors.ts';
import { errorHandler, unknownPath } from './errors.ts';

export interface RestOptions {
  origins: readonly string[];
  maxBodyBytes: number;
  log: Logger;
  routes: ReadonlyArray<(router: Router) => void>;
}

/** Everything under `/api`, from the preflight to the last error, in the order in which it has to stand. */
export function restRouter({ origins, maxBodyBytes, log, routes }: RestOptions): Router {
  const router = Router();
  router.use(cors(origins), neverStored, knownBody, express.json({ limit: maxBodyBytes }));
  for (const add of routes) add(router);
  router.use(unknownPath);
  router.use(errorHandler(log));
  return router;
}

/** The client reads a list again right after it changed it; a copy from a cache would show it unchanged. */
const neverStored: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};

/** A body that no parser takes would look like a missing one, and a PATCH of nothing like a success. */
const knownBody: RequestHandler = (req, _res, next) => {
  const empty = req.headers['content-length'] === '0';
  if (!empty && req.is(['json', 'multipart/form-data']) === false) {
    throw new AppError(415, 'unsupported_media_type', 'El cuerpo tiene que ser JSON o un formulario multipart.');
  }
  next();
};
