import { z } from 'zod';
import { moment, pesos, success, integer } from '../../../kernel/rest/schemas.ts';

/** Half of what the column holds, so that a cancelled order's stock always finds room. */
export const MAX_STOCK = 1_000_000_000;

/** The absolute new amount; a text such as "12abc" is refused, not cut. */
export const stockBody = z.object({
  cantidad_stock: integer().min(0).max(MAX_STOCK),
});

/** Beside the product here; whole in GET /promotions. */
const promotion = z.object({
  promocion_id: z.int(),
  nombre: z.string(),
  tipo_promocion: z.enum(['monto', 'porcentaje']),
  valor_descuento: z.number(),
  fecha_inicio: z.iso.datetime().nullable(),
  fecha_fin: z.iso.datetime().nullable(),
});

const product = z
  .object({
    producto_id: z.int(),
    nombre_producto: z.string(),
    descripcion: z.string(),
    precio: pesos,
    categoria_id: z.int().nullable(),
    categoria_nombre: z.string().nullable(),
    fecha_creacion: moment,
    cantidad_stock: z.int().min(0),
    imagenes: z.array(z.string()),
    promociones: z.array(promotion),
  })
  .meta({ id: 'ProductoDeComercio' });

export const productsAnswer = z.object({
  success,
  data: z.object({
    comercio: z.object({ comercio_id: z.int(), nombre: z.string(), tenant_id: z.int() }),
    productos: z.array(product),
  }),
});

const shelf = z.object({
  comercio_id: z.int(),
  producto_id: z.int(),
  cantidad_stock: z.int().min(0),
  comercio_nombre: z.string(),
  producto_nombre: z.string(),
});

/** The product's name twice: which of the two was sent used to depend on whether stock was recorded. */
export const stockAnswer = z.object({ success, data: shelf.extend({ nombre_producto: z.string() }) });

export const stockSetAnswer = z.object({ success, message: z.string(), data: shelf });
