import { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';
import { weekOf } from './rules.ts';
import { horario } from './schemas.ts';

export const comercioCreado = defineTopic({
  name: 'comercio.creado',
  direction: 'out',
  description: 'Se creó un comercio.',
  schema: z.object({
    comercio: z.object({
      comercio_id: z.int(),
      tenant_id: z.int(),
      nombre: z.string(),
      lat: z.number().nullable(),
      lon: z.number().nullable(),
      calle: z.string().nullable(),
      numero: z.string().nullable(),
      ciudad: z.string().nullable(),
      provincia: z.string().nullable(),
      codigo_postal: z.string().nullable(),
    }),
    timestamp: z.iso.datetime(),
  }),
  subject: ({ comercio }) => `comercio:${comercio.comercio_id}`,
  example: {
    comercio: {
      comercio_id: 1,
      tenant_id: 1,
      nombre: 'Sucursal Centro',
      lat: -34.6037,
      lon: -58.3816,
      calle: 'Av. Corrientes',
      numero: '1234',
      ciudad: 'Buenos Aires',
      provincia: 'CABA',
      codigo_postal: '1043',
    },
    timestamp: '2024-01-15T10:30:00Z',
  },
});

const text = z.string().nullable();

/** `cambios` holds what changed and nothing else; of the hours the whole week, as REST shows it. */
export const comercioActualizado = defineTopic({
  name: 'comercio.actualizado',
  direction: 'out',
  description: 'Cambió un comercio.',
  schema: z.object({
    seller_id: z.int(),
    tenant_id: z.int(),
    cambios: z
      .object({
        nombre: z.string(),
        calle: text,
        numero: text,
        ciudad: text,
        provincia: text,
        codigo_postal: text,
        lat: z.number().nullable(),
        lon: z.number().nullable(),
        horarios: z.array(horario),
      })
      .partial(),
    timestamp: z.iso.datetime(),
  }),
  subject: ({ seller_id }) => `comercio:${seller_id}`,
  example: {
    seller_id: 1,
    tenant_id: 1,
    cambios: { nombre: 'Nuevo Nombre Sucursal', horarios: weekOf([{ dia: 1, apertura: '09:00', cierre: '18:00' }]) },
    timestamp: '2024-01-20T15:45:30Z',
  },
});
