import type { Sql } from '../../../kernel/database.ts';
import { addressLine, weekOf, type DayHours, type Horario } from './rules.ts';

/** A seller as answers name it. */
export interface SellerRef {
  comercio_id: number;
  nombre: string;
  tenant_id: number;
}

export type SellerName = Pick<SellerRef, 'comercio_id' | 'nombre'>;

interface SellerRow extends SellerRef {
  calle: string | null;
  numero: string | null;
  ciudad: string | null;
  provincia: string | null;
  codigo_postal: string | null;
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
  return rows.map(({ hours, ...row }) => ({ ...row, direccion: addressLine(row), horarios: weekOf(hours) }));
}

export const findSeller = async (trx: Sql, tenantId: number, comercioId: number): Promise<Comercio | undefined> =>
  (await listSellers(trx, tenantId, { only: [comercioId] }))[0];

export const findSellerRef = (trx: Sql, tenantId: number, comercioId: number): Promise<SellerRef | undefined> =>
  trx.maybe<SellerRef>(
    `SELECT comercio_id, nombre, tenant_id FROM sellers
     WHERE tenant_id = $1 AND comercio_id = $2 AND eliminado_en IS NULL`,
    [tenantId, comercioId],
  );

/** Whether any tenant has it; as the system role, and only to tell 403 from 404. */
export const sellerExists = async (trx: Sql, comercioId: number): Promise<boolean> =>
  (await trx.maybe('SELECT tenant_id FROM sellers WHERE comercio_id = $1 AND eliminado_en IS NULL', [comercioId])) !==
  undefined;
