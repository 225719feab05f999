import { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';

/** The stock of one product at one seller changed. Each begins (`cantidad_anterior`) where the one before ended. */
export const stockActualizado = defineTopic({
  name: 'stock.actualizado',
  direction: 'out',
  description: 'Cambió el stock disponible de un producto en un comercio.',
  schema: z.object({
    comercio: z.object({ comercio_id: z.int(), nombre: z.string(), tenant_id: z.int() }),
    producto: z.object({
      producto_id: z.int(),
      nombre_producto: z.string(),
      descripcion: z.string(),
      precio: z.number(),
      categoria_id: z.int().nullable(),
      categoria_nombre: z.string().nullable(),
    }),
    stock: z.object({ cantidad_anterior: z.int().min(0), cantidad_nueva: z.int().min(0) }),
    timestamp: z.iso.datetime(),
  }),
  subject: ({ comercio, producto }) => `stock:${comercio.comercio_id}:${producto.producto_id}`,
  example: {
    comercio: { comercio_id: 1, nombre: 'Sucursal Centro', tenant_id: 1 },
    producto: {
      producto_id: 15,
      nombre_producto: 'Pizza Margherita',
      descripcion: 'Pizza clásica con tomate y mozzarella',
      precio: 850.5,
      categoria_id: 2,
      categoria_nombre: 'Pizzas',
    },
    stock: { cantidad_anterior: 25, cantidad_nueva: 20 },
    timestamp: '2024-01-15T14:30:00Z',
  },
});

export type StockActualizado = z.infer<typeof stockActualizado.schema>;
