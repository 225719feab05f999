import { badRequest } from '../errors.ts';

/** The largest id of an `integer` column; anything above would be refused by Postgres with an error of its own. */
export const MAX_ID = 2_147_483_647;

/** An id from a path: digits only, so that `12abc` and `1e3` are not cut or converted to something else. */
export function readId(text: unknown, max = MAX_ID): number | undefined {
  const id = typeof text === 'string' && /^\d{1,16}$/.test(text) ? Number(text) : 0;
  return id >= 1 && id <= max ? id : undefined;
}

/** The same, by the name the caller gave it. @throws AppError 400 when it is not a positive whole number. */
export function parseId(text: unknown, name: string, max = MAX_ID): number {
  const id = readId(text, max);
  if (id === undefined) throw badRequest(`El valor de «${name}» no es un identificador válido.`);
  return id;
}
