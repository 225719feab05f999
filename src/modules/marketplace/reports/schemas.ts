import { z } from 'zod';
import { pesos, success } from '../../../kernel/rest/schemas.ts';
import { isDay } from './rules.ts';
import { pedido, venta } from './topics.ts';

const day = z
  .string()
  .refine(isDay, 'tiene que ser una fecha AAAA-MM-DD.')
  .meta({ override: { type: 'string', format: 'date' } });

export const reportQuery = z
  .object({
    desde: day,
    hasta: day,
    formato: z.enum(['json', 'csv']).default('json'),
  })
  .refine(({ desde, hasta }) => desde <= hasta, { path: ['hasta'], message: 'no puede ser anterior a desde.' });

const amounts = { subtotal: pesos, iva: pesos, total: pesos };
const alicuota = z.object({ alicuota: z.number().meta({ description: 'Por ciento: 21, 10.5, 27 o 0.' }), ...amounts });
const totales = z.object({ cantidad: z.int(), ...amounts });

const report = <Orden extends z.ZodType, Totales extends z.ZodType>(orden: Orden, sums: Totales) =>
  z.object({
    success,
    data: z.object({ desde: z.iso.date(), hasta: z.iso.date(), ordenes: z.array(orden), totales: sums }),
  });

export const ventasAnswer = report(venta.extend({ pedido_externo: z.string() }), totales);

export const ivaAnswer = report(
  pedido.extend({ pedido_externo: z.string(), alicuotas: z.array(alicuota) }),
  totales.extend({ alicuotas: z.array(alicuota).optional() }),
);
