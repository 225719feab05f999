import type { Knex } from 'knex';

/**
 * What reports read by. Orders come in by thousands a second, so they get no index more than they had: one that served
 * the sales of all is replaced by one that serves every report of all, and the one by seller now also answers a
 * tenant's totals by itself. The old ones go last: dropping an index shuts out readers too, and until COMMIT.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    -- A period of all tenants, oldest first (iva.pedido, ventas.mes). Its new entries always go to the right-most page.
    CREATE INDEX orders_period ON orders (fecha_creacion, orden_id) WHERE estado NOT IN ('cancelada', 'rechazada');

    -- A seller's orders, newest first (REST), and a period of a tenant, seller by seller (ordenesbytenant.pedido, the
    -- REST reports, the panel's chart): with these columns count and total come from the index alone.
    CREATE INDEX orders_seller_period ON orders (tenant_id, comercio_id, fecha_creacion)
      INCLUDE (estado, total_centavos);
    DROP INDEX orders_finalised, orders_seller;

    -- Numbers the parts of an answer, as a window function over its items in order: each part takes what still fits
    -- into its room, and an item too large for any goes alone. The state is [the part, how full it is].
    CREATE FUNCTION fill_part(state bigint[], size integer, room integer) RETURNS bigint[]
      LANGUAGE plpgsql IMMUTABLE AS $$
    BEGIN
      IF state[2] > 0 AND state[2] + size > room THEN RETURN ARRAY[state[1] + 1, size]; END IF;
      RETURN ARRAY[state[1], state[2] + size];
    END $$;
    CREATE AGGREGATE fill_parts(size integer, room integer) (SFUNC = fill_part, STYPE = bigint[], INITCOND = '{1,0}');
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP AGGREGATE fill_parts(integer, integer);
    DROP FUNCTION fill_part(bigint[], integer, integer);
    CREATE INDEX orders_seller ON orders (tenant_id, comercio_id, fecha_creacion);
    CREATE INDEX orders_finalised ON orders (fecha_creacion) WHERE estado = 'finalizada';
    DROP INDEX orders_seller_period, orders_period;
  `);
}
