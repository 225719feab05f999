import { z } from 'zod';
import { MAX_ID } from './parse-id.ts';

/** Postgres cannot store U+0000, nor UTF-8 a lone surrogate: refused here, they would be a 500 there. */
const storable = (value: string): boolean => value.isWellFormed() && !value.includes('\u0000');

const anyText = (max: number) =>
  z.string().refine(storable, 'contiene caracteres que no se pueden guardar.').trim().max(max);

/** A required text: trimmed, not blank, not longer than `max`. */
export const text = (max: number) => anyText(max).min(1);

/** A text that may be missing: left out is undefined, null or blank is null. */
export const optionalText = (max: number) =>
  anyText(max)
    .nullable()
    .transform((value) => (value === '' ? null : value))
    .optional();

/** A text that may be blank; null is the same as blank. */
export const blankableText = (max: number) =>
  anyText(max)
    .nullable()
    .transform((value) => value ?? '')
    .optional();

/** A password goes to the hash as it was typed, spaces at its ends included. */
export const password = z
  .string()
  .max(1000)
  .refine(storable, 'contiene caracteres que no se pueden guardar.')
  .refine((value) => value.trim() !== '', 'no puede estar vacío.');

export const emailAddress = text(100).regex(/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/, 'no es una dirección de correo válida.');

export const id = z.int().min(1).max(MAX_ID);
