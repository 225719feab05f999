import { STATUS_CODES } from 'node:http';
import type { ErrorRequestHandler, RequestHandler } from 'express';
import { isConnectionError, sqlState } from '../database.ts';
import { AppError, causeOf, notFound } from '../errors.ts';
import type { Logger } from '../logger.ts';

/** The answer to a failure: problem+json with the members that the client reads (`message`, `errores`). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  detail: string;
  message: string;
  success: false;
  code: string;
  errores?: string[];
  ayuda?: string;
}

export const problemOf = ({ status, code, message, details }: AppError): Problem => ({
  type: 'about:blank',
  title: STATUS_CODES[status] ?? 'Error',
  status,
  detail: message,
  message,
  success: false,
  code,
  errores: details.errors,
  ayuda: details.help,
});

/** For every path under `/api` that no route took. */
export const unknownPath: RequestHandler = () => {
  throw notFound('La dirección no existe.');
};

/** Answers whatever a route threw. A defect is logged with its cause and shows nothing of itself. */
export function errorHandler(log: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    const told = error instanceof AppError ? error : fromBodyParser(error);
    if (told === undefined) {
      const stack = error instanceof Error ? error.stack : undefined;
      log.error(`[REST] ${req.method} ${req.baseUrl}${req.path}: ${causeOf(error)}`, { stack });
    }
    const shown = told ?? fromDatabase(error) ?? INTERNAL;
    if (shown.details.retryAfter !== undefined) res.set('Retry-After', String(shown.details.retryAfter));
    const answer = problemOf(shown);
    // RFC 9110 asks for it; for this scheme browsers open no dialogue of their own.
    if (answer.status === 401) res.set('WWW-Authenticate', 'Bearer');
    res.status(answer.status).type('application/problem+json').send(JSON.stringify(answer));
  };
}

const INTERNAL = new AppError(500, 'internal', 'Ocurrió un error interno. Intentá de nuevo en unos minutos.');

/** No connection was free in time, or it was lost on the way: the same may well succeed later. */
export const OUT_OF_REACH = new AppError(
  503,
  'unavailable',
  'Ahora no se puede; volvé a intentarlo en unos segundos.',
  { retryAfter: 5 },
);

/** Somebody else held what it needed for longer than a lock is waited for: nothing was changed. */
const OCCUPIED = new AppError(
  503,
  'occupied',
  'Otra operación está usando esos datos y no terminó a tiempo; no se cambió nada. Volvé a intentarlo en unos segundos.',
  { retryAfter: 5 },
);

const LOCK_NOT_AVAILABLE = '55P03';

function fromDatabase(error: unknown): AppError | undefined {
  if (sqlState(error) === LOCK_NOT_AVAILABLE) return OCCUPIED;
  return isConnectionError(error) ? OUT_OF_REACH : undefined;
}

const BY_STATUS: Readonly<Record<number, AppError>> = {
  400: new AppError(
    400,
    'malformed',
    'La solicitud está mal formada: el cuerpo no es JSON válido o la dirección está mal escrita.',
  ),
  413: new AppError(413, 'too_large', 'El cuerpo de la solicitud es demasiado grande.'),
  415: new AppError(415, 'unsupported_media_type', 'El formato o la codificación del cuerpo no se admite.'),
};

/** Express and its body parser throw http-errors: a status below 500 says that it is the caller's fault. */
function fromBodyParser(error: unknown): AppError | undefined {
  const { status } = error instanceof Error ? (error as Error & { status?: unknown }) : {};
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  return BY_STATUS[status] ?? BY_STATUS[400];
}
