import { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';

export const categoriaCreada = defineTopic({
  name: 'categoria.creada',
  direction: 'out',
  description: 'Se creó una categoría de productos.',
  schema: z.object({
    categoria: z.object({ categoria_id: z.int(), tenant_id: z.int(), nombre: z.string() }),
    timestamp: z.iso.datetime(),
  }),
  subject: ({ categoria }) => `categoria:${categoria.categoria_id}`,
  example: {
    categoria: { categoria_id: 1, tenant_id: 1, nombre: 'Bebidas' },
    timestamp: '2024-01-15T10:30:00Z',
  },
});

export const CAMPOS = ['nombre_producto', 'descripcion', 'precio', 'categoria_id', 'imagenes'] as const;

export const productoActualizado = defineTopic({
  name: 'producto.actualizado',
  direction: 'out',
  description: 'Cambió un producto: su nombre, descripción, precio, categoría o imágenes.',
  schema: z.object({
    tenant_id: z.int(),
    producto: z.object({
      producto_id: z.int(),
      nombre_producto: z.string(),
      descripcion: z.string(),
      precio: z.number(),
      categoria: z.object({ categoria_id: z.int(), nombre_categoria: z.string() }).nullable(),
      promociones: z.array(
        z.object({
          promocion_id: z.int(),
          nombre: z.string(),
          descripcion: z.string(),
          descuento_porcentaje: z.number(),
          fecha_inicio: z.iso.datetime(),
          fecha_fin: z.iso.datetime(),
          estado: z.string(),
        }),
      ),
      estado: z.string(),
    }),
    campos_cambiados: z.array(z.enum(CAMPOS)).min(1),
    timestamp: z.iso.datetime(),
  }),
  subject: ({ producto }) => `producto:${producto.producto_id}`,
  example: {
    tenant_id: 1,
    producto: {
      producto_id: 15,
      nombre_producto: 'Pizza Margherita Especial',
      descripcion: 'Pizza clásica con tomate, mozzarella y albahaca fresca',
      precio: 950.5,
      categoria: { categoria_id: 2, nombre_categoria: 'Pizzas' },
      promociones: [
        {
          promocion_id: 5,
          nombre: '2x1 en Pizzas',
          descripcion: 'Lleva 2 pizzas y paga solo 1',
          descuento_porcentaje: 50.0,
          fecha_inicio: '2024-01-01T00:00:00Z',
          fecha_fin: '2024-01-31T23:59:59Z',
          estado: 'activa',
        },
      ],
      estado: 'activo',
    },
    campos_cambiados: ['nombre_producto', 'precio', 'descripcion'],
    timestamp: '2024-01-15T14:30:00Z',
  },
});

export type ProductoActualizado = z.infer<typeof productoActualizado.schema>;
