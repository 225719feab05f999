import { z } from 'zod';
import { pesos, text } from '../../../kernel/rest/schemas.ts';

export const variantParams = z.object({ variant_id: text(100) });

const units = z.int().min(0);

const shelf = z.object({
  warehouse_id: z.string(),
  total: units,
  available: units.meta({ description: 'Lo último que informó el inventario.' }),
  reserved: units,
  damaged: units,
  free: units.meta({
    description: 'Lo que todavía se puede reservar: sin lo apartado por órdenes que el inventario no descontó.',
  }),
  as_of: z.iso.datetime().meta({ description: 'Cuándo lo informó el inventario.' }),
});

export const availabilityAnswer = z
  .object({
    variant_id: z.string(),
    available: z.boolean().meta({ description: 'Si se puede agregar a un carrito.' }),
    price: pesos.nullable(),
    deleted: z.boolean(),
    warehouses: z.array(shelf).meta({ description: 'Vacío si el inventario nunca la informó.' }),
  })
  .meta({ id: 'DisponibilidadDeVariante' });
