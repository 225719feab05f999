import { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';
import { wireText } from '../../../kernel/wire.ts';

/** It goes back with every part of the answer, so it must be small; JSON nested too deep to be written is refused too. */
const fitsEveryAnswer = (value: unknown): boolean => {
  try {
    return (JSON.stringify(value) ?? '').length <= 2000;
  } catch {
    return false;
  }
};
const traceData = z
  .unknown()
  .refine(fitsEveryAnswer, 'es demasiado grande')
  .pipe(z.record(z.string().max(100), z.json()))
  .optional();

export const ventasMes = defineTopic({
  name: 'ventas.mes',
  aliases: ['ventas.por_mes'],
  direction: 'in',
  description: 'Contabilidad pide las ventas finalizadas de un período; ambas fechas inclusive, hora de Buenos Aires.',
  schema: z.object({ fechaDesde: wireText(40), fechaHasta: wireText(40), traceData }),
  subject: () => 'ventas.mes', // one report at a time: each holds its orders in memory
  example: { fechaDesde: '2024-01-01', fechaHasta: '2024-01-31' },
});
export type VentasMes = z.infer<typeof ventasMes.schema>;

const venta = z.object({
  orden_id: z.int(),
  comercio_id: z.int(),
  fecha_creacion: z.iso.datetime(),
  subtotal: z.number(),
  monto_iva: z.number(),
  total: z.number(),
  direccion_entrega: z.string(),
  productos: z.array(
    z.object({
      producto_id: z.int(),
      nombre: z.string(),
      cantidad: z.int(),
      precio_unitario: z.number(),
      subtotal: z.number(),
      monto_iva: z.number(),
      total: z.number(),
    }),
  ),
});
export type Venta = z.infer<typeof venta>;

export const ventaMesRespuesta = defineTopic({
  name: 'venta.mes.respuesta', // singular, as the accounting module expects it
  direction: 'out',
  description: 'Las ventas del período; en partes cuando no entran en un mensaje.',
  schema: z.object({
    ventas: z.array(venta),
    timestamp: z.iso.datetime(),
    fechaDesde: z.string().optional(),
    fechaHasta: z.string().optional(),
    traceData,
    parte: z.int().optional(),
    partes: z.int().optional(),
  }),
  example: {
    ventas: [
      {
        orden_id: 123,
        comercio_id: 1,
        fecha_creacion: '2024-01-15T10:30:00Z',
        subtotal: 744.63,
        monto_iva: 156.37,
        total: 901,
        direccion_entrega: 'Av. Corrientes 1234, CABA',
        productos: [
          { producto_id: 1, nombre: 'Pizza Margherita', cantidad: 2, precio_unitario: 450.5, subtotal: 744.63, monto_iva: 156.37, total: 901 },
        ],
      },
    ],
    timestamp: '2024-01-20T15:45:30Z',
  },
});
