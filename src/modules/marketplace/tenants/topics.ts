import { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';

const subject = ({ tenant_id }: { tenant_id: number }) => `tenant:${tenant_id}`;

const direccion = z.object({
  calle: z.string(),
  numero: z.string(),
  ciudad: z.string(),
  provincia: z.string(),
  codigo_postal: z.string(),
  lat: z.number().nullable(),
  lon: z.number().nullable(),
});

const datos = z.object({
  nombre: z.string(),
  razon_social: z.string(),
  cuenta_bancaria: z.string(),
  email: z.string(),
  telefono: z.string(),
  sitio_web: z.string().nullable(),
  instagram: z.string().nullable(),
});

export const tenantCreado = defineTopic({
  name: 'tenant.creado',
  direction: 'out',
  description: 'Se registró un negocio.',
  schema: datos.extend({
    tenant_id: z.int(),
    direccion_fiscal: direccion,
    estado: z.enum(['activo', 'inactivo']),
    fecha_registro: z.iso.datetime(),
    fecha_actualizacion: z.iso.datetime(),
    timestamp: z.iso.datetime(),
  }),
  subject,
  example: {
    tenant_id: 1,
    nombre: 'Mi Negocio',
    razon_social: 'Mi Negocio S.A.',
    cuenta_bancaria: '1234567890',
    email: 'admin@ejemplo.com',
    telefono: '1234567890',
    direccion_fiscal: {
      calle: 'Av. Corrientes',
      numero: '1234',
      ciudad: 'Buenos Aires',
      provincia: 'CABA',
      codigo_postal: '1043',
      lat: -34.6037,
      lon: -58.3816,
    },
    sitio_web: 'https://miweb.com',
    instagram: '@miweb',
    estado: 'activo',
    fecha_registro: '2024-01-15T10:30:00Z',
    fecha_actualizacion: '2024-01-15T10:30:00Z',
    timestamp: '2024-01-15T10:30:00Z',
  },
});

export type TenantCreado = z.infer<typeof tenantCreado.schema>;

export const tenantActualizado = defineTopic({
  name: 'tenant.actualizado',
  direction: 'out',
  description: 'Un negocio cambió sus datos: `cambios` trae solo lo que cambió, y de la dirección, solo esas partes.',
  schema: z.object({
    tenant_id: z.int(),
    cambios: datos.extend({ ubicacion: direccion.partial() }).partial(),
    timestamp: z.iso.datetime(),
  }),
  subject,
  example: {
    tenant_id: 1,
    cambios: { telefono: '1111111111', ubicacion: { calle: 'Nueva Calle', numero: '5678' } },
    timestamp: '2024-01-20T15:45:30Z',
  },
});

export type TenantActualizado = z.infer<typeof tenantActualizado.schema>;

export const tenantEliminado = defineTopic({
  name: 'tenant.eliminado',
  direction: 'out',
  description: 'Un negocio se dio de baja: ya no vende ni inicia sesión.',
  schema: z.object({ tenant_id: z.int(), nombre: z.string(), timestamp: z.iso.datetime() }),
  subject,
  example: { tenant_id: 1, nombre: 'Mi Negocio', timestamp: '2024-01-20T15:45:30Z' },
});
