import { z } from 'zod';

/** Postgres stores no U+0000, and its UTF-8 no half of a surrogate pair: such a text fails the statement it comes in. */
export const isStorable = (text: string): boolean => text.isWellFormed() && !text.includes('\u0000');

/** Text as it may come over the wire and go into Postgres. */
export const wireText = (max: number) => z.string().max(max).refine(isStorable, 'tiene caracteres que no se pueden guardar');

/** An id of ours: a positive integer that fits Postgres's integer. */
export const wireId = z.int().min(1).max(2_147_483_647);

/**
 * An id of theirs: opaque text; a JSON number is its decimal text (12345 is "12345"), leading zeros are kept. A number
 * too large for a double is refused, since it may already have been changed on the way.
 */
export const opaqueId = z
  .union([wireText(200), z.int()], { error: 'debe ser un texto o un entero seguro' })
  .transform((id) => String(id))
  .refine((id) => id.trim() !== '', 'está vacío');
