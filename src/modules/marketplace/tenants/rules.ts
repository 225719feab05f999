import { ADDRESS, sameAddress } from '../../../kernel/geocoding/index.ts';
import { readId } from '../../../kernel/rest/parse-id.ts';
import type { Tenant } from './read-model.ts';
import type { TenantActualizado, TenantCreado } from './topics.ts';

/** The hub's and the order service's name for a tenant that brings none of its own. */
export const defaultOrganization = (tenantId: number): string => `org_${tenantId}`;

/** Whose default name this is, by its form; nobody's when it could be no tenant's. */
export const namesakeOf = (organization: string): number | undefined => readId(/^org_(\d+)$/i.exec(organization)?.[1]);

/** What the hub is told of a tenant, beside its address; the rest is between the tenant and us. */
const ANNOUNCED = [
  'nombre', 'razon_social', 'cuenta_bancaria', 'email', 'telefono', 'sitio_web', 'instagram',
] as const satisfies ReadonlyArray<keyof Tenant>;
const OWN = ['preparacion', 'organization_id'] as const;

export type TenantAddress = Pick<Tenant, (typeof ADDRESS)[number]>;
type Located = TenantAddress & Pick<Tenant, 'lat' | 'lon'>;
type Changes = { [Field in (typeof ANNOUNCED | typeof ADDRESS | typeof OWN)[number]]?: Tenant[Field] | undefined };

/** Brings members of `ubicacion` and `direccion_fiscal` to the top, where those that stand there already win. */
export function withFlatAddress(input: unknown): unknown {
  if (!isObject(input)) return input;
  const { ubicacion, direccion_fiscal, ...flat } = input;
  const parts = Object.assign({}, ...[direccion_fiscal, ubicacion].filter(isObject)) as Record<string, unknown>;
  const address = ADDRESS.filter((part) => parts[part] !== undefined).map((part) => [part, parts[part]] as const);
  // What is neither an object nor left out stays, to be refused.
  const wrong = Object.entries({ ubicacion, direccion_fiscal }).filter(([, it]) => it != null && !isObject(it));
  return { ...Object.fromEntries([...address, ...wrong]), ...flat };
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** The tenant after the changes. A new address is not where the old one was: it has no place until it is located. */
export function applyChanges(tenant: Tenant, changes: Changes): Tenant {
  const given = Object.fromEntries(Object.entries(changes).filter(([, value]) => value !== undefined));
  const changed: Tenant = { ...tenant, ...given };
  return sameAddress(tenant, changed) ? changed : { ...changed, lat: null, lon: null };
}

/** Whether anything that is stored differs. */
export const differs = (before: Tenant, after: Tenant): boolean =>
  [...ANNOUNCED, ...ADDRESS, ...OWN, 'lat' as const, 'lon' as const].some((field) => before[field] !== after[field]);

/** What the hub is told of a change: what changed and nothing else; undefined when that is nothing it knows of. */
export function changesBetween(before: Tenant, after: Tenant): TenantActualizado['cambios'] | undefined {
  const ubicacion = changed([...ADDRESS, 'lat', 'lon'], before, after);
  const cambios = {
    ...changed(ANNOUNCED, before, after),
    ...(Object.keys(ubicacion).length > 0 && { ubicacion }),
  };
  return Object.keys(cambios).length > 0 ? cambios : undefined;
}

const changed = <Field extends keyof Tenant>(fields: readonly Field[], before: Tenant, after: Tenant) =>
  Object.fromEntries(
    fields.filter((field) => before[field] !== after[field]).map((field) => [field, after[field]]),
  ) as Partial<Pick<Tenant, Field>>;

const NOT_LOCATED = 'No pudimos ubicar la dirección: queda guardada sin coordenadas.';

/** What was done, and that nobody found the address where that is so. */
export const saying = (done: string, { lat }: Pick<Located, 'lat'>): string =>
  lat === null ? `${done} ${NOT_LOCATED}` : done;

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
