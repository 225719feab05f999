import { isDuplicate, type Sql } from '../../../kernel/database.ts';
import { badRequest, conflict } from '../../../kernel/errors.ts';
import { TENANT_COLUMNS, type Tenant } from './read-model.ts';
import { defaultOrganization, namesakeOf } from './rules.ts';

/**
 * Taken before the tenant exists, since row-level security lets a transaction write its own tenant only. As the system
 * role: an id whose default name another tenant has taken for itself is passed over.
 */
export async function nextTenantId(trx: Sql): Promise<number> {
  for (;;) {
    const { id } = await trx.one<{ id: number }>(`SELECT nextval('tenants_tenant_id_seq') AS id`);
    const taken = await trx.maybe('SELECT FROM tenants WHERE organization_id = $1', [defaultOrganization(id)]);
    if (taken === undefined) return id;
  }
}

/**
 * The name we gave a tenant stays its own, also while it goes by another: what is still sent to it must not reach
 * somebody else. As the system role. @throws AppError 400 for another tenant's.
 */
export async function refuseNamesake(trx: Sql, organization: string | null | undefined, tenantId?: number): Promise<void> {
  const namesake = organization == null ? undefined : namesakeOf(organization);
  if (namesake === undefined || namesake === tenantId) return;
  if (!(await trx.maybe('SELECT FROM tenants WHERE tenant_id = $1', [namesake]))) return;
  const sentence = 'organization_id: es un nombre reservado.';
  throw badRequest(`Hay datos que corregir. ${sentence}`, [sentence]);
}

export type NewTenant = Omit<Tenant, 'estado' | 'fecha_registro' | 'fecha_actualizacion'>;

/** @throws AppError 409 when the organization has a tenant. */
export const insertTenant = (trx: Sql, tenant: NewTenant, now: Date): Promise<Tenant> =>
  refusingTakenOrganization(
    trx.one<Tenant>(
      `INSERT INTO tenants (tenant_id, organization_id, nombre, razon_social, cuenta_bancaria, email, telefono,
         calle, numero, ciudad, provincia, codigo_postal, sitio_web, instagram, preparacion, lat, lon, fecha_registro,
         fecha_actualizacion)
       VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $18)
       RETURNING ${TENANT_COLUMNS}`,
      [tenant.tenant_id, ...editable(tenant), now],
    ),
  );

/** The tenant, locked against other changes but not against orders that refer to it. */
export const lockTenant = (trx: Sql, tenantId: number): Promise<Tenant | undefined> =>
  trx.maybe<Tenant>(
    `SELECT ${TENANT_COLUMNS} FROM tenants WHERE tenant_id = $1 AND eliminado_en IS NULL FOR NO KEY UPDATE`,
    [tenantId],
  );

/** Writes a tenant that was locked. @throws AppError 409 when the organization is another's. */
export const updateTenant = (trx: Sql, tenant: Tenant, now: Date): Promise<Tenant> =>
  refusingTakenOrganization(
    trx.one<Tenant>(
      `UPDATE tenants SET organization_id = $2, nombre = $3, razon_social = $4, cuenta_bancaria = $5, email = $6,
         telefono = $7, calle = $8, numero = $9, ciudad = $10, provincia = $11, codigo_postal = $12, sitio_web = $13,
         instagram = $14, preparacion = $15, lat = $16, lon = $17, fecha_actualizacion = $18
       WHERE tenant_id = $1 RETURNING ${TENANT_COLUMNS}`,
      [tenant.tenant_id, ...editable(tenant), now],
    ),
  );

/** Everything the tenant did stays, for the reports; whoever looks for tenants that are there passes it over. */
export async function markTenantDeleted(trx: Sql, tenantId: number, now: Date): Promise<void> {
  await trx.run(
    `UPDATE tenants SET estado = 'inactivo', eliminado_en = $2, fecha_actualizacion = $2 WHERE tenant_id = $1`,
    [tenantId, now],
  );
}

async function refusingTakenOrganization<Row>(write: Promise<Row>): Promise<Row> {
  try {
    return await write;
  } catch (error) {
    if (isDuplicate(error)) throw conflict('Esa organización ya está registrada.', 'organization_taken');
    throw error;
  }
}

const editable = (tenant: NewTenant) => [
  tenant.organization_id,
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
  tenant.lat,
  tenant.lon,
];
