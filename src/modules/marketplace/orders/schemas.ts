import { z } from 'zod';
import { moment, pesos, success } from '../../../kernel/rest/schemas.ts';
import { ESTADOS } from './states.ts';

export const moveBody = z.object({ estado: z.enum(ESTADOS) });

const order = z
  .object({
    orden_id: z.int(),
    pedido_id: z.string().meta({ description: 'El identificador del hub.' }),
    tenant_id: z.int(),
    comercio_id: z.int(),
    cliente_nombre: z.string(),
    medios_pago: z.string(),
    estado: z.enum(ESTADOS),
    total: pesos,
    direccion_entrega: z.string(),
    fecha_creacion: moment,
    fecha_actualizacion: moment,
  })
  .meta({ id: 'Orden' });

export const ordersAnswer = z.object({ success, data: z.array(order) });

export const orderAnswer = z.object({
  success,
  data: order
    .extend({
      productos: z.array(
        z.object({
          producto_id: z.int(),
          nombre_producto: z.string(),
          cantidad: z.int(),
          precio_unitario: pesos,
          subtotal: pesos,
          iva_pct: z.number(),
          promocion: z.string().nullable().meta({ description: 'La que explica un precio o un total más bajo.' }),
          descuento: pesos,
        }),
      ),
      historial: z.array(z.object({ estado: z.enum(ESTADOS), fecha: moment, causa: z.string() })),
    })
    .meta({ id: 'OrdenConHistoria' }),
});
