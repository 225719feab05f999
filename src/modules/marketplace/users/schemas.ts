import { z } from 'zod';
import { emailAddress, id, password, text } from '../../../kernel/rest/schemas.ts';

/** Any text is let through as an address: a malformed one is simply unknown. */
export const loginBody = z.object({ email: text(1000), password });

export const refreshBody = z.object({ refreshToken: text(1000) });

const common = { nombre: text(100), email: emailAddress, password };

export const newUserBody = z
  .object({
    ...common,
    rol: z.enum(['admin', 'operador']),
    comercios_ids: z.array(id).max(1000).optional(),
  })
  .refine(({ rol, comercios_ids }) => rol === 'admin' || (comercios_ids ?? []).length > 0, {
    path: ['comercios_ids'],
    message: 'necesita al menos un comercio para un operador.',
  });
