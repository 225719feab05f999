import { z } from 'zod';
import { isStorable } from '../wire.ts';
import { MAX_ID, readId } from './parse-id.ts';

const anyText = (max: number) =>
  z.string().refine(isStorable, 'contiene caracteres que no se pueden guardar.').trim().max(max);

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
  .refine(isStorable, 'contiene caracteres que no se pueden guardar.')
  .refine((value) => value.trim() !== '', 'no puede estar vacío.');

export const emailAddress = text(100).regex(/^[^\s@]+@[^\s@.]+(\.[^\s@.]+)+$/, 'no es una dirección de correo válida.');

/** Words for what is no whole number. Given to zod as a text they would stand for a bound that is passed as well. */
export const integer = () =>
  z.int({
    error: ({ code, input }) =>
      code === 'invalid_type' && input !== undefined && input !== null ? 'tiene que ser un número entero.' : undefined,
  });

export const id = z.int().min(1).max(MAX_ID);

/** An id in a path, as `readId` reads it. */
export const pathId = (max: number = MAX_ID) =>
  z
    .string()
    .transform((given, ctx) => {
      const found = readId(given, max);
      if (found !== undefined) return found;
      ctx.addIssue({ code: 'custom', message: 'no es un identificador válido.' });
      return z.NEVER;
    })
    .meta({ override: { type: 'integer', minimum: 1, maximum: max } });

/** A bigint id in a path. */
export const pathBigId = pathId(Number.MAX_SAFE_INTEGER);

const MAX_PAGE = 200;

/** How many of a list are wanted at most; a text, as it stands in the query. */
export const pageSize = z
  .string()
  .regex(/^\d{1,9}$/, 'tiene que ser un número entero.')
  .transform(Number)
  .pipe(z.number().min(1).max(MAX_PAGE))
  .meta({ override: { type: 'integer', minimum: 1, maximum: MAX_PAGE } });

// What answers hold. Handlers give what they have; JSON makes text of it.

/** What nearly every answer begins with, and the sentence that some show. */
export const success = z.literal(true);
export const message = z.string();

/** A moment: a Date here, ISO 8601 in UTC in the answer. */
export const moment = z.date().meta({ override: { type: 'string', format: 'date-time' } });

/** Pesos with at most two decimals, a JSON number. */
export const pesos = z.number().meta({ description: 'Pesos, con dos decimales como máximo.' });

/** The answer to a failure, for the document; see `Problem`. */
export const problemSchema = z
  .object({
    type: z.string(),
    title: z.string(),
    status: z.int(),
    detail: z.string(),
    message: z.string().meta({ description: 'Qué pasó y cómo se arregla, para mostrar.' }),
    success: z.literal(false),
    code: z.string(),
    errores: z.array(z.string()).optional(),
    ayuda: z.string().optional(),
    error: z.string().optional(),
    columnas_encontradas: z.array(z.string()).optional(),
    columnas_requeridas: z.array(z.string()).optional(),
  })
  .meta({ id: 'Problema' });
