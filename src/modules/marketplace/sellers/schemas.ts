import { z } from 'zod';
import { message, optionalText, success, text } from '../../../kernel/rest/schemas.ts';
import { DAYS, missingParts, readSchedule, type DayHours } from './rules.ts';

const address = {
  calle: optionalText(100),
  numero: optionalText(20),
  ciudad: optionalText(100),
  provincia: optionalText(100),
  codigo_postal: optionalText(10),
};

const givenHour = z.string().nullable().optional().meta({ description: 'H:MM, HH:MM o HH:MM:SS.' });

/** What else a day carries (the client sends back all that it was given) follows from its hours. */
const schedule = z
  .array(
    z.object({
      dia_semana: z.union([z.string(), z.number()]).meta({
        description: 'El nombre, con o sin acentos, o un número: 0 es domingo.',
      }),
      hora_apertura: givenHour,
      hora_cierre: givenHour,
    }),
  )
  .max(50)
  .transform((entries, ctx): DayHours[] => {
    const { days, errors } = readSchedule(entries);
    for (const message of errors) ctx.addIssue({ code: 'custom', message });
    return days;
  });

export const MISSING_PART = 'falta para completar la dirección.';

/** A fixed set of fields: whatever else is in the body, ids and coordinates included, is not looked at. */
const fields = z.object({ nombre: text(100), ...address, horarios: schedule.optional() });

export const newSellerBody = fields.superRefine((body, ctx) => {
  for (const part of missingParts(body)) ctx.addIssue({ code: 'custom', path: [part], message: MISSING_PART });
});

/** Whether an address is whole shows once it is merged with what is stored. */
export const sellerChangesBody = fields
  .partial()
  .refine((changes) => Object.values(changes).some((value) => value !== undefined), 'no trae nada para cambiar.');

const wholeNumber = (max: number) =>
  z
    .string()
    .regex(/^\d{1,9}$/, 'tiene que ser un número entero.')
    .transform(Number)
    .pipe(z.number().min(1).max(max))
    .meta({ override: { type: 'integer', minimum: 1, maximum: max } });

const degrees = (max: number) =>
  z
    .string()
    .regex(/^-?\d{1,3}(\.\d{1,20})?(e[+-]?\d{1,3})?$/, 'tiene que ser un número de grados, por ejemplo -34.6037.')
    .transform(Number)
    .refine((value) => Math.abs(value) <= max, `tiene que estar entre -${max} y ${max}.`)
    .meta({ override: { type: 'number', minimum: -max, maximum: max } });

/** Pages of one's own sellers, or a place whose neighbours are looked for. */
export const sellersQuery = z
  .object({
    page: wholeNumber(1_000_000).optional(),
    size: wholeNumber(100).optional(),
    lat: degrees(90).optional(),
    lon: degrees(180).optional(),
  })
  .refine(({ lat, lon }) => lat === undefined || lon !== undefined, { path: ['lon'], message: 'va junto con lat.' })
  .refine(({ lat, lon }) => lon === undefined || lat !== undefined, { path: ['lat'], message: 'va junto con lon.' });

// Answers.

const hour = z.string().regex(/^\d\d:\d\d$/).nullable();

export const horario = z
  .object({
    dia_semana: z.enum(DAYS),
    dia_nombre: z.enum(DAYS),
    dia_numero: z.int().min(0).max(6).meta({ description: '0 es domingo.' }),
    hora_apertura: hour,
    hora_cierre: hour,
    estado: z.enum(['activo', 'inactivo']),
  })
  .meta({ id: 'Horario' });

const part = z.string().nullable();

const archived = z.object({
  comercio_id: z.int(),
  tenant_id: z.int(),
  nombre: z.string(),
  calle: part,
  numero: part,
  ciudad: part,
  provincia: part,
  codigo_postal: part,
  lat: z.number().nullable(),
  lon: z.number().nullable(),
  direccion: z.string().meta({ description: 'En una línea; vacía si no tiene.' }),
});

const comercio = archived.extend({ horarios: z.array(horario).length(7) }).meta({ id: 'Comercio' });

const nearby = comercio
  .extend({
    tenant_nombre: z.string(),
    razon_social: z.string().nullable().meta({ description: 'Solo la del propio negocio.' }),
    tenant_estado: z.literal('activo'),
    distancia_km: z.number().min(0),
  })
  .meta({ id: 'ComercioCercano' });

const sellersPage = z.object({
  success,
  data: z.array(comercio),
  pagination: z.object({ page: z.int(), size: z.int(), totalItems: z.int(), totalPages: z.int() }),
});

export const sellersAnswer = z.union([sellersPage, z.array(nearby)]);
export const sellerAnswer = z.object({ success, data: comercio });
export const savedSellerAnswer = z.object({ success, message, data: comercio });
export const archivedSellerAnswer = z.object({ success, message, data: archived });
