import type { Sql } from './database.ts';
import { notFound } from './errors.ts';

/** A tenant as other services name it. */
export interface Organization {
  tenantId: number;
  organizationId: string;
}

const COLUMNS = 'tenant_id AS "tenantId", organization_id AS "organizationId"';

/** The tenants of these organizations; a deleted tenant's is nobody's. Asked under the system role. */
export const findOrganizations = (trx: Sql, organizationIds: readonly string[]): Promise<Organization[]> =>
  trx.rows<Organization>(`SELECT ${COLUMNS} FROM organizations WHERE organization_id = ANY($1)`, [organizationIds]);

/** Also a deleted tenant's, which keeps its name: whose money it is does not end with it. */
export const findOrganizationEver = (trx: Sql, organizationId: string): Promise<Organization | undefined> =>
  trx.maybe<Organization>(`SELECT ${COLUMNS} FROM tenants WHERE organization_id = $1`, [organizationId]);

const BY_TENANT = `SELECT ${COLUMNS} FROM organizations WHERE tenant_id = $1`;

/** How other services name this tenant; undefined for one that is gone. */
export const maybeOrganizationOf = (trx: Sql, tenantId: number): Promise<Organization | undefined> =>
  trx.maybe<Organization>(BY_TENANT, [tenantId]);

/** The same, for whoever asks in the tenant's name, which may be deleted at that very moment. @throws AppError 404 */
export async function organizationOf(trx: Sql, tenantId: number): Promise<Organization> {
  const organization = await maybeOrganizationOf(trx, tenantId);
  if (organization === undefined) throw notFound('El negocio ya no existe.');
  return organization;
}
