import { z } from 'zod';
import { emailAddress, optionalText, password, text } from '../../../kernel/rest/schemas.ts';
import { isReservedOrganization } from './rules.ts';

const tenant = z.object({
  nombre: text(100),
  razon_social: text(150),
  cuenta_bancaria: text(100),
  email: emailAddress,
  telefono: text(20),
  calle: text(100),
  numero: text(20),
  ciudad: text(100),
  provincia: text(100),
  codigo_postal: text(10),
  sitio_web: optionalText(100),
  instagram: optionalText(100),
});

export const registrationBody = tenant.extend({
  nombre_usuario: text(100),
  password,
  organization_id: optionalText(100).refine(
    (name) => !name || !isReservedOrganization(name),
    'es un nombre reservado.',
  ),
});

export type Registration = z.output<typeof registrationBody>;

export const tenantChangesBody = tenant
  .extend({ preparacion: z.enum(['manual', 'automatica']) })
  .partial()
  .refine((changes) => Object.values(changes).some((value) => value !== undefined), 'no trae nada para cambiar.');
