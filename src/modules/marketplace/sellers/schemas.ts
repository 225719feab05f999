import { z } from 'zod';
import { optionalText, text } from '../../../kernel/rest/schemas.ts';
import { readSchedule, type DayHours } from './rules.ts';

const address = {
  calle: optionalText(100),
  numero: optionalText(20),
  ciudad: optionalText(100),
  provincia: optionalText(100),
  codigo_postal: optionalText(10),
};

/** What else a day carries (the client sends back all that it was given) follows from its hours. */
const schedule = z
  .array(
    z.object({
      dia_semana: z.union([z.string(), z.number()]),
      hora_apertura: z.string().nullable().optional(),
      hora_cierre: z.string().nullable().optional(),
    }),
  )
  .max(50)
  .transform((entries, ctx): DayHours[] => {
    const { days, errors } = readSchedule(entries);
    for (const message of errors) ctx.addIssue({ code: 'custom', message });
    return days;
  });

export const newSellerBody = z
  .object({ nombre: text(100), ...address, horarios: schedule.optional() })
  .superRefine((body, ctx) => {
    const missing = (Object.keys(address) as Array<keyof typeof address>).filter(
      (field) => (body[field] ?? null) === null,
    );
    if (missing.length === 0 || missing.length === Object.keys(address).length) return;
    for (const field of missing)
      ctx.addIssue({ code: 'custom', path: [field], message: 'falta para completar la dirección.' });
  });

const wholeNumber = (max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'tiene que ser un número entero.')
    .transform(Number)
    .pipe(z.number().min(1).max(max));

export const pageQuery = z.object({ page: wholeNumber(1_000_000).optional(), size: wholeNumber(100).optional() });
