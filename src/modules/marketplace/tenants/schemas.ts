import { z } from 'zod';
import {
  emailAddress,
  message,
  moment,
  optionalText,
  password,
  pathId,
  success,
  text,
} from '../../../kernel/rest/schemas.ts';
import { withFlatAddress } from './rules.ts';

const address = z.object({
  calle: text(100),
  numero: text(20),
  ciudad: text(100),
  provincia: text(100),
  codigo_postal: text(10),
});

const nested = address.partial().optional();

/** The address may come as members of the body or inside one of these; see `withFlatAddress`. */
const tenant = address.extend({
  ubicacion: nested.meta({ description: 'Otra forma de dar la dirección; lo que está afuera vale más.' }),
  direccion_fiscal: nested.meta({ description: 'Lo mismo que `ubicacion`.' }),
  nombre: text(100),
  razon_social: text(150),
  cuenta_bancaria: text(100),
  email: emailAddress,
  telefono: text(20),
  sitio_web: optionalText(100),
  instagram: optionalText(100),
});

export const newTenantBody = z.preprocess(withFlatAddress, tenant);

export const registrationBody = z.preprocess(
  withFlatAddress,
  tenant.extend({
    nombre_usuario: text(100),
    password,
    organization_id: optionalText(100),
  }),
);

export const tenantChangesBody = z.preprocess(
  withFlatAddress,
  tenant
    .extend({ preparacion: z.enum(['manual', 'automatica']), organization_id: text(100) })
    .partial()
    .refine((changes) => Object.values(changes).some((value) => value !== undefined), 'no trae nada para cambiar.'),
);

export const tenantParams = z.object({ tenantId: pathId() });

/** Anything that is no page is the first one, and whatever the size, one tenant fits. */
const pageNumber = z
  .string()
  .regex(/^[1-9]\d{0,8}$/)
  .transform(Number)
  .optional()
  .catch(undefined)
  .meta({ override: { type: 'integer', minimum: 1 } });

export const tenantsQuery = z.object({ page: pageNumber, size: pageNumber });

const estado = z.enum(['activo', 'inactivo']);

export const tenantAnswer = z
  .object({
    tenant_id: z.int(),
    organization_id: z.string(),
    nombre: z.string(),
    razon_social: z.string(),
    cuenta_bancaria: z.string(),
    estado,
    preparacion: z.enum(['manual', 'automatica']),
    fecha_registro: moment,
    fecha_actualizacion: moment,
    email: z.string(),
    telefono: z.string(),
    calle: z.string(),
    numero: z.string(),
    ciudad: z.string(),
    provincia: z.string(),
    codigo_postal: z.string(),
    lat: z.number().nullable(),
    lon: z.number().nullable(),
    sitio_web: z.string().nullable(),
    instagram: z.string().nullable(),
  })
  .meta({ id: 'Tenant' });

/** The tenant itself, and beside its members what there is to say. */
export const changedTenantAnswer = z.object({ ...tenantAnswer.shape, message });

export const tenantsAnswer = z.object({
  data: z.array(tenantAnswer),
  pagination: z.object({ totalItems: z.int(), totalPages: z.int(), currentPage: z.int() }),
});

export const deletedTenantAnswer = z.object({ success, message, tenant_id: z.int() });

/** Tokens twice, as everywhere (rest-contract 2). */
export const registrationAnswer = z.object({
  success,
  message,
  user: z.object({ usuario_id: z.int(), nombre: z.string(), email: z.string(), rol: z.enum(['admin', 'operador']) }),
  tenant_id: z.int(),
  tokens: z.object({ accessToken: z.string(), refreshToken: z.string() }),
  accessToken: z.string(),
  refreshToken: z.string(),
});
