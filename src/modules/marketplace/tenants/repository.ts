import { sqlState, type Sql } from '../../../kernel/database.ts';
import { conflict } from '../../../kernel/errors.ts';
import { TENANT_COLUMNS, type Tenant } from './read-model.ts';

const UNIQUE_VIOLATION = '23505';

/** Taken before the tenant exists, since row-level security lets a transaction write its own tenant only. */
export async function nextTenantId(trx: Sql): Promise<number> {
  return (await trx.one<{ id: number }>(`SELECT nextval('tenants_tenant_id_seq') AS id`)).id;
}

export type NewTenant = Omit<Tenant, 'lat' | 'lon' | 'estado' | 'fecha_registro' | 'fecha_actualizacion'>;

/** @throws AppError 409 when the organization has a tenant. */
export async function insertTenant(trx: Sql, tenant: NewTenant, now: Date): Promise<Tenant> {
  try {
    return await trx.one<Tenant>(
      `INSERT INTO tenants (tenant_id, organization_id, nombre, razon_social, cuenta_bancaria, email, telefono,
         calle, numero, ciudad, provincia, codigo_postal, sitio_web, instagram, preparacion, fecha_registro,
         fecha_actualizacion)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16)
       RETURNING ${TENANT_COLUMNS}`,
      [tenant.tenant_id, tenant.organization_id, ...editable(tenant), now],
    );
  } catch (error) {
    if (sqlState(error) === UNIQUE_VIOLATION)
      throw conflict('Esa organización ya está registrada.', 'organization_taken');
    throw error;
  }
}

/** The tenant, locked against other changes but not against orders that refer to it. */
export const lockTenant = (trx: Sql, tenantId: number): Promise<Tenant | undefined> =>
  trx.maybe<Tenant>(
    `SELECT ${TENANT_COLUMNS} FROM tenants WHERE tenant_id = $1 AND eliminado_en IS NULL FOR NO KEY UPDATE`,
    [tenantId],
  );

/** Writes a tenant that was locked. */
export const updateTenant = (trx: Sql, tenant: Tenant, now: Date): Promise<Tenant> =>
  trx.one<Tenant>(
    `UPDATE tenants SET nombre = $2, razon_social = $3, cuenta_bancaria = $4, email = $5, telefono = $6, calle = $7,
       numero = $8, ciudad = $9, provincia = $10, codigo_postal = $11, sitio_web = $12, instagram = $13,
       preparacion = $14, lat = $15, lon = $16, fecha_actualizacion = $17
     WHERE tenant_id = $1 RETURNING ${TENANT_COLUMNS}`,
    [tenant.tenant_id, ...editable(tenant), tenant.lat, tenant.lon, now],
  );

const editable = (tenant: NewTenant) => [
  tenant.nombre,
  tenant.razon_social,
  tenant.cuenta_bancaria,
  tenant.email,
  tenant.telefono,
  tenant.calle,
  tenant.numero,
  tenant.ciudad,
  tenant.provincia,
  tenant.codigo_postal,
  tenant.sitio_web,
  tenant.instagram,
  tenant.preparacion,
];
