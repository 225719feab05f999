import { z } from 'zod';
import { defineTopic } from '../../../events/topic.ts';
import { isCents } from '../../../kernel/money.ts';
import { opaqueId, wireId, wireText } from '../../../kernel/wire.ts';

/** What an order's events are about; each takes this lock, so that they cannot miss one another. */
export const subjectOf = (pedidoId: string) => `pedido:${pedidoId}`;

/** Pesos with at most two decimals. */
const amount = z.number().min(0).max(1e9).refine(isCents, 'tiene más de dos decimales');

/** Pesos; a hundred times that, in cents, a double still holds to the cent. */
const MAX_TOTAL = 1e13;
const totalOf = (productos: ReadonlyArray<{ cantidad: number; precio_unitario: number }>) =>
  productos.reduce((sum, { cantidad, precio_unitario }) => sum + cantidad * precio_unitario, 0);

export const pedidoCreado = defineTopic({
  name: 'pedido.creado',
  direction: 'in',
  producer: 'core.deliver.ar',
  description: 'Un cliente hizo un pedido. Se acepta entero o se rechaza entero.',
  schema: z
    .object({
      pedidoId: opaqueId,
      comercio_id: wireId,
      cliente_nombre: wireText(500),
      direccion_entrega: wireText(1000),
      productos: z
        .array(z.object({ producto_id: wireId, cantidad: z.int().min(1).max(1_000_000), precio_unitario: amount }))
        .min(1)
        .max(500),
      medios_pago: wireText(50).nullish().transform((medio) => medio ?? 'fiat'),
      total: z.number().min(0).max(MAX_TOTAL).refine(isCents, 'tiene más de dos decimales').nullish(),
    })
    .refine(({ productos }) => totalOf(productos) <= MAX_TOTAL, { path: ['productos'], message: 'suman demasiado' }),
  key: ({ pedidoId }) => pedidoId,
  subject: ({ pedidoId }) => subjectOf(pedidoId),
  example: {
    pedidoId: '12345',
    comercio_id: 1,
    cliente_nombre: 'Juan Pérez',
    direccion_entrega: 'Av. Corrientes 1234, CABA',
    productos: [{ producto_id: 1, cantidad: 2, precio_unitario: 450.75 }],
    medios_pago: 'fiat',
    total: 901.5,
  },
});
export type PedidoCreado = z.infer<typeof pedidoCreado.schema>;

// Its case says nothing: ENTREGADO and entregado are the same content.
const changeSchema = z.object({ pedidoId: opaqueId, estado: wireText(50).toUpperCase().nullish() });
export type PedidoChange = z.infer<typeof changeSchema>;

/** What every change of an order that the hub tells has in common. */
const change = {
  direction: 'in' as const,
  producer: 'core.deliver.ar',
  schema: changeSchema,
  key: ({ pedidoId }: PedidoChange) => pedidoId,
  subject: ({ pedidoId }: PedidoChange) => subjectOf(pedidoId),
};

export const pedidoEntregado = defineTopic({
  name: 'pedido.entregado',
  aliases: ['delivery.successful'],
  ...change,
  description: 'El pedido llegó a su destino.',
  example: { pedidoId: 'ORD_PHU998', estado: 'ENTREGADO' },
});

export const pedidoCancelado = defineTopic({
  name: 'pedido.cancelado',
  aliases: ['delivery.failed'],
  ...change,
  description: 'El pedido se canceló o la entrega falló; su stock vuelve.',
  example: { pedidoId: 'ORD_PHU998', estado: 'CANCELADO' },
});

export const pedidoConfirmar = defineTopic({
  name: 'pedido.confirmar',
  direction: 'out',
  description: 'El pedido fue aceptado y su stock quedó reservado.',
  schema: z.object({
    pedidoId: z.string(),
    comercio_id: z.int(),
    cliente_nombre: z.string(),
    direccion_entrega: z.string(),
    productos: z.array(z.object({ producto_id: z.int(), cantidad: z.int(), precio_unitario: z.number() })),
  }),
  subject: ({ pedidoId }) => subjectOf(pedidoId),
  example: {
    pedidoId: '12345',
    comercio_id: 1,
    cliente_nombre: 'Juan Pérez',
    direccion_entrega: 'Av. Corrientes 1234, CABA',
    productos: [{ producto_id: 1, cantidad: 2, precio_unitario: 450.75 }],
  },
});

export const pedidoRechazado = defineTopic({
  name: 'pedido.rechazado',
  direction: 'out',
  description: 'El pedido no se pudo aceptar (solo con PUBLISH_REJECTIONS=true).',
  schema: z.object({ pedidoId: z.string(), comercio_id: z.int(), motivo: z.string() }),
  subject: ({ pedidoId }) => subjectOf(pedidoId),
  example: { pedidoId: '12345', comercio_id: 1, motivo: 'sin_stock' },
});
