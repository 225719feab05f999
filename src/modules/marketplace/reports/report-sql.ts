import { TIME_ZONE } from '../../../kernel/es-ar.ts';

/**
 * The SQL of all reports, so that what accounting is told and what a tenant downloads cannot differ by a cent.
 * Amounts are whole cents in bigint, their products numeric; nothing is rounded but the net of each rate.
 */
const ZONE = `'${TIME_ZONE}'`;

/** Orders `o` created on these days, both inclusive; 'infinity' and '-infinity' leave an end open. */
export const createdOn = (desde: string, hasta: string) => `
  o.fecha_creacion >= ${desde}::date::timestamp AT TIME ZONE ${ZONE} AND
  o.fecha_creacion < (${hasta}::date + 1)::timestamp AT TIME ZONE ${ZONE}`;

export const localDay = (moment: string) => `(${moment} AT TIME ZONE ${ZONE})::date`;

/** What accounting counts as sold, and what owes IVA. */
export const FINALISED = `o.estado = 'finalizada'`;
export const BILLED = `o.estado NOT IN ('cancelada', 'rechazada')`;

/** A tenant's orders, of all its sellers or of some. The index begins with the seller, so there is always a list. */
export const ofTenant = (tenantId: string, only: string) => `
  o.tenant_id = ${tenantId} AND o.comercio_id = ANY (
    coalesce(${only}::int[], ARRAY(SELECT s.comercio_id FROM sellers s WHERE s.tenant_id = ${tenantId})))`;

/** Cents as the number of pesos that JSON carries. */
const pesos = (cents: string) => `(${cents} * 0.01)`;

/** As `Date.toISOString` writes it. */
const moment = (column: string) => `to_char(${column} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')`;

/** The net part of an amount that includes IVA, total / (1 + rate), rounded half up to the cent. */
const netOf = (total: string, rate: string) => `((2 * ${total} * 1000 + ${rate}) / (2 * ${rate}))`;
const PER_MILLE = `(1000 + iva_pct * 10)::bigint`;

const LINES = `
  SELECT linea, producto_id, nombre_producto, cantidad, precio_centavos, iva_pct, cantidad * precio_centavos AS total
  FROM order_lines l WHERE l.tenant_id = o.tenant_id AND l.orden_id = o.orden_id`;

/** An order by rate: the net of each is rounded once, on its sum. */
const BY_RATE = `
  SELECT coalesce(sum(total), 0)::bigint AS total, coalesce(sum(net), 0)::bigint AS subtotal,
         coalesce(json_agg(json_build_array(iva_pct, net, total) ORDER BY iva_pct DESC), '[]') AS rates,
         coalesce(json_agg(json_build_object(
           'alicuota', iva_pct, 'subtotal', ${pesos('net')}, 'iva', ${pesos('(total - net)')},
           'total', ${pesos('total')}) ORDER BY iva_pct DESC), '[]') AS alicuotas
  FROM (SELECT iva_pct, sum(total)::bigint AS total, ${netOf('sum(total)::bigint', PER_MILLE)} AS net
        FROM (${LINES}) AS lines GROUP BY iva_pct) AS by_rate`;

/**
 * An order by line: each rate's net dealt out over its lines by largest remainder, ties to the earlier line, so that
 * lines add up to their order.
 */
const BY_LINE = `
  SELECT coalesce(sum(total), 0)::bigint AS total, coalesce(sum(net), 0)::bigint AS subtotal,
         coalesce(json_agg(json_build_object(
           'producto_id', producto_id, 'nombre', nombre_producto, 'cantidad', cantidad,
           'precio_unitario', ${pesos('precio_centavos')}, 'subtotal', ${pesos('net')},
           'monto_iva', ${pesos('(total - net)')}, 'total', ${pesos('total')}) ORDER BY linea), '[]') AS productos
  FROM (
    SELECT shares.*, share + (row_number() OVER (PARTITION BY iva_pct ORDER BY remainder DESC, linea)
                              <= rate_net - sum(share) OVER (PARTITION BY iva_pct))::int AS net
    FROM (
      SELECT nets.*, coalesce(div(rate_net * total::numeric, nullif(rate_total, 0)), 0)::bigint AS share,
             coalesce(mod(rate_net * total::numeric, nullif(rate_total, 0)), 0) AS remainder
      FROM (
        SELECT sums.*, ${netOf('rate_total', PER_MILLE)} AS rate_net
        FROM (SELECT lines.*, (sum(total) OVER (PARTITION BY iva_pct))::bigint AS rate_total
              FROM (${LINES}) AS lines) AS sums
      ) AS nets
    ) AS shares
  ) AS dealt`;

export interface Report {
  /** Gives `subtotal` and `total` of the order `o`, in cents, and what the item shows beside them. */
  split: string;
  /** The members of an item, in the words of its message. */
  members: string;
}

export const VENTA: Report = {
  split: BY_LINE,
  members: `o.orden_id, o.comercio_id, ${moment('o.fecha_creacion')} AS fecha_creacion,
    ${pesos('s.subtotal')} AS subtotal,
    ${pesos('(s.total - s.subtotal)')} AS monto_iva, ${pesos('s.total')} AS total, o.direccion_entrega, s.productos`,
};

export const PEDIDO: Report = {
  split: BY_RATE,
  members: `o.orden_id AS "pedidoId", ${moment('o.fecha_creacion')} AS fecha, ${pesos('s.subtotal')} AS subtotal,
    ${pesos('(s.total - s.subtotal)')} AS "montoIva", ${pesos('s.total')} AS total, o.pedido_id AS pedido_externo`,
};

/** One row an order: its JSON text as `item`, and what else is asked for. Order by `o.fecha_creacion, o.orden_id`. */
export const itemsOf = ({ split, members }: Report, where: string, columns = '') => `
  SELECT o.fecha_creacion, o.orden_id, j.item ${columns}
  FROM orders o CROSS JOIN LATERAL (${split}) AS s
  CROSS JOIN LATERAL (SELECT row_to_json(v)::text AS item FROM (SELECT ${members}) AS v) AS j
  WHERE ${where}`;

/**
 * Messages made of items in their order: `list` holds them, `rest` (JSON members, never empty) goes with every part,
 * and no part's items take more than `room` bytes, unless it is one alone. One statement, so one snapshot: an order
 * that is finalised meanwhile is in it or not, never twice. No items: one message with an empty list.
 */
export const packed = (list: string, items: string, room: string, rest: string) => `
  SELECT '{"${list}":[' || coalesce(string_agg(item, ',' ORDER BY fecha_creacion, orden_id), '')
         || '],' || ${rest}::text
         || CASE WHEN count(*) OVER () > 1 THEN format(',"parte":%s,"partes":%s', parte, count(*) OVER ()) ELSE '' END
         || '}' AS payload
  FROM (VALUES (true)) AS always LEFT JOIN (
    SELECT items.*, (fill_parts(octet_length(item) + 1, ${room}::int)
                     OVER (ORDER BY fecha_creacion, orden_id ROWS UNBOUNDED PRECEDING))[1] AS parte
    FROM (${items}) AS items) AS numbered ON true
  GROUP BY parte ORDER BY parte`;
