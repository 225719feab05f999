import type { Sql } from '../../../kernel/database.ts';
import type { Place } from '../../../kernel/geocoding/index.ts';
import { boxAround, EARTH_RADIUS_KM, NEAR_KM } from './nearby.ts';
import { addressLine, weekOf, type DayHours, type Horario, type SellerAddress } from './rules.ts';

/** A seller as answers name it. */
export interface SellerRef {
  comercio_id: number;
  nombre: string;
  tenant_id: number;
}

export type SellerName = Pick<SellerRef, 'comercio_id' | 'nombre'>;

interface SellerRow extends SellerRef, SellerAddress {
  lat: number | null;
  lon: number | null;
}

/** A seller as the REST contract shows it (Comercio). */
export interface Comercio extends SellerRow {
  direccion: string;
  horarios: Horario[];
}

/** Which of the tenant's sellers: null for all, or the ids that an operator is assigned to. */
export type Only = readonly number[] | null;

const MINE = `s.tenant_id = $1 AND s.eliminado_en IS NULL AND ($2::int[] IS NULL OR s.comercio_id = ANY($2))`;

export const sellerNames = (trx: Sql, tenantId: number, only: Only): Promise<SellerName[]> =>
  trx.rows<SellerName>(`SELECT s.comercio_id, s.nombre FROM sellers s WHERE ${MINE} ORDER BY s.comercio_id`, [
    tenantId,
    only,
  ]);

export async function countSellers(trx: Sql, tenantId: number, only: Only): Promise<number> {
  return (await trx.one<{ total: number }>(`SELECT count(*) AS total FROM sellers s WHERE ${MINE}`, [tenantId, only]))
    .total;
}

/** Sellers by id, all of them or one page. */
export async function listSellers(
  trx: Sql,
  tenantId: number,
  { only, limit, offset }: { only: Only; limit?: number; offset?: number },
): Promise<Comercio[]> {
  const rows = await trx.rows<SellerRow & { hours: DayHours[] }>(
    `SELECT s.comercio_id, s.tenant_id, s.nombre, s.calle, s.numero, s.ciudad, s.provincia, s.codigo_postal,
            s.lat, s.lon,
            (SELECT coalesce(json_agg(json_build_object('dia', h.dia, 'apertura', to_char(h.hora_apertura, 'HH24:MI'),
                                                        'cierre', to_char(h.hora_cierre, 'HH24:MI'))), '[]')
             FROM seller_hours h WHERE h.tenant_id = s.tenant_id AND h.comercio_id = s.comercio_id) AS hours
     FROM sellers s WHERE ${MINE} ORDER BY s.comercio_id LIMIT $3 OFFSET $4`,
    [tenantId, only, limit ?? null, offset ?? 0],
  );
  return rows.map(toComercio);
}

const toComercio = <Row extends SellerRow & { hours: DayHours[] }>({ hours, ...row }: Row) => ({
  ...row,
  direccion: addressLine(row),
  horarios: weekOf(hours),
});

export const findSeller = async (trx: Sql, tenantId: number, comercioId: number): Promise<Comercio | undefined> =>
  (await listSellers(trx, tenantId, { only: [comercioId] }))[0];

export const findSellerRef = (trx: Sql, tenantId: number, comercioId: number): Promise<SellerRef | undefined> =>
  trx.maybe<SellerRef>(
    `SELECT comercio_id, nombre, tenant_id FROM sellers
     WHERE tenant_id = $1 AND comercio_id = $2 AND eliminado_en IS NULL`,
    [tenantId, comercioId],
  );

/** A seller near a place (rest-contract 4.2). */
export interface NearbySeller extends Comercio {
  tenant_nombre: string;
  /** Of one's own tenant only; see docs/decisions/0005-readings.md. */
  razon_social: string | null;
  tenant_estado: 'activo';
  /** Kilometres, to the metre. */
  distancia_km: number;
}

/**
 * Sellers of all active tenants within NEAR_KM of a place, nearest first, through the view made for it. The box is
 * what the index looks through; the distance decides. `tenants` shows a tenant nothing but itself.
 */
export async function sellersNear(trx: Sql, tenantId: number, place: Place): Promise<NearbySeller[]> {
  const { south, north, lon } = boxAround(place);
  const rows = await trx.rows<Omit<NearbySeller, 'direccion' | 'horarios'> & { hours: DayHours[] }>(
    `SELECT * FROM (
       SELECT n.comercio_id, n.tenant_id, n.nombre, n.calle, n.numero, n.ciudad, n.provincia, n.codigo_postal,
              n.lat, n.lon, n.hours, n.tenant_nombre, own.razon_social, n.tenant_estado,
              2 * $4::float8 * asin(least(1, sqrt(
                sin(radians(n.lat - $2::float8) / 2) ^ 2
                + cos(radians($2::float8)) * cos(radians(n.lat)) * sin(radians(n.lon - $3::float8) / 2) ^ 2
              ))) AS distancia_km
       FROM nearby_sellers n LEFT JOIN tenants own ON own.tenant_id = n.tenant_id AND own.tenant_id = $1
       WHERE n.lat BETWEEN $6 AND $7 AND (n.lon BETWEEN $8 AND $9 OR n.lon BETWEEN $10 AND $11)
     ) AS around
     WHERE distancia_km <= $5 ORDER BY distancia_km, comercio_id`,
    [tenantId, place.lat, place.lon, EARTH_RADIUS_KM, NEAR_KM, south, north, ...lon.flat()],
  );
  return rows.map((row) => ({ ...toComercio(row), distancia_km: Math.round(row.distancia_km * 1000) / 1000 }));
}

/** Whether any tenant has it; as the system role, and only to tell 403 from 404. */
export const sellerExists = async (trx: Sql, comercioId: number): Promise<boolean> =>
  (await trx.maybe('SELECT tenant_id FROM sellers WHERE comercio_id = $1 AND eliminado_en IS NULL', [comercioId])) !==
  undefined;
