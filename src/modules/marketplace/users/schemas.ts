import { z } from 'zod';
import { emailAddress, id, message, password, success, text } from '../../../kernel/rest/schemas.ts';

/** Any text is let through as an address: a malformed one is simply unknown. */
export const loginBody = z.object({ email: text(1000), password });

export const refreshBody = z.object({ refreshToken: text(1000) });

/** The client may send nothing at all, or `null` as it does to refresh. */
export const logoutBody = z.object({ refreshToken: z.string().max(1000).nullish() }).nullish();

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

const rol = z.enum(['admin', 'operador']);

/** Tokens twice: login and registration are read nested, refresh at the top level (rest-contract 2). */
export const tokensAnswer = {
  tokens: z.object({ accessToken: z.string(), refreshToken: z.string() }),
  accessToken: z.string(),
  refreshToken: z.string(),
};

export const sessionUser = z.object({ usuario_id: z.int(), nombre: z.string(), email: z.string(), rol });

export const loginAnswer = z.object({
  success,
  message,
  user: sessionUser.extend({ tenant_id: z.int() }),
  tenant_id: z.int(),
  ...tokensAnswer,
});

export const refreshAnswer = z.object({ success, message, ...tokensAnswer });

export const logoutAnswer = z.object({ success, message });

export const newUserAnswer = z.object({ success, message, usuario_id: z.int() });

const optional = z.string().nullable();

export const profileAnswer = z.object({
  success,
  data: sessionUser.extend({
    tenant_id: z.int(),
    tenant: z.object({ nombre: z.string(), razon_social: z.string(), estado: z.enum(['activo', 'inactivo']) }),
    comercios: z.array(
      z.object({
        comercio_id: z.int(),
        nombre: z.string(),
        calle: optional,
        numero: optional,
        ciudad: optional,
        provincia: optional,
        codigo_postal: optional,
        direccion: z.string(),
        lat: z.number().nullable(),
        lon: z.number().nullable(),
      }),
    ),
  }),
});
