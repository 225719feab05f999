import type { ErrorRequestHandler, Request } from 'express';
import { isConnectionError } from '../../kernel/database.ts';
import { AppError, causeOf } from '../../kernel/errors.ts';
import { html, textOf } from '../../kernel/html.ts';
import type { Logger } from '../../kernel/logger.ts';
import { OUT_OF_REACH } from '../../kernel/rest/errors.ts';
import { bare, notice, type Frame } from './layout.ts';
import { isSignedOut } from './session.ts';
import { isPartial, isScripted } from './visit.ts';

const TITLES: Readonly<Record<number, string>> = {
  400: 'No se pudo leer el pedido',
  403: 'No tenés acceso',
  404: 'No está',
  409: 'No se pudo hacer',
  413: 'Es demasiado grande',
  429: 'Demasiados intentos',
};

/**
 * Failures as pages, or as a notice where a script asked for a part. Whoever is not signed in is sent to do so; a
 * defect is logged with its cause and shows nothing of itself.
 */
export function errorPages(frame: Frame, log: Logger): ErrorRequestHandler {
  // Express knows an error handler by its four parameters.
  return (error: unknown, req, res, next) => {
    if (res.headersSent) return next(error);
    if (isSignedOut(error)) {
      const login = `${frame.base}/login?volver=${encodeURIComponent(whereFrom(req))}`;
      if (isScripted(req)) return void res.status(401).set('HX-Redirect', login).end();
      return res.redirect(303, login);
    }
    const { status, message, details } = known(error) ?? unknown(error, req, log);
    if (details?.retryAfter !== undefined) res.set('Retry-After', String(details.retryAfter));
    res.status(status).type('html');
    if (isPartial(req)) {
      res.set('HX-Reswap', 'none'); // the notice finds its own place
      return void res.send(textOf(notice(message, 'error', true)));
    }
    const content = html`<p>${message}</p>
      <p><a class="boton" href="${frame.base}">Volver al panel</a></p>
      <form method="post" action="${frame.base}/logout"><button class="discreto">Salir</button></form>`;
    res.send(bare(frame, TITLES[status] ?? 'Algo salió mal', content));
  };
}

/** Where to come back to: a page, never the part that a script asked for nor what a form would have changed. */
function whereFrom(req: Request): string {
  const current = req.get('HX-Current-URL');
  if (current !== undefined && URL.canParse(current)) {
    const { pathname, search } = new URL(current);
    return pathname + search;
  }
  return req.method === 'GET' ? req.originalUrl : req.baseUrl;
}

type Shown = Pick<AppError, 'status' | 'message'> & Partial<Pick<AppError, 'details'>>;

/** What a visitor may read; Express and its body parser say by a status below 500 that it is the visitor's doing. */
function known(error: unknown): Shown | undefined {
  if (error instanceof AppError) return error;
  const { status } = error instanceof Error ? (error as Error & { status?: unknown }) : {};
  if (typeof status !== 'number' || status < 400 || status >= 500) return undefined;
  return { status, message: 'Lo que llegó está mal formado o es demasiado grande.' };
}

function unknown(error: unknown, req: Request, log: Logger): Shown {
  const stack = error instanceof Error ? error.stack : undefined;
  log.error(`[PANEL] ${req.method} ${req.baseUrl}${req.path}: ${causeOf(error)}`, { stack });
  if (isConnectionError(error)) return OUT_OF_REACH;
  return { status: 500, message: 'Ocurrió un error interno. Intentá de nuevo en unos minutos.' };
}
