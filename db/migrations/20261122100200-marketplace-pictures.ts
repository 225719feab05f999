import type { Knex } from 'knex';

/**
 * Pictures of products, kept here so that they are saved or lost together with their product and any instance serves
 * them. The bytes lie out of line: whoever lists products reads ids only. They are compressed already.
 */
export async function up(knex: Knex): Promise<void> {
  await knex.raw(`
    CREATE TABLE product_pictures (
      producto_id integer NOT NULL,
      posicion smallint NOT NULL CHECK (posicion >= 0),
      tenant_id integer NOT NULL,
      imagen_id uuid NOT NULL DEFAULT gen_random_uuid() UNIQUE,
      media_type text NOT NULL CHECK (media_type IN ('image/png', 'image/jpeg', 'image/gif', 'image/webp')),
      bytes bytea NOT NULL,
      sha256 bytea NOT NULL GENERATED ALWAYS AS (sha256(bytes)) STORED,
      fecha_creacion timestamptz NOT NULL DEFAULT now(),
      PRIMARY KEY (producto_id, posicion, tenant_id),
      FOREIGN KEY (producto_id, tenant_id) REFERENCES products (producto_id, tenant_id)
    );
    COMMENT ON COLUMN product_pictures.imagen_id IS 'random and in the address: whoever knows it may see the picture';
    ALTER TABLE product_pictures ALTER COLUMN bytes SET STORAGE EXTERNAL;
    CREATE INDEX product_pictures_tenant ON product_pictures (tenant_id);

    GRANT SELECT, INSERT, DELETE ON product_pictures TO marketplace_tenant;
    GRANT SELECT ON product_pictures TO marketplace_system;
    ALTER TABLE product_pictures ENABLE ROW LEVEL SECURITY;
    ALTER TABLE product_pictures FORCE ROW LEVEL SECURITY;
    CREATE POLICY product_pictures_system ON product_pictures TO marketplace_system USING (true);
    CREATE POLICY product_pictures_tenant ON product_pictures TO marketplace_tenant
      USING (tenant_id = current_tenant());

    -- A browser asks for a picture without a token, so no tenant is known; this view is the way round the policies.
    CREATE VIEW shown_pictures AS
      SELECT pp.imagen_id, pp.media_type, pp.bytes, encode(pp.sha256, 'hex') AS sha256
      FROM product_pictures pp
      JOIN products p ON p.producto_id = pp.producto_id AND p.tenant_id = pp.tenant_id
      JOIN tenants t ON t.tenant_id = pp.tenant_id
      WHERE p.eliminado_en IS NULL AND t.eliminado_en IS NULL;
    GRANT CREATE ON SCHEMA public TO marketplace_system;
    ALTER VIEW shown_pictures OWNER TO marketplace_system;
    REVOKE CREATE ON SCHEMA public FROM marketplace_system;
    GRANT SELECT ON shown_pictures TO marketplace_tenant;
  `);
}

export async function down(knex: Knex): Promise<void> {
  await knex.raw(`
    DROP VIEW shown_pictures;
    DROP TABLE product_pictures;
  `);
}
