import type { Sql } from '../../../kernel/database.ts';

export interface SaleLine {
  productoId: number;
  nombre: string;
  cantidad: number;
  precio: number;
  ivaPct: number;
}

export interface Sale {
  ordenId: number;
  comercioId: number;
  fechaCreacion: Date;
  direccionEntrega: string;
  lines: SaleLine[];
}

/** Finalised orders created on these days, both inclusive, as Buenos Aires counts days; oldest first. */
export const finalisedSales = (trx: Sql, desde: string, hasta: string): Promise<Sale[]> =>
  trx.rows<Sale>(
    `SELECT o.orden_id AS "ordenId", o.comercio_id AS "comercioId", o.fecha_creacion AS "fechaCreacion",
            o.direccion_entrega AS "direccionEntrega", l.lines
     FROM orders o
     CROSS JOIN LATERAL (
       SELECT json_agg(json_build_object('productoId', producto_id, 'nombre', nombre_producto, 'cantidad', cantidad,
                'precio', precio_centavos, 'ivaPct', iva_pct) ORDER BY linea) AS lines
       FROM order_lines WHERE tenant_id = o.tenant_id AND orden_id = o.orden_id) l
     WHERE o.estado = 'finalizada'
       AND o.fecha_creacion >= $1::date::timestamp AT TIME ZONE 'America/Argentina/Buenos_Aires'
       AND o.fecha_creacion < ($2::date + 1)::timestamp AT TIME ZONE 'America/Argentina/Buenos_Aires'
     ORDER BY o.fecha_creacion, o.orden_id`,
    [desde, hasta],
  );
