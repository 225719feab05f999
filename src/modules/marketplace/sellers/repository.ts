import type { Sql } from '../../../kernel/database.ts';
import type { DayHours, SellerAddress } from './rules.ts';

export interface SellerRecord extends SellerAddress {
  nombre: string;
  lat: number | null;
  lon: number | null;
}

export async function insertSeller(trx: Sql, tenantId: number, seller: SellerRecord, now: Date): Promise<number> {
  const { comercioId } = await trx.one<{ comercioId: number }>(
    `INSERT INTO sellers (tenant_id, nombre, calle, numero, ciudad, provincia, codigo_postal, lat, lon, fecha_creacion)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) RETURNING comercio_id AS "comercioId"`,
    [tenantId, ...columnsOf(seller), now],
  );
  return comercioId;
}

/** Holds a seller against other changes, but not against orders and stock that refer to it. False: it is not there. */
export const lockSeller = async (trx: Sql, tenantId: number, comercioId: number): Promise<boolean> =>
  (await trx.maybe(
    'SELECT 1 FROM sellers WHERE tenant_id = $1 AND comercio_id = $2 AND eliminado_en IS NULL FOR NO KEY UPDATE',
    [tenantId, comercioId],
  )) !== undefined;

/** Writes a seller that was locked. */
export async function updateSeller(
  trx: Sql, tenantId: number, comercioId: number, seller: SellerRecord,
): Promise<void> {
  await trx.run(
    `UPDATE sellers SET nombre = $3, calle = $4, numero = $5, ciudad = $6, provincia = $7, codigo_postal = $8,
       lat = $9, lon = $10 WHERE tenant_id = $1 AND comercio_id = $2`,
    [tenantId, comercioId, ...columnsOf(seller)],
  );
}

/** Archives a seller that was locked: its orders and its stock's ledger go on pointing at it. */
export async function archiveSeller(trx: Sql, tenantId: number, comercioId: number, now: Date): Promise<void> {
  await trx.run('UPDATE sellers SET eliminado_en = $3 WHERE tenant_id = $1 AND comercio_id = $2', [
    tenantId, comercioId, now,
  ]);
}

const columnsOf = (seller: SellerRecord) => [
  seller.nombre,
  seller.calle,
  seller.numero,
  seller.ciudad,
  seller.provincia,
  seller.codigo_postal,
  seller.lat,
  seller.lon,
];

/** Sets the hours of the days named; other days stay as they are. */
export async function setHours(
  trx: Sql,
  tenantId: number,
  comercioId: number,
  days: readonly DayHours[],
): Promise<void> {
  await trx.run(
    `INSERT INTO seller_hours (tenant_id, comercio_id, dia, hora_apertura, hora_cierre)
     SELECT $1, $2, * FROM unnest($3::smallint[], $4::time[], $5::time[])
     ON CONFLICT (tenant_id, comercio_id, dia)
       DO UPDATE SET hora_apertura = excluded.hora_apertura, hora_cierre = excluded.hora_cierre`,
    [tenantId, comercioId, days.map((day) => day.dia), days.map((day) => day.apertura), days.map((day) => day.cierre)],
  );
}
