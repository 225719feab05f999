import { z } from 'zod';
import { password, text } from '../../kernel/rest/schemas.ts';

/** Any text is let through as an address: a malformed one is simply unknown. */
export const credentials = z.object({ email: text(1000), password });

/** Stands for our own host while an address is looked at. */
const OURS = 'http://panel.invalid';

/** Where to go after logging in: a page of the panel as a browser will read it, or its start for anything else. */
export const comeBack = (base: string) =>
  z
    .string()
    .max(500)
    .refine((address) => address.startsWith(`${base}/`) && URL.canParse(address, OURS))
    .transform((address) => new URL(address, OURS))
    .refine(({ origin, pathname }) => origin === OURS && pathname.startsWith(`${base}/`))
    .transform(({ pathname, search }) => pathname + search)
    .catch(base);
