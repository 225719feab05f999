/**
 * A failure the caller can understand. `message` is shown to people (Spanish on REST), `help` says how to mend it,
 * `errors` lists several at once, `retryAfter` says in how many seconds to come back. Anything that is not an AppError
 * is a defect and shows nothing of itself.
 */
export class AppError extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    message: string,
    readonly details: { help?: string; errors?: string[]; retryAfter?: number } = {},
  ) {
    super(message);
  }
}

export const badRequest = (message: string, errors?: string[]) => new AppError(400, 'invalid', message, { errors });
export const unauthorized = (message: string) => new AppError(401, 'unauthorized', message);
export const forbidden = (message: string) => new AppError(403, 'forbidden', message);
export const notFound = (message: string) => new AppError(404, 'not_found', message);
export const conflict = (message: string, code = 'conflict') => new AppError(409, code, message);

/** The text of anything thrown, for logs and for the cause column; never for a caller. */
export function causeOf(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') return error.errors.map(causeOf).join('; ');
  return error instanceof Error ? error.message : String(error);
}
