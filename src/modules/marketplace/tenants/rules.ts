import type { Tenant } from './read-model.ts';
import type { TenantCreado } from './topics.ts';

/** The hub's and the order service's name for a tenant that brings none of its own. */
export const defaultOrganization = (tenantId: number): string => `org_${tenantId}`;

/** Names of this form are given by us; one that a tenant takes for itself would block another's registration. */
export const isReservedOrganization = (name: string): boolean => /^org_\d+$/i.test(name);

const ADDRESS = ['calle', 'numero', 'ciudad', 'provincia', 'codigo_postal'] as const;

type Changes = { [Field in keyof Tenant]?: Tenant[Field] | undefined };

/** The tenant after the changes. A new address is not where the old one was: it has no place until it is located. */
export function applyChanges(tenant: Tenant, changes: Changes): Tenant {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const changed: Tenant = { ...tenant, ...given };
  const moved = ADDRESS.some((field) => changed[field] !== tenant[field]);
  return moved ? { ...changed, lat: null, lon: null } : changed;
}

export const announcementOf = (tenant: Tenant, now: Date): TenantCreado => ({
  tenant_id: tenant.tenant_id,
  nombre: tenant.nombre,
  razon_social: tenant.razon_social,
  cuenta_bancaria: tenant.cuenta_bancaria,
  email: tenant.email,
  telefono: tenant.telefono,
  direccion_fiscal: {
    calle: tenant.calle,
    numero: tenant.numero,
    ciudad: tenant.ciudad,
    provincia: tenant.provincia,
    codigo_postal: tenant.codigo_postal,
    lat: tenant.lat,
    lon: tenant.lon,
  },
  sitio_web: tenant.sitio_web,
  instagram: tenant.instagram,
  estado: tenant.estado,
  fecha_registro: tenant.fecha_registro.toISOString(),
  fecha_actualizacion: tenant.fecha_actualizacion.toISOString(),
  timestamp: now.toISOString(),
});
