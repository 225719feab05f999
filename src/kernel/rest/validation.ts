import type { z } from 'zod';
import { badRequest } from '../errors.ts';

type Issue = Parameters<z.core.$ZodErrorMap>[0];

/** `email` is never named so: the client takes that word in a message for "this address is taken". */
const LABELS: Readonly<Record<string, string>> = { email: 'correo' };

/** What came in (body or query), checked. @throws AppError 400 with one Spanish sentence for each thing wrong. */
export function validate<Schema extends z.ZodType>(schema: Schema, input: unknown): z.output<Schema> {
  const parsed = schema.safeParse(input ?? {}, { error: sentence });
  if (parsed.success) return parsed.data;
  const errors = parsed.error.issues.map(({ path, message }) => `${label(path)}: ${message}`);
  throw badRequest(`Hay datos que corregir. ${errors.join(' ')}`, errors);
}

const label = (path: readonly PropertyKey[]): string =>
  path.length === 0 ? 'Solicitud' : path.map((part) => LABELS[String(part)] ?? String(part)).join('.');

/** Sentences for what a schema has no words of its own for. They never repeat the value that was sent. */
function sentence(issue: Issue): string {
  switch (issue.code) {
    case 'invalid_type':
    case 'invalid_union':
      return issue.input === undefined || issue.input === null ? 'es obligatorio.' : 'no tiene el tipo esperado.';
    case 'too_small':
      if (issue.origin === 'string')
        return issue.minimum === 1 ? 'no puede estar vacío.' : `lleva al menos ${issue.minimum} caracteres.`;
      return issue.origin === 'array' ? 'necesita al menos un elemento.' : `tiene que ser ${issue.minimum} o más.`;
    case 'too_big':
      if (issue.origin === 'string') return `admite hasta ${issue.maximum} caracteres.`;
      return issue.origin === 'array'
        ? `admite hasta ${issue.maximum} elementos.`
        : `tiene que ser ${issue.maximum} o menos.`;
    case 'invalid_value':
      return issue.input === undefined
        ? 'es obligatorio.'
        : `tiene que ser uno de: ${issue.values.map(String).join(', ')}.`;
    default:
      return 'no es válido.';
  }
}
