import express, { Router, type RequestHandler, type Response } from 'express';
import { AppError } from '../errors.ts';
import type { Logger } from '../logger.ts';
import { authenticate } from './auth.ts';
import { cors } from './cors.ts';
import type { Answers, AnswerOf, Endpoint } from './endpoint.ts';
import { errorHandler, unknownPath } from './errors.ts';
import { sendStream } from './stream.ts';
import { createRoom, multipart, type Room } from './uploads.ts';

export interface RestOptions {
  origins: readonly string[];
  maxBodyBytes: number;
  log: Logger;
  endpoints: readonly Endpoint[];
}

/** Everything that answers JSON, from the preflight to the last error, in the order in which it has to stand. */
export function restRouter({ origins, maxBodyBytes, log, endpoints }: RestOptions): Router {
  // What the document does not have to the letter, in this case and without a slash at its end, is not served.
  const router = Router({ caseSensitive: true, strict: true });
  router.use(cors(origins), neverStored);
  const json = express.json({ limit: maxBodyBytes });
  const room = createRoom();
  for (const [path, served] of byPath(endpoints)) {
    for (const one of served) mount(router, one, json, room);
    router.all(path, otherMethods(served.flatMap(methodsOf)));
  }
  router.use(unknownPath);
  router.use(errorHandler(log));
  return router;
}

/** The caller is known before a byte of the body is read: nobody makes us parse without a token. */
function mount(router: Router, one: Endpoint, json: RequestHandler, room: Room): void {
  const { method, path, access, before = [], body, form, answers, run } = one;
  if (run === undefined) return;
  const steps: RequestHandler[] = [...before];
  if (!(304 in answers)) steps.push(unconditional);
  if (access) steps.push(authenticate((token) => access.caller(token)));
  if (body ?? form) steps.push(knownBody(body !== undefined, form !== undefined));
  if (form) steps.push(multipart(form, room));
  if (body) steps.push(json);
  router[method](path, ...steps, async (req, res) => send(res, one.answers, await run(req, res.locals['user'])));
}

async function send(res: Response, answers: Answers, answer: AnswerOf<Answers>): Promise<void> {
  const kind = answers[answer.status];
  res.status(answer.status).set(answer.headers ?? {});
  const mediaType = kind && 'mediaType' in kind ? String([kind.mediaType].flat()[0]) : undefined;
  if ('stream' in answer) {
    if (!res.get('Content-Type')) res.type(mediaType ?? 'json');
    await sendStream(res, answer.stream);
  } else if (mediaType === undefined) res.json(answer.body);
  else res.set('Content-Type', res.get('Content-Type') ?? mediaType).send(answer.body);
}

/** What is served here, address by address: `/tenants/balance` before `/tenants/:id`, which fits it as well. */
function byPath(endpoints: readonly Endpoint[]): Array<[path: string, served: Endpoint[]]> {
  const paths = new Map<string, Endpoint[]>();
  for (const one of endpoints) if (one.run) paths.set(one.path, [...(paths.get(one.path) ?? []), one]);
  const order = (path: string) => path.replace(/:\w+/g, '\uffff');
  return [...paths].sort(([a], [b]) => (order(a) < order(b) ? -1 : 1));
}

const methodsOf = ({ method }: Endpoint): string[] => (method === 'get' ? ['GET', 'HEAD'] : [method.toUpperCase()]);

const otherMethods =
  (methods: readonly string[]): RequestHandler =>
  (req, res) => {
    res.set('Allow', methods.join(', '));
    if (req.method !== 'OPTIONS') {
      throw new AppError(405, 'method_not_allowed', `Acá se puede usar ${methods.join(', ')}.`);
    }
    res.status(204).end();
  };

/** The client reads a list again right after it changed it; a copy from a cache would show it unchanged. */
const neverStored: RequestHandler = (_req, res, next) => {
  res.set('Cache-Control', 'no-store');
  next();
};

/** Express answers `If-None-Match: *` with 304 whatever the answer is; these have none to compare. */
const unconditional: RequestHandler = (req, _res, next) => {
  delete req.headers['if-none-match'];
  delete req.headers['if-modified-since'];
  next();
};

/** A body that no parser takes would look like a missing one, and a PATCH of nothing like a success. */
const knownBody = (json: boolean, form: boolean): RequestHandler => {
  const types = [...(json ? ['json'] : []), ...(form ? ['multipart/form-data'] : [])];
  const wanted = types.map((type) => (type === 'json' ? 'JSON' : 'un formulario multipart')).join(' o ');
  return (req, _res, next) => {
    const empty = req.headers['content-length'] === '0';
    if (!empty && req.is(types) === false) {
      throw new AppError(415, 'unsupported_media_type', `El cuerpo tiene que ser ${wanted}.`);
    }
    next();
  };
};
