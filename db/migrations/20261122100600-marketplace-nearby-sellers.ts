import type { Knex } from 'knex';

/**
 * The search for sellers around a place goes over all tenants, so row-level security would hide what it looks for.
 * This view is its one way round, and it is narrow: what a shop tells whoever walks by. Legal names, contacts and
 * accounts are not in it.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE INDEX sellers_place ON sellers (lat, lon) WHERE eliminado_en IS NULL;

    CREATE VIEW nearby_sellers AS
      SELECT s.comercio_id, s.tenant_id, s.nombre, s.calle, s.numero, s.ciudad, s.provincia, s.codigo_postal,
             s.lat, s.lon,
             (SELECT coalesce(json_agg(json_build_object('dia', h.dia, 'apertura', to_char(h.hora_apertura, 'HH24:MI'),
                                                         'cierre', to_char(h.hora_cierre, 'HH24:MI'))), '[]')
              FROM seller_hours h WHERE h.tenant_id = s.tenant_id AND h.comercio_id = s.comercio_id) AS hours,
             t.nombre AS tenant_nombre, t.estado AS tenant_estado
      FROM sellers s JOIN tenants t USING (tenant_id)
      WHERE s.eliminado_en IS NULL AND s.lat IS NOT NULL AND s.lon IS NOT NULL
        AND t.eliminado_en IS NULL AND t.estado = 'activo';
    GRANT CREATE ON SCHEMA public TO marketplace_system;
    ALTER VIEW nearby_sellers OWNER TO marketplace_system;
    REVOKE CREATE ON SCHEMA public FROM marketplace_system;
    GRANT SELECT ON nearby_sellers TO marketplace_tenant;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP VIEW nearby_sellers;
    DROP INDEX sellers_place;
  `);
}
