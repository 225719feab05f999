import { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';
import { wireId, wireText } from '../../../kernel/wire.ts';

const ACCOUNTING = 'Contabilidad';

/** It goes back with every part of the answer, so it is small; JSON nested too deep to be written is refused too. */
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

/** Equal questions are answered one after another, so that the parts of an answer stay together; others do not wait. */
const aboutPeriod =
  (what: string) =>
  ({ fechaDesde, fechaHasta }: { fechaDesde?: string; fechaHasta?: string }): string =>
    `${what}:${fechaDesde}..${fechaHasta}`;

const period = z.object({ fechaDesde: wireText(40), fechaHasta: wireText(40), traceData });

/** What an answer repeats of its request, and which part of it a message is where one is not enough. */
const echo = { fechaDesde: z.string().optional(), fechaHasta: z.string().optional(), traceData };
const part = { parte: z.int().min(1).optional(), partes: z.int().min(2).optional() };

export const ventasMes = defineTopic({
  name: 'ventas.mes',
  aliases: ['ventas.por_mes'],
  direction: 'in',
  producer: ACCOUNTING,
  description: 'Contabilidad pide las ventas finalizadas de un período; ambas fechas inclusive, hora de Buenos Aires.',
  schema: period,
  subject: aboutPeriod('ventas'),
  example: { fechaDesde: '2024-01-01', fechaHasta: '2024-01-31' },
});
export type VentasMes = z.infer<typeof ventasMes.schema>;

export const ivaPedido = defineTopic({
  name: 'iva.pedido',
  direction: 'in',
  producer: ACCOUNTING,
  description: 'Contabilidad pide el IVA de los pedidos de un período, menos los cancelados y rechazados.',
  schema: period,
  subject: aboutPeriod('iva'),
  example: { fechaDesde: '2024-01-01', fechaHasta: '2024-01-31' },
});
export type IvaPedido = z.infer<typeof ivaPedido.schema>;

const optionalDay = wireText(40)
  .nullish()
  .transform((day) => day ?? undefined);

export const ordenesByTenantPedido = defineTopic({
  name: 'ordenesbytenant.pedido',
  direction: 'in',
  producer: ACCOUNTING,
  description: 'Contabilidad pide los totales de un tenant, o de cada uno; sin fechas, de siempre.',
  schema: z.object({ tenant_id: wireId.nullish(), fechaDesde: optionalDay, fechaHasta: optionalDay, traceData }),
  subject: ({ tenant_id }) => `ordenesbytenant:${tenant_id ?? 'todos'}`,
  example: { tenant_id: 1, fechaDesde: '2024-01-01', fechaHasta: '2024-01-31' },
});
export type OrdenesByTenantPedido = z.infer<typeof ordenesByTenantPedido.schema>;

export const venta = z.object({
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

export const ventaMesRespuesta = defineTopic({
  name: 'venta.mes.respuesta', // singular, as the accounting module expects it
  direction: 'out',
  consumers: [ACCOUNTING],
  description: 'Las ventas del período; en partes cuando no entran en un mensaje.',
  schema: z.object({
    ventas: z.array(venta),
    timestamp: z.iso.datetime(),
    ...echo,
    ...part,
  }),
  subject: aboutPeriod('ventas'),
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
          {
            producto_id: 1,
            nombre: 'Pizza Margherita',
            cantidad: 2,
            precio_unitario: 450.5,
            subtotal: 744.63,
            monto_iva: 156.37,
            total: 901,
          },
        ],
      },
    ],
    timestamp: '2024-01-20T15:45:30Z',
  },
});

export const pedido = z.object({
  pedidoId: z.int(),
  fecha: z.iso.datetime(),
  subtotal: z.number(),
  montoIva: z.number(),
  total: z.number(),
  pedido_externo: z.string().optional(),
});

export const ivaRespuesta = defineTopic({
  name: 'iva.respuesta',
  direction: 'out',
  consumers: [ACCOUNTING],
  description:
    'El IVA de los pedidos del período (pedidoId es nuestro número); en partes cuando no entran en un mensaje.',
  schema: z.object({ pedidos: z.array(pedido), ...echo, ...part }),
  subject: aboutPeriod('iva'),
  example: {
    pedidos: [
      { pedidoId: 123, fecha: '2024-01-15T10:30:00Z', subtotal: 744.63, montoIva: 156.37, total: 901 },
      { pedidoId: 124, fecha: '2024-01-16T11:15:00Z', subtotal: 826.45, montoIva: 173.55, total: 1000 },
    ],
  },
});

export const ordenesByTenantRespuesta = defineTopic({
  name: 'ordenesbytenant.respuesta',
  direction: 'out',
  consumers: [ACCOUNTING],
  description: 'Los totales de un tenant en el período.',
  schema: z.object({
    tenant_id: z.int(),
    totales: z.object({ cantidad_ordenes: z.int(), monto_total: z.number(), promedio_por_orden: z.number() }),
    timestamp: z.iso.datetime(),
    ...echo,
  }),
  subject: ({ tenant_id }) => `ordenesbytenant:${tenant_id}`,
  example: {
    tenant_id: 1,
    totales: { cantidad_ordenes: 45, monto_total: 25430.75, promedio_por_orden: 565.13 },
    timestamp: '2024-01-20T15:45:30Z',
  },
});
