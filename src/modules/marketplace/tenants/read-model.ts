import type { Sql } from '../../../kernel/database.ts';

/** A tenant as the REST contract shows it. */
export interface Tenant {
  tenant_id: number;
  organization_id: string;
  nombre: string;
  razon_social: string;
  cuenta_bancaria: string;
  estado: 'activo' | 'inactivo';
  preparacion: 'manual' | 'automatica';
  fecha_registro: Date;
  fecha_actualizacion: Date;
  email: string;
  telefono: string;
  calle: string;
  numero: string;
  ciudad: string;
  provincia: string;
  codigo_postal: string;
  lat: number | null;
  lon: number | null;
  sitio_web: string | null;
  instagram: string | null;
}

export const TENANT_COLUMNS = `tenant_id, organization_id, nombre, razon_social, cuenta_bancaria, estado, preparacion,
  fecha_registro, fecha_actualizacion, email, telefono, calle, numero, ciudad, provincia, codigo_postal, lat, lon,
  sitio_web, instagram`;

export const findTenant = (trx: Sql, tenantId: number): Promise<Tenant | undefined> =>
  trx.maybe<Tenant>(`SELECT ${TENANT_COLUMNS} FROM tenants WHERE tenant_id = $1 AND eliminado_en IS NULL`, [tenantId]);

/** Whether it exists, whoever asks; as the system role, and only to tell 403 from 404. */
export const tenantExists = async (trx: Sql, tenantId: number): Promise<boolean> =>
  (await findTenant(trx, tenantId)) !== undefined;
